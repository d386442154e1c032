"""Avro files as source files."""

from __future__ import annotations

import datetime as dt
import io
import sys
from decimal import Decimal
from typing import Any

import fastavro
import pytest

from medallion.errors import SourceError
from medallion.formats.avro import Avro

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "order",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {
            "name": "price",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "sizes", "type": {"type": "map", "values": "int"}},
        {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["a", "b"]}},
        {"name": "mixed", "type": ["null", "string", "double"]},
        {
            "name": "inner",
            "type": {
                "type": "record",
                "name": "inner",
                "fields": [{"name": "x", "type": ["null", "float"]}],
            },
        },
    ],
}
AT = dt.datetime(2024, 2, 29, 13, 5, tzinfo=dt.UTC)
ROWS: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "Änn",
        "price": Decimal("1.50"),
        "at": AT,
        "day": dt.date(2024, 2, 29),
        "tags": ["x"],
        "sizes": {"s": 1},
        "kind": "b",
        "mixed": 1.5,
        "inner": {"x": 0.5},
    },
    {
        "id": 2,
        "name": None,
        "price": Decimal("-7"),
        "at": AT,
        "day": None,
        "tags": [],
        "sizes": {},
        "kind": "a",
        "mixed": None,
        "inner": {"x": None},
    },
]


def content(schema: Any, rows: list[dict[str, Any]], **options: Any) -> bytes:
    data = io.BytesIO()
    fastavro.writer(data, schema, rows, **options)
    return data.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_rows_and_types_are_kept(read, connection, tmp_path, codec):
    found = read(Avro(), "a.avro", content(SCHEMA, ROWS, codec=codec))
    assert {column.name: column.type for column in found.parsed.columns} == {
        "id": "int64",
        "name": "text",
        "price": "decimal(9,2)",
        "at": "timestamptz",
        "day": "date",
        "tags": "list<text>",
        "sizes": "map<text, int32>",
        "kind": "text",
        "mixed": "text",
        "inner": "struct<x: float32>",
    }
    first, second = found.rows
    assert first[:3] == (1, "Änn", Decimal("1.50"))
    assert first[3].astimezone(dt.UTC) == AT
    assert first[4:] == (dt.date(2024, 2, 29), ["x"], {"s": 1}, "b", "1.5", {"x": 0.5})
    assert second[1:3] == (None, Decimal("-7.00"))
    assert second[4:] == (None, [], {}, "a", None, {"x": None})
    known = Avro().columns_of(tmp_path / "a.avro", "a.avro", tmp_path / "scratch", connection)
    assert [(c.name, c.type) for c in known] == [(c.name, c.type) for c in found.parsed.columns]


TEXTS = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "string"}]}


def test_records_that_do_not_fit_are_rejected_with_the_rest_of_their_block(read):
    rows = [{"a": f"text {number}"} for number in range(12)]
    data = content(TEXTS, rows, sync_interval=21).replace(b"text 4", b"text\xff4")
    found = read(Avro(), "a.avro", data)
    assert [number for number, *_ in found.parsed.rejects] == [5, 6]
    assert "cannot be decoded" in found.parsed.rejects[0][1]
    assert [row[0] for row in found.rows] == [f"text {n}" for n in range(12) if n not in (4, 5)]


def test_a_value_that_is_not_of_its_type_is_rejected_alone(read):
    time = {"type": "int", "logicalType": "time-millis"}
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": time}]}
    found = read(Avro(), "a.avro", content(schema, [{"a": 1}, {"a": 90_000_000}, {"a": 3}]))
    assert found.parsed.rejects == ((2, "90000000 is not a time of day", "{'a': 90000000}"),)
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "is empty"),
        (b"a,b\n", "is not an Avro file"),
        (content(SCHEMA, ROWS)[:-5], "cut short or corrupt"),
        (content("string", ["a"]), "its schema is not a record"),
        (content(TEXTS, [{"a": "text"}]).replace(b"text", b"te\xff\xff"), "1 of its 1 records"),
        (content(TEXTS, [{"a": "text"}]).replace(b"\x08text", b"\x04text"), "more bytes than"),
        (content({**TEXTS, "fields": []}, [{}]), "has no columns"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read(read, data, fault):
    with pytest.raises(SourceError, match=fault) as raised:
        read(Avro(), "a.avro", data)
    assert raised.value.hint


def test_the_extra_that_is_needed(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(SourceError, match="needs fastavro, which is not installed") as raised:
        read(Avro(), "a.avro", content(SCHEMA, ROWS))
    assert "medallion-lake[avro]" in raised.value.hint
