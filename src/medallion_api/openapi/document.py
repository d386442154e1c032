"""The OpenAPI 3.1 document, from the models that validate requests and write responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from medallion_api.resources.history import MOST_RELEASES, ReleaseQuality, Releases, RunSummary
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
    ("/releases/current", Release, (304,)),
    ("/runs/latest", RunSummary, (404,)),
    ("/quality", ReleaseQuality, (304,)),
)
_PAGED: list[Json] = [
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_RELEASES},
    },
    {"name": "cursor", "in": "query", "schema": {"type": "string"}},
]


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
    listing = (("/tables", TableList, (304,)),) if api.tables else ()
    for path, model, statuses in (*_FIXED, *listing):
        contents = {"application/json": {"schema": component(model, schemas)}}
        parameters = _PAGED if model is Releases else []
        summary = model.__doc__ or ""
        get = operation(path, summary, contents, statuses, parameters, schemas)
        paths[path] = {"get": get}
    return paths
