"""The JSON Schema of medallion.yaml accepts what a declaration may be, and nothing else."""

from __future__ import annotations

import inspect
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from medallion import plugins
from medallion.declaration.json_schema import schema, shape
from medallion.declaration.yaml_document import read

STEPS = [
    (group, name)
    for group in (plugins.TRANSFORMS, plugins.EXPECTATIONS)
    for name in sorted(plugins.registered(group))
]


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    found = schema()
    Draft7Validator.check_schema(found)
    return Draft7Validator(found)


def declared(**table: Any) -> dict[str, Any]:
    return {"name": "x", "tables": {"silver": {"t": {"from": "bronze.x", **table}}}}


def test_the_first_project_is_right_by_it(validator: Draft7Validator) -> None:
    document = read(Path(str(files("medallion.cli") / "templates" / "medallion.yaml")))

    assert list(validator.iter_errors(document.data)) == []


@pytest.mark.parametrize(("group", "name"), STEPS, ids=[name for _, name in STEPS])
def test_every_example_of_a_step_is_right_by_it(
    validator: Draft7Validator, tmp_path: Path, group: str, name: str
) -> None:
    blocks = re.findall(
        r"```yaml\n(.*?)```", inspect.getdoc(plugins.find(group, name)) or "", re.DOTALL
    )
    assert blocks
    for block in blocks:
        file = tmp_path / "example.yaml"
        file.write_text("example:\n" + "".join(f"  {line}\n" for line in block.splitlines()))
        found = read(file).data["example"]
        key = "steps" if group == plugins.TRANSFORMS else "expect"
        if isinstance(found, list):
            found = {key: found}
        document = declared(**found) if key in found else {"name": "x", "tables": {"silver": found}}
        assert list(validator.iter_errors(document)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"name": "x"},
        {"name": "x", "tables": {}, "tabels": {}},
        {"name": "x", "tables": {"bronze": {"a": {"source": "a.csv", "fromat": "csv"}}}},
        {"name": "x", "tables": {}, "layers": {"gold": {"type": "parquet", "retian": 3}}},
        {"name": "x", "tables": {}, "layers": {"gold": "parqet"}},
        {"name": "x", "tables": {}, "sinks": {"serving": {"tables": {}}}},
        declared(steps=["trimm"]),
        declared(steps=["cast"]),
        declared(steps=[{"trim": None, "cast": {"a": "integer"}}]),
        declared(steps=[{"deduplicate": {"key": "a", "kep": "first"}}]),
        declared(expect=[{"between": {"a": [0, 1]}, "on_fail": "explode"}]),
        declared(expect=[{"on_fail": "warn"}]),
    ],
)
def test_what_is_wrong_is_wrong_by_it(validator: Draft7Validator, document: dict[str, Any]) -> None:
    assert list(validator.iter_errors(document))


@pytest.mark.parametrize(
    "document",
    [
        declared(
            steps=[
                "trim",
                {"trim": None},
                {"trim": ["a"]},
                {"deduplicate": "a"},
                {"deduplicate": {"key": ["a"]}},
            ]
        ),
        declared(expect=[{"not_null": "a"}, {"not_null": ["a"], "on_fail": "drop"}]),
        {
            "name": "x",
            "tables": {},
            "layers": {"gold": {"type": "parquet", "retain": 3}, "silver": {"parquet": None}},
        },
        {"name": "x", "tables": {}, "engine": "duckdb", "lake": "s3://bucket"},
        {
            "name": "x",
            "tables": {},
            "sinks": {"s": {"url": "sqlite:x", "tables": {"t": {"indexes": ["a", ["b", "-c"]]}}}},
        },
    ],
)
def test_every_way_to_write_it_is_right_by_it(
    validator: Draft7Validator, document: dict[str, Any]
) -> None:
    assert list(validator.iter_errors(document)) == []


def test_editors_are_told_what_a_step_does(validator: Draft7Validator) -> None:
    table = validator.schema["properties"]["tables"]["additionalProperties"][
        "additionalProperties"
    ]["anyOf"][1]
    steps = table["properties"]["steps"]["items"]["anyOf"][-1]["properties"]

    assert steps["trim"]["description"].startswith("Removes white space")
    assert "```yaml" in steps["trim"]["markdownDescription"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "string"}, "text"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        (
            {"type": "array", "prefixItems": [{"type": "number"}, {"type": "null"}]},
            "[number, null]",
        ),
        (
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/A"}},
            "mapping to first or last",
        ),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({}, "anything"),
    ],
)
def test_shapes_read_as_words(given: dict[str, Any], said: str) -> None:
    assert shape(given, {"A": {"enum": ["first", "last"]}}) == said
