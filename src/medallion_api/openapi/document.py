"""The OpenAPI 3.1 document, made from the models that validate requests and write replies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import falcon

from medallion.identifiers import TableName
from medallion.query.column_types import kind_of
from medallion.records import Release, Served
from medallion_api.middleware.exchange import ANYWHERE, LONGEST_URL, OPEN
from medallion_api.problems import MEDIA, ProblemDetails
from medallion_api.representations import FORMATS
from medallion_api.resources.catalogue import TableList
from medallion_api.resources.groups import GroupParameters
from medallion_api.resources.history import MOST_RELEASES, ReleaseQuality, Releases, RunSummary
from medallion_api.resources.service import Alive, Ready, Welcome
from medallion_api.resources.tables import Tables
from medallion_api.section import Api, Endpoint
from medallion_api.value_schemas import nullable, schema_of

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = dict[str, Any]

VERSION = "1.0.0"  # of the paths and answers; what a table holds is the release's affair

_FIXED: tuple[tuple[str, type[BaseModel], tuple[int, ...]], ...] = (
    ("/", Welcome, (304,)),
    ("/health", Alive, ()),
    ("/health/ready", Ready, ()),
    ("/releases", Releases, ()),
    ("/releases/current", Release, (304,)),
    ("/runs/latest", RunSummary, (404,)),
    ("/quality", ReleaseQuality, (304,)),
)
_SAID = {
    304: "Not changed since the given ETag.",
    400: "The request cannot be read, or a parameter is unknown, given twice or of the wrong type.",
    401: "A key is needed.",
    404: "There is no such row or table.",
    406: "None of the formats asked for is known.",
    410: "The cursor's release is no longer kept.",
    414: f"The URL is longer than {LONGEST_URL} characters.",
    429: "Too many requests.",
    431: "There are too many header fields, or one is too long.",
    500: "Unexpected error; the request id finds it in the log.",
    501: "The request has a transfer coding that the server does not know.",
    503: "The data cannot be read at the moment.",
}
_OF_TABLE = (304, 404, 406)
_LISTS = ("array",)
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
    """The document for one release."""
    schemas: Json = {}
    paths: dict[str, Json] = {}
    for path, model, statuses in _FIXED:
        contents = {"application/json": {"schema": _component(model, schemas)}}
        asked = _PAGED if model is Releases else []
        paths[path] = {
            "get": _operation(path, model.__doc__ or "", contents, statuses, asked, schemas)
        }
    if api.tables:
        contents = {"application/json": {"schema": _component(TableList, schemas)}}
        said = TableList.__doc__ or ""
        paths["/tables"] = {"get": _operation("/tables", said, contents, (304,), [], schemas)}
    for path, endpoint in _endpoints(api, tables, release):
        paths |= _table_paths(path, endpoint, tables, release, schemas)
        if path.startswith("/tables/"):
            paths |= _group_path(endpoint, tables, release, schemas)
    found: Json = {
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
    _tell_apart(paths)
    _document_refusals(paths, ((401,) if closed else ()) + ((429,) if api.rate else ()))
    if closed:
        found["components"]["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        }
        found["security"] = [{"key": []}]
        for path in OPEN:
            paths[path]["get"]["security"] = []
    return found


def _endpoints(api: Api, tables: Tables, release: Release) -> Iterator[tuple[str, Endpoint]]:
    served = tables.served(release)
    for path, endpoint in api.endpoints.items():
        with suppress(
            falcon.HTTPError
        ):  # a table or column that this release lacks: the endpoint answers a problem
            tables.parameters(release, endpoint, repr(endpoint), row=endpoint.single)
            yield path, endpoint
    if api.tables:
        yield from ((f"/tables/{table}", Endpoint(table=table)) for table in served)


def _table_paths(
    path: str, endpoint: Endpoint, tables: Tables, release: Release, schemas: Json
) -> Json:
    listing = tables.parameters(release, endpoint, repr(endpoint), row=endpoint.single)
    served = listing.served
    row = _row(served, endpoint.fields, schemas)
    asked = _query_parameters(listing.model)
    if endpoint.single:
        return {
            path: {
                "get": _operation(
                    path, f"The row of {served.table}.", _contents(row), _OF_TABLE, asked, schemas
                )
            }
        }
    page = _page(row)
    statuses = (*_OF_TABLE, 410)
    found = {
        path: {
            "get": _operation(
                path, f"Rows of {served.table}.", _contents(page), statuses, asked, schemas
            )
        }
    }
    if served.key:
        kinds = {column.name: kind_of(column.type) for column in served.columns}
        keys = [
            {
                "name": key,
                "in": "path",
                "required": True,
                "schema": _key_schema(schema_of(kinds[key])),
            }
            for key in served.key
        ]
        asked = _query_parameters(
            tables.parameters(release, endpoint, repr(endpoint), row=True).model
        )
        one = f"{path}/{'/'.join(f'{{{key}}}' for key in served.key)}"
        said = f"One row of {served.table}."
        found[one] = {
            "get": _operation(one, said, _contents(row), _OF_TABLE, [*keys, *asked], schemas)
        }
    return found


def _group_path(endpoint: Endpoint, tables: Tables, release: Release, schemas: Json) -> Json:
    listing = tables.parameters(release, endpoint, endpoint.table, row=False, kind=GroupParameters)
    path = f"/groups/{endpoint.table}"
    said = f"Figures over groups of rows of {listing.served.table}."
    contents = {"application/json": {"schema": _groups()}}
    asked = _query_parameters(listing.model)
    return {path: {"get": _operation(path, said, contents, _OF_TABLE, asked, schemas)}}


def _groups() -> Json:
    rows = {"type": "array", "items": {"type": "object"}}
    return {
        "type": "object",
        "properties": {"release": {"type": "string"}, "rows": rows},
        "required": ["release", "rows"],
        "additionalProperties": False,
    }


def _key_schema(schema: Json) -> Json:
    return {**schema, "minLength": 1} if schema.get("type") == "string" else schema


def _row(served: Served, fields: tuple[str, ...], schemas: Json) -> Json:
    """The schema of a table's rows, kept once among the components."""
    name = (
        TableName(served.table).table
        if not fields
        else f"{served.table.rpartition('.')[2]}_{'_'.join(fields)}"
    )
    columns = {column.name: nullable(kind_of(column.type)) for column in served.columns}
    shown = {column: columns[column] for column in fields or columns}
    schemas[name] = {"type": "object", "properties": shown, "additionalProperties": False}
    return {"$ref": f"#/components/schemas/{name}"}


def _page(row: Json) -> Json:
    value = {
        "type": "object",
        "properties": {"value": {}, "count": {"type": "integer"}},
        "required": ["value", "count"],
    }
    return {
        "type": "object",
        "properties": {
            "release": {"type": "string"},
            "cursor": {"type": ["string", "null"]},
            "count": {"type": "integer"},
            "facets": {"type": "object", "additionalProperties": {"type": "array", "items": value}},
            "rows": {"type": "array", "items": row},
        },
        "required": ["release", "cursor", "rows"],
        "additionalProperties": False,
    }


def _contents(schema: Json) -> Json:
    return {
        media.partition(";")[0]: {"schema": schema if name == "json" else {}}
        for name, media in FORMATS.items()
    }


def _query_parameters(model: type[BaseModel]) -> list[Json]:
    found = []
    for name, schema in model.model_json_schema(by_alias=True)["properties"].items():
        schema = {key: value for key, value in schema.items() if key not in ("title", "default")}
        parameter: Json = {"name": name, "in": "query", "schema": schema}
        if schema.get("type") in _LISTS:
            parameter |= {"style": "form", "explode": False}  # one by one they are taken too
        found.append(parameter)
    return found


def _operation(
    path: str,
    summary: str,
    contents: Json,
    statuses: tuple[int, ...],
    parameters: list[Json],
    schemas: Json,
) -> Json:
    _component(ProblemDetails, schemas)
    responses: Json = {"200": {"description": "Found.", "content": contents}}
    responses |= {str(status): _response(status) for status in statuses}
    return {
        "operationId": operation_id(path),
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    }


def _response(status: int) -> Json:
    problem = {MEDIA: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
    return {"description": _SAID[status], **({} if status == 304 else {"content": problem})}


def _document_refusals(paths: Mapping[str, Json], gate: tuple[int, ...]) -> None:
    """Add to every operation what a request may be answered with before its path is looked at; `gate` admits first."""
    for path, operations in paths.items():
        refusals = {
            str(status): _response(status)
            for status in (*ANYWHERE, *(() if path in OPEN else gate))
        }
        for operation in operations.values():
            operation["responses"] = dict(sorted((operation["responses"] | refusals).items()))


def operation_id(path: str) -> str:
    """A path as a name that any programming language can have: letters of ASCII, digits and underscores."""
    name = "_".join(part.strip("{}") for part in path.split("/") if part) or "root"
    name = re.sub(
        r"[^0-9A-Za-z_]",
        lambda letter: f"u{ord(letter[0]):x}" if letter[0].isalnum() else "_",
        name,
    )
    return name if name[0].isalpha() else f"path_{name}"


def _tell_apart(paths: Mapping[str, Json]) -> None:
    """Number the operations whose names are equal whatever their case: `/a/b` and `/a_b`."""
    names: set[str] = set()
    for operations in paths.values():
        first = name = operations["get"]["operationId"]
        number = 1
        while name.lower() in names:
            number += 1
            name = f"{first}_{number}"
        operations["get"]["operationId"] = name
        names.add(name.lower())


def _component(model: type[BaseModel], schemas: Json) -> Json:
    schema = model.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    schemas |= schema.pop("$defs", {})
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}
