"""Operations of the OpenAPI document: ids, parameters, responses and components."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, WithJsonSchema

from medallion_api.openapi.operations import (
    add_common_responses,
    component,
    identifier,
    number_duplicates,
    operation,
    operation_id,
    query_parameters,
)


class Part(BaseModel):
    """A part."""

    size: int = 1


class Whole(BaseModel):
    """A whole."""

    parts: tuple[Part, ...]


class Asked(BaseModel):
    p0: Annotated[Any, WithJsonSchema({"type": "array", "items": {"type": "string"}})] = Field(
        default=None, alias="name__in"
    )
    p1: int = Field(default=1, alias="limit", ge=1)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "root"),
        ("/stats/summary", "stats_summary"),
        ("/pairs/{left_}/{right_}", "pairs_left__right_"),
        ("/1st", "path_1st"),
        ("/sales.csv", "sales_csv"),
        ("/ä", "ue4"),
    ],
)
def test_names_of_operations(path: str, name: str) -> None:
    assert operation_id(path) == name


def test_duplicate_ids_are_numbered_ignoring_case() -> None:
    paths = {
        path: {"get": {"operationId": name}}
        for path, name in [("/a", "a_b"), ("/b", "A_b"), ("/c", "a_b_2"), ("/d", "a_b")]
    }
    number_duplicates(paths)
    names = [operations["get"]["operationId"] for operations in paths.values()]
    assert names == ["a_b", "A_b_2", "a_b_2_2", "a_b_3"]


def test_parameters_are_named_as_in_a_url_and_lists_take_commas() -> None:
    assert query_parameters(Asked) == [
        {
            "name": "name__in",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
            "style": "form",
            "explode": False,
        },
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    ]


def test_an_operation_has_its_content_and_problems_but_for_304() -> None:
    schemas: dict[str, Any] = {}
    contents = {"text/csv": {"schema": {}}}
    get = operation("/a/{id}", "Rows.", contents, (304, 404), [], schemas)
    assert (get["operationId"], get["summary"], get["parameters"]) == ("a_id", "Rows.", [])
    assert list(get["responses"]) == ["200", "304", "404"]
    assert get["responses"]["200"]["content"] == contents
    assert "content" not in get["responses"]["304"]
    reference = {"$ref": "#/components/schemas/ProblemDetails"}
    problem = {"application/problem+json": {"schema": reference}}
    assert get["responses"]["404"]["content"] == problem
    assert set(schemas) == {"ProblemDetails", "Fault"}


def test_every_operation_has_the_common_errors_and_open_paths_no_refusal() -> None:
    paths: dict[str, Any] = {
        path: {"get": operation(path, "", {}, (404,), [], {})} for path in ("/a", "/health")
    }
    add_common_responses(paths, (401, 429))
    common = ["200", "400", "404", "414", "431", "500", "501", "503"]
    assert list(paths["/health"]["get"]["responses"]) == common
    assert list(paths["/a"]["get"]["responses"]) == sorted([*common, "401", "429"])


def test_components_of_a_model_are_written_once_and_referred_to() -> None:
    schemas: dict[str, Any] = {}
    assert component(Whole, schemas) == {"$ref": "#/components/schemas/Whole"}
    assert set(schemas) == {"Whole", "Part"}
    assert schemas["Whole"]["properties"]["parts"]["items"] == {"$ref": "#/components/schemas/Part"}
    assert schemas["Part"]["description"] == "A part."
    assert "$defs" not in schemas["Whole"]


def test_a_text_as_an_identifier() -> None:
    assert identifier("Größe (m²)/x_1") == "Gruf6udfe__mub2__x_1"
