"""ORC files: their types are kept, and damaged ones are refused."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import orc

from medallion.errors import SourceError
from medallion.formats.orc import Orc


def content(table: pa.Table) -> bytes:
    data = io.BytesIO()
    orc.write_table(table, data)
    return data.getvalue()


def test_rows_and_types_are_kept(read, connection, tmp_path):
    table = pa.table(
        {
            "id": pa.array([1, None], pa.int32()),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(12, 2)),
            "day": [dt.date(2025, 1, 2), None],
            "at": pa.array([1, None], pa.timestamp("us")),
            "tags": [["a"], []],
            "in": [{"x": 1}, None],
        }
    )
    found = read(Orc(), "a.orc", content(table))
    assert {column.name: column.type for column in found.parsed.columns} == {
        "id": "int32",
        "price": "decimal(12,2)",
        "day": "date",
        "at": "timestamp(ns)",
        "tags": "list<text>",
        "in": "struct<x: int64>",
    }
    assert found.rows[0][:3] == (1, Decimal("1.50"), dt.date(2025, 1, 2))
    assert found.rows[0][4:] == (["a"], {"x": 1})
    assert found.rows[1] == (None, None, None, None, [], None)
    known = Orc().columns_of(tmp_path / "a.orc", "a.orc", tmp_path / "scratch", connection)
    assert [(c.name, c.type) for c in known] == [(c.name, c.type) for c in found.parsed.columns]


def test_an_empty_table(read):
    found = read(Orc(), "a.orc", content(pa.table({"a": pa.array([], pa.int64())})))
    assert (found.rows, found.parsed.warnings) == ([], ("has no rows",))


def test_what_cannot_be_read(read):
    good = content(pa.table({"a": list(range(10_000))}))
    for data, fault in [
        (b"", "is empty"),
        (b"a,b\n", "is not an ORC file"),
        (good[:-20], "cut short or corrupt"),
        (good[:100] + bytes(200) + good[300:], "cut short or corrupt"),
        (content(pa.table({"a": [1], "A": [2]})), "duplicate column name"),
    ]:
        with pytest.raises(SourceError, match=fault):
            read(Orc(), "a.orc", data)
