"""Avro's types as Arrow's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from medallion.formats.avro_types import AvroTypeError, AvroTypes


def logical(type_: str, base: str = "long", **more: Any) -> dict[str, Any]:
    return {"type": base, "logicalType": type_, **more}


@pytest.mark.parametrize(
    ("schema", "arrow"),
    [
        ("int", pa.int32()),
        (["null", "long"], pa.int64()),
        (["int", "null", "long"], pa.int64()),
        (["null"], pa.null()),
        ({"type": {"type": "string"}}, pa.string()),
        (logical("date", "int"), pa.date32()),
        (logical("time-millis", "int"), pa.time32("ms")),
        (logical("time-micros"), pa.time64("us")),
        (logical("timestamp-millis"), pa.timestamp("ms", "UTC")),
        (logical("timestamp-nanos"), pa.timestamp("ns", "UTC")),
        (logical("local-timestamp-micros"), pa.timestamp("us")),
        (logical("timestamp-millis", "int"), pa.int32()),
        (logical("unknown"), pa.int64()),
        (logical("uuid", "string"), pa.string()),
        (logical("decimal", "bytes", precision=12, scale=2), pa.decimal128(12, 2)),
        (logical("decimal", "bytes", precision=60), pa.decimal256(60, 0)),
        (logical("decimal", "bytes", precision=90), pa.string()),
        (logical("decimal", "bytes", precision=2, scale=3), pa.binary()),
        ({"type": "fixed", "name": "f", "size": 4}, pa.binary()),
        (logical("decimal", "fixed", name="f", size=4, precision=5), pa.decimal128(5, 0)),
        ({"type": "enum", "name": "e", "symbols": ["a"]}, pa.string()),
        ({"type": "array", "items": ["null", "int"]}, pa.list_(pa.int32())),
        ({"type": "map", "values": "int"}, pa.map_(pa.string(), pa.int32())),
        (["int", "string"], pa.string()),
    ],
)
def test_a_type(schema: Any, arrow: pa.DataType) -> None:
    assert AvroTypes().kind(schema).arrow == arrow


def test_records_names_and_recursion() -> None:
    schema = {
        "type": "record",
        "name": "a.node",
        "fields": [
            {"name": "id", "type": {"type": "fixed", "name": "id", "size": 2}},
            {"name": "other", "type": "id"},
            {"name": "same", "type": "a.id"},
            {"name": "next", "type": ["null", "node"]},
        ],
    }
    kind = AvroTypes().kind(schema)
    fields = [("id", pa.binary()), ("other", pa.binary()), ("same", pa.binary())]
    assert kind.arrow == pa.struct([*fields, ("next", pa.string())])
    assert [each["type"] for each in kind.plain["fields"]] == [
        {"type": "fixed", "name": "a.id", "size": 2},
        "a.id",
        "a.id",
        ["null", "a.node"],
    ]
    assert kind.convert
    value = {"id": b"1", "other": b"2", "same": b"3", "next": {"id": b"\x01", "next": None}}
    assert kind.convert(value)["next"] == '{"id": "01", "next": null}'


def test_values_that_are_converted() -> None:
    decimal = AvroTypes().kind(["null", logical("decimal", "bytes", precision=4, scale=2)])
    assert decimal.convert
    assert decimal.convert(b"\xff\x9c") == Decimal("-1.00")
    assert decimal.convert(None) is None
    with pytest.raises(ValueError, match="more than 4 digits"):
        decimal.convert(b"\x7f\xff")
    wide = AvroTypes().kind(logical("decimal", "bytes", precision=90, scale=2)).convert
    assert wide
    assert wide(b"\x01\x00") == "2.56"
    times = AvroTypes().kind({"type": "array", "items": logical("time-millis", "int")}).convert
    assert times
    assert times([0, 86_399_999]) == [0, 86_399_999]
    with pytest.raises(ValueError, match="not a time of day"):
        times([86_400_000])
    pairs = AvroTypes().kind({"type": "map", "values": ["int", "string"]}).convert
    assert pairs
    assert pairs({"a": 1, "b": "x"}) == [("a", "1"), ("b", '"x"')]


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({}, "invalid type"),
        (7, "invalid type"),
        ("no_such", "no type 'no_such'"),
        ({"type": "array", "items": "null"}, "take no bytes"),
        (
            {"type": "array", "items": {"type": "record", "name": "e", "fields": []}},
            "take no bytes",
        ),
    ],
)
def test_a_schema_that_cannot_be_read(schema: Any, fault: str) -> None:
    with pytest.raises(AvroTypeError, match=fault):
        AvroTypes().kind(schema)


def test_a_schema_that_nests_too_deeply() -> None:
    schema: Any = "int"
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    with pytest.raises(AvroTypeError, match="more than 100 levels"):
        AvroTypes().kind(schema)
