"""The OpenAPI document of a release: its paths, its version, and who may read it."""

from __future__ import annotations

from typing import Any

from medallion.records import Release
from medallion_api.openapi.document import VERSION, document
from medallion_api.section import Api, Endpoint
from tests.unit.api.parts import Parts

FIXED = (
    "/",
    "/health",
    "/health/ready",
    "/quality",
    "/releases",
    "/releases/current",
    "/runs/latest",
)


def of(parts: Parts, release: Release, api: Api, *, closed: bool = False) -> dict[str, Any]:
    return document(api, parts.tables, release, "small", server="/v1", closed=closed)


def test_the_document_is_of_one_release(parts: Parts, release: Release) -> None:
    content = of(parts, release, Api(why=True, diff=True))
    assert content["openapi"] == "3.1.0"
    assert (content["info"]["title"], content["info"]["version"]) == ("small", VERSION)
    assert (content["x-release"], content["servers"]) == ("one", [{"url": "/v1"}])
    tables = ["/groups/clients", "/tables", "/tables/clients", "/tables/clients/{id}"]
    tables += ["/why/clients/{id}", "/quarantine/{table}", "/releases/{before}/diff/{after}"]
    assert sorted(content["paths"]) == sorted([*FIXED, *tables])


def test_records_and_differences_are_documented_where_they_are_shown(
    parts: Parts, release: Release
) -> None:
    def shown(**settings: Any) -> list[str]:
        paths = of(parts, release, Api(**settings))["paths"]
        return [path for path in paths if path.startswith("/why") or "/diff/" in path]

    difference, records = "/releases/{before}/diff/{after}", "/why/clients/{id}"
    assert shown() == shown(tables=False, why=True, diff=True) == []
    assert shown(keys=f"ann:{'0' * 64}") == [difference, records]
    assert shown(keys=f"ann:{'0' * 64}", why=False, diff=False) == []
    assert (shown(why=True), shown(diff=True)) == ([records], [difference])


def test_without_tables_there_are_endpoints_only(parts: Parts, release: Release) -> None:
    api = Api(tables=False, endpoints={"/all": Endpoint(table="clients")})
    paths = of(parts, release, api)["paths"]
    assert sorted(paths) == sorted([*FIXED, "/all", "/all/{id}"])


def test_releases_are_paged_and_named(parts: Parts, release: Release) -> None:
    paths = of(parts, release, Api(tables=False))["paths"]
    parameters = {
        path: [item["name"] for item in operations["get"]["parameters"]]
        for path, operations in paths.items()
        if operations["get"]["parameters"]
    }
    assert parameters == {
        "/releases": ["limit", "cursor"],
        "/releases/current": ["release"],
        "/quality": ["release"],
    }
    assert "404" in paths["/quality"]["get"]["responses"]
    tables = of(parts, release, Api())["paths"]["/tables"]["get"]
    assert [item["name"] for item in tables["parameters"]] == ["release"]


def test_keys_are_documented_where_they_are_required(parts: Parts, release: Release) -> None:
    open_document = of(parts, release, Api())
    assert "security" not in open_document
    assert "securitySchemes" not in open_document["components"]
    assert "401" not in open_document["paths"]["/"]["get"]["responses"]
    closed = of(parts, release, Api(rate_limit="1/day"), closed=True)
    assert closed["security"] == [{"key": []}]
    scheme = closed["components"]["securitySchemes"]["key"]
    assert scheme == {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    assert {"401", "429"} <= set(closed["paths"]["/tables"]["get"]["responses"])
    for path in ("/health", "/health/ready"):
        get = closed["paths"][path]["get"]
        assert get["security"] == []
        assert not {"401", "429"} & set(get["responses"])


def test_ids_of_operations_are_distinct_and_references_are_defined(
    parts: Parts, release: Release
) -> None:
    api = Api(endpoints={"/a/b": Endpoint(table="clients"), "/a_b": Endpoint(table="clients")})
    content = of(parts, release, api)
    names = [operations["get"]["operationId"] for operations in content["paths"].values()]
    assert len(names) == len(set(names))
    assert {"a_b", "a_b_2"} <= set(names)
    schemas = {f"#/components/schemas/{name}" for name in content["components"]["schemas"]}
    assert set(references(content)) <= schemas


def references(value: Any) -> list[str]:
    """Every `$ref` of a document."""
    if isinstance(value, list):
        return [text for item in value for text in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [text for item in value.values() for text in references(item)]
