"""The OpenAPI 3.1 document, from the models that validate requests and write responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.lineage.release_diff import ReleaseDiff
from medallion.records import Release
from medallion_api.middleware.exchange import OPEN
from medallion_api.openapi.operations import (
    Json,
    add_common_responses,
    component,
    number_duplicates,
    operation,
)
from medallion_api.openapi.table_paths import paths_of_tables
from medallion_api.resources.catalogue import TableList
from medallion_api.resources.differences import MOST_ROWS
from medallion_api.resources.history import MOST_RELEASES, ReleaseQuality, Releases, RunSummary
from medallion_api.resources.parameters import RELEASE_SCHEMA
from medallion_api.resources.quarantine import (
    MOST_REJECTS,
    NAMES,
    QUARANTINE,
    QuarantineReply,
)
from medallion_api.resources.service import Alive, Ready, Welcome
from medallion_api.resources.tables import Tables
from medallion_api.section import Api

if TYPE_CHECKING:
    from pydantic import BaseModel

VERSION = "1.0.0"  # of the paths and responses; columns of tables change with releases

_FIXED: tuple[tuple[str, type[BaseModel], tuple[int, ...]], ...] = (
    ("/", Welcome, (304,)),
    ("/health", Alive, ()),
    ("/health/ready", Ready, ()),
    ("/releases", Releases, ()),
    ("/releases/current", Release, (304, 404)),
    ("/runs/latest", RunSummary, (404,)),
    ("/quality", ReleaseQuality, (304, 404)),
)
DIFF = "/releases/{before}/diff/{after}"


def _limit(maximum: int, minimum: int = 1) -> Json:
    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return {"name": "limit", "in": "query", "schema": schema}


def _text(name: str, place: str = "query") -> Json:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": {"type": "string"}, **required}


def _texts(name: str) -> Json:
    """A parameter that may be repeated."""
    return {**_text(name), "schema": {"type": "array", "items": {"type": "string"}}}


_RELEASE: Json = {"name": "release", "in": "query", "schema": RELEASE_SCHEMA}
_PARAMETERS: dict[str, list[Json]] = {
    "/releases": [_limit(MOST_RELEASES), _text("cursor")],
    "/releases/current": [_RELEASE],
    "/quality": [_RELEASE],
    "/tables": [_RELEASE],
    DIFF: [
        _text("before", "path"),
        _text("after", "path"),
        _text("table"),
        _limit(MOST_ROWS, minimum=0),
    ],
    QUARANTINE: [
        _text("table", "path"),
        *map(_texts, NAMES),
        {"name": "warned", "in": "query", "schema": {"type": "boolean"}},
        _limit(MOST_REJECTS, minimum=0),
    ],
}


def document(
    api: Api, tables: Tables, release: Release, name: str, *, server: str, closed: bool
) -> Json:
    """The document for one release; `closed` says whether an API key is required."""
    schemas: Json = {}
    paths = _fixed_paths(api, schemas) | paths_of_tables(api, tables, release, schemas)
    number_duplicates(paths)
    gate = ((401,) if closed else ()) + ((429,) if api.rate_limit else ())
    add_common_responses(paths, gate)
    content: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": VERSION,
            "description": "The tables of a release, read-only.",
        },
        "x-release": release.id,
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if closed:
        content["components"]["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        }
        content["security"] = [{"key": []}]
        for path in OPEN:
            paths[path]["get"]["security"] = []
    return content


def _fixed_paths(api: Api, schemas: Json) -> dict[str, Json]:
    """The paths that do not depend on the served tables."""
    paths: dict[str, Json] = {}
    listing: tuple[tuple[str, type[BaseModel], tuple[int, ...]], ...] = ()
    if api.tables:
        listing = (("/tables", TableList, (304, 404)),)
    if api.shows_diff:
        listing = ((DIFF, ReleaseDiff, (304, 404)), *listing)
    if api.shows_why:
        listing = ((QUARANTINE, QuarantineReply, (404,)), *listing)
    for path, model, statuses in (*_FIXED, *listing):
        contents = {"application/json": {"schema": component(model, schemas)}}
        parameters = _PARAMETERS.get(path, [])
        summary = model.__doc__ or ""
        get = operation(path, summary, contents, statuses, parameters, schemas)
        paths[path] = {"get": get}
    return paths
