"""Types of columns as JSON Schema and Arrow types."""

from __future__ import annotations

import pyarrow as pa
import pytest

from medallion.query.column_types import kind_of
from medallion_api.value_schemas import arrow_of, nullable, operand_schema, schema_of


@pytest.mark.parametrize(
    ("type_", "schema"),
    [
        ("int8", {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}),
        ("boolean", {"type": "boolean"}),
        ("uuid", {"type": "string"}),
        ("date", {"type": "string", "format": "date"}),
        ("timestamptz", {"type": "string", "format": "date-time"}),
        ("binary", {"type": "string", "contentEncoding": "base64"}),
        ("float64", {"anyOf": [{"type": "number"}, {"enum": ["-Infinity", "Infinity"]}]}),
        (
            "list<text>",
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        ),
        (
            "map<text, boolean>",
            {
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            },
        ),
        (
            "struct<ok: boolean>",
            {
                "type": "object",
                "properties": {"ok": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}},
            },
        ),
    ],
)
def test_the_schema_of_a_type(type_: str, schema: dict[str, object]) -> None:
    kind = kind_of(type_)
    assert schema_of(kind) == schema
    assert nullable(kind) == {"anyOf": [schema, {"type": "null"}]}


def test_a_timestamp_without_a_zone_has_a_format_without_one() -> None:
    assert schema_of(kind_of("timestamp"))["format"] == "date-time-local"


def test_a_timestamp_is_compared_with_days_but_not_listed_as_days() -> None:
    kind = kind_of("timestamptz")
    formats = [schema["format"] for schema in operand_schema(kind, "gte")["anyOf"]]
    assert formats == ["date-time", "date"]
    for operator in ("in", "ne"):
        assert operand_schema(kind, operator) == schema_of(kind)
    assert operand_schema(kind_of("date"), "gte") == schema_of(kind_of("date"))


@pytest.mark.parametrize(
    ("type_", "arrow"),
    [
        ("uint32", pa.int64()),
        ("float32", pa.float64()),
        ("decimal(12,2)", pa.decimal128(38, 2)),
        ("text", pa.string()),
        ("time", pa.string()),
        ("binary", pa.binary()),
        ("date", pa.date32()),
        ("timestamp", pa.timestamp("us")),
        ("timestamptz", pa.timestamp("us", "UTC")),
        ("list<decimal(4,1)>", pa.list_(pa.decimal128(38, 1))),
        (
            "struct<a: date, b: list<int8>>",
            pa.struct({"a": pa.date32(), "b": pa.list_(pa.int64())}),
        ),
        ("map<text, boolean>", pa.map_(pa.string(), pa.bool_())),
    ],
)
def test_the_arrow_type_of_a_type(type_: str, arrow: pa.DataType) -> None:
    assert arrow_of(kind_of(type_)) == arrow
