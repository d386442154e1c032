"""Paths of served tables in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import falcon

from medallion.identifiers import TableName
from medallion.query.column_types import kind_of
from medallion.records import Release, Served, TableDescription
from medallion_api.openapi.operations import (
    Json,
    component,
    identifier,
    operation,
    query_parameters,
)
from medallion_api.representations import FORMATS
from medallion_api.resources.groups import GroupParameters
from medallion_api.resources.tables import Tables
from medallion_api.resources.why import MOST_RECORDS, WhyReply
from medallion_api.section import Api, Endpoint
from medallion_api.value_schemas import nullable, schema_of

_STATUSES = (304, 404, 406)


def paths_of_tables(api: Api, tables: Tables, release: Release, schemas: Json) -> dict[str, Json]:
    """The paths of all endpoints, `/tables/…` and `/groups/…`; row schemas go to `schemas`."""
    paths: dict[str, Json] = {}
    for path, endpoint in _endpoints(api, tables, release):
        paths |= _table_paths(path, endpoint, tables, release, schemas)
        if path.startswith("/tables/"):
            paths |= _group_path(endpoint, tables, release, schemas)
            if api.shows_why and tables.served(release)[endpoint.table].key:
                paths |= _why_path(endpoint, tables, release, schemas)
    return paths


def _endpoints(api: Api, tables: Tables, release: Release) -> Iterator[tuple[str, Endpoint]]:
    served = tables.served(release)
    for path, endpoint in api.endpoints.items():
        # An endpoint on a table or column that this release lacks responds with a problem.
        with suppress(falcon.HTTPError):
            tables.parameters(release, endpoint, repr(endpoint), row=endpoint.single)
            yield path, endpoint
    if api.tables:
        yield from ((f"/tables/{table}", Endpoint(table=table)) for table in served)


def _table_paths(
    path: str, endpoint: Endpoint, tables: Tables, release: Release, schemas: Json
) -> Json:
    listing = tables.parameters(release, endpoint, repr(endpoint), row=endpoint.single)
    served = listing.served
    row = _row(served, release.described(served.table), endpoint.fields, schemas)
    parameters = query_parameters(listing.model)
    if endpoint.single:
        summary = f"The row of {served.table}."
        get = operation(path, summary, _contents(row), _STATUSES, parameters, schemas)
        return {path: {"get": get}}
    summary, contents = f"Rows of {served.table}.", _contents(_page(row))
    paths = {
        path: {"get": operation(path, summary, contents, (*_STATUSES, 410), parameters, schemas)}
    }
    if served.key:
        row_path = f"{path}/{'/'.join(f'{{{key}}}' for key in served.key)}"
        model = tables.parameters(release, endpoint, repr(endpoint), row=True).model
        parameters = [*_key_parameters(served), *query_parameters(model)]
        summary = f"One row of {served.table}."
        get = operation(row_path, summary, _contents(row), _STATUSES, parameters, schemas)
        paths[row_path] = {"get": get}
    return paths


def _key_parameters(served: Served) -> list[Json]:
    """The path parameters of a row: the columns of its table's key."""
    kinds = {column.name: kind_of(column.type) for column in served.columns}
    return [
        {"name": key, "in": "path", "required": True, "schema": _key_schema(schema_of(kinds[key]))}
        for key in served.key
    ]


def _group_path(endpoint: Endpoint, tables: Tables, release: Release, schemas: Json) -> Json:
    listing = tables.parameters(release, endpoint, endpoint.table, row=False, kind=GroupParameters)
    path = f"/groups/{endpoint.table}"
    summary = f"Metrics over groups of rows of {listing.served.table}."
    contents = {"application/json": {"schema": _groups()}}
    parameters = query_parameters(listing.model)
    return {path: {"get": operation(path, summary, contents, _STATUSES, parameters, schemas)}}


def _why_path(endpoint: Endpoint, tables: Tables, release: Release, schemas: Json) -> Json:
    served = tables.served(release)[endpoint.table]
    path = f"/why/{endpoint.table}/{'/'.join(f'{{{key}}}' for key in served.key)}"
    summary = f"The source records behind a row of {served.table}."
    contents = {"application/json": {"schema": component(WhyReply, schemas)}}
    limit = {"type": "integer", "minimum": 0, "maximum": MOST_RECORDS}
    parameters = [
        *_key_parameters(served),
        {"name": "limit", "in": "query", "schema": limit},
        {"name": "removed", "in": "query", "schema": {"type": "boolean"}},
    ]
    return {path: {"get": operation(path, summary, contents, (404,), parameters, schemas)}}


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


def _row(
    served: Served, description: TableDescription, fields: tuple[str, ...], schemas: Json
) -> Json:
    """A reference to the schema of a table's rows, which is added to the components."""
    columns = {
        column.name: {
            **nullable(kind_of(column.type)),
            **_described(description.columns.get(column.name, "")),
        }
        for column in served.columns
    }
    shown = {column: columns[column] for column in fields or columns}
    schema = {
        "type": "object",
        **_described(description.text),
        "properties": shown,
        "additionalProperties": False,
    }
    original = name = identifier("_".join((TableName(served.table).table, *fields)))
    number = 1
    # Another schema has the name: that of a model, or as table `a`, column `b_c` and `a_b`, `c`.
    while schemas.get(name, schema) != schema:
        number += 1
        name = f"{original}_{number}"
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def _described(text: str) -> Json:
    return {"description": text} if text else {}


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
