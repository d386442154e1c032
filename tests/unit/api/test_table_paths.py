"""Paths of served tables in the OpenAPI document: lists, rows, groups and endpoints."""

from __future__ import annotations

from typing import Any

from medallion.records import Column, Release, Served
from medallion_api.openapi.table_paths import paths_of_tables
from medallion_api.section import Api, Endpoint
from tests.unit.api.parts import Parts


def paths_of(
    parts: Parts, release: Release, api: Api
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The GET operations by path, and the schemas of rows."""
    schemas: dict[str, Any] = {}
    paths = paths_of_tables(api, parts.tables, release, schemas)
    return {path: operations["get"] for path, operations in paths.items()}, schemas


def names(operation: dict[str, Any], place: str = "query") -> list[str]:
    return [item["name"] for item in operation["parameters"] if item["in"] == place]


def test_a_table_has_a_list_rows_by_key_and_groups(parts: Parts, release: Release) -> None:
    paths, schemas = paths_of(parts, release, Api(why=True))
    assert list(paths) == [
        "/tables/clients",
        "/tables/clients/{id}",
        "/groups/clients",
        "/why/clients/{id}",
    ]
    listing, row, groups, why = paths.values()
    assert names(why, "path") == ["id"]
    assert names(why) == ["limit", "removed"]
    assert {"fields", "sort", "limit", "cursor", "name__in", "spent__gte"} <= set(names(listing))
    assert names(row) == ["release", "fields", "format"]
    assert row["parameters"][0] == {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    }
    assert {"by", "metrics", "sort", "limit", "name__in"} <= set(names(groups))
    assert schemas["clients"]["properties"]["name"] == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }


def test_statuses_and_media_types(parts: Parts, release: Release) -> None:
    paths, _ = paths_of(parts, release, Api(why=True))
    listing, row, groups, _ = paths.values()
    assert {"200", "304", "404", "406", "410"} <= set(listing["responses"])
    assert "410" not in row["responses"]
    assert list(listing["responses"]["200"]["content"]) == [
        "application/json",
        "application/x-ndjson",
        "text/csv",
        "application/vnd.apache.parquet",
        "application/vnd.apache.arrow.stream",
    ]
    assert list(groups["responses"]["200"]["content"]) == ["application/json"]
    page = listing["responses"]["200"]["content"]["application/json"]["schema"]
    assert page["required"] == ["release", "cursor", "rows"]
    assert page["properties"]["rows"]["items"] == {"$ref": "#/components/schemas/clients"}


def test_an_endpoint_documents_its_fields_and_filters_only(parts: Parts, release: Release) -> None:
    endpoint = Endpoint(table="clients", fields=("name", "id"), filters=("country",))
    paths, schemas = paths_of(parts, release, Api(tables=False, endpoints={"/all": endpoint}))
    assert list(paths) == ["/all", "/all/{id}"]
    assert list(schemas["clients_name_id"]["properties"]) == ["name", "id"]
    assert "name__in" not in names(paths["/all"])
    assert "country__in" in names(paths["/all"])


def test_an_endpoint_of_a_single_row_has_no_list(parts: Parts, release: Release) -> None:
    api = Api(tables=False, endpoints={"/best": Endpoint(table="clients", single=True)})
    paths, _ = paths_of(parts, release, api)
    assert list(paths) == ["/best"]
    assert names(paths["/best"]) == ["release", "fields", "format"]
    assert paths["/best"]["summary"] == "The row of gold.clients."
    assert paths["/best"]["responses"]["200"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/clients"
    }


def test_an_endpoint_that_the_release_cannot_serve_is_left_out(
    parts: Parts, release: Release
) -> None:
    api = Api(
        tables=False,
        endpoints={
            "/gone": Endpoint(table="gone"),
            "/odd": Endpoint(table="clients", sort=("-gone",)),
            "/all": Endpoint(table="clients"),
        },
    )
    assert list(paths_of(parts, release, api)[0]) == ["/all", "/all/{id}"]


def test_a_table_without_a_key_has_no_rows_and_a_text_of_a_key_is_not_empty(
    parts: Parts, release: Release
) -> None:
    columns = (Column(name="a b", type="text"), Column(name="n", type="int64"))
    tables = {
        name: Served(
            table=f"gold.{name}", name=name, snapshot="s", rows=0, columns=columns, key=key
        )
        for name, key in {"plain": (), "keyed": ("a b", "n")}.items()
    }
    other = release.model_copy(update={"served": {parts.reading.label: tables}})
    paths, _ = paths_of(parts, other, Api())
    assert [path for path in paths if path.startswith("/tables")] == [
        "/tables/plain",
        "/tables/keyed",
        "/tables/keyed/{a b}/{n}",
    ]
    first, second = paths["/tables/keyed/{a b}/{n}"]["parameters"][:2]
    assert (first["name"], first["schema"]) == ("a b", {"type": "string", "minLength": 1})
    assert second["name"] == "n"


def test_schemas_of_rows_have_distinct_names_that_a_reference_can_have(
    parts: Parts, release: Release
) -> None:
    columns = tuple(Column(name=name, type="text") for name in ("c", "b_c", "ü/~"))
    tables = {
        name: Served(table=f"gold.{name}", name=name, snapshot="s", rows=0, columns=columns)
        for name in ("a", "a_b", "Fault")
    }
    other = release.model_copy(update={"served": {parts.reading.label: tables}})
    endpoints = {
        "/first": Endpoint(table="a", fields=("b_c",)),
        "/second": Endpoint(table="a_b", fields=("c",)),
        "/third": Endpoint(table="a", fields=("ü/~",)),
        "/again": Endpoint(table="a", fields=("b_c",)),
    }
    schemas: dict[str, Any] = {"Fault": {"type": "object"}}
    paths_of_tables(Api(endpoints=endpoints), parts.tables, other, schemas)
    properties = {name: list(schema.get("properties", ())) for name, schema in schemas.items()}
    assert properties.pop("ProblemDetails")
    assert properties == {
        "Fault": ["parameter", "detail", "allowed"],
        "a_b_c": ["b_c"],
        "a_b_c_2": ["c"],
        "a_ufc__": ["ü/~"],
        "a": ["c", "b_c", "ü/~"],
        "a_b": ["c", "b_c", "ü/~"],
        "Fault_2": ["c", "b_c", "ü/~"],
    }


def test_rows_and_columns_have_their_descriptions(parts: Parts, release: Release) -> None:
    _, schemas = paths_of(parts, release, Api())
    clients = schemas["clients"]
    assert clients["description"] == "One row per client."
    assert clients["properties"]["spent"]["description"] == "Sum of all purchases, in euros."
    assert "description" not in clients["properties"]["name"]
