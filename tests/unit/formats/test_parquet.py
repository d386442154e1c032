"""Parquet files: their types are kept, and damaged ones are refused."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.errors import SourceError
from medallion.formats.parquet import Parquet


def types(found) -> dict[str, str]:
    return {column.name: column.type for column in found.parsed.columns}


def parquet(tmp_path, table: pa.Table) -> bytes:
    pq.write_table(table, tmp_path / "made")
    return (tmp_path / "made").read_bytes()


def test_parquet_keeps_rows_and_types(read, tmp_path):
    day = datetime.date(2025, 1, 2)
    table = pa.table(
        {
            "id": pa.array([1, None], pa.int32()),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(12, 2)),
            "day": [day, None],
            "tags": [["a"], []],
            "in": [{"x": 1}, None],
        }
    )
    found = read(Parquet(), "a.parquet", parquet(tmp_path, table))
    assert types(found) == {
        "id": "int32",
        "price": "decimal(12,2)",
        "day": "date",
        "tags": "list<text>",
        "in": "struct<x: int64>",
    }
    assert found.rows == [(1, Decimal("1.50"), day, ["a"], {"x": 1}), (None, None, None, [], None)]


def test_parquet_that_cannot_be_read(read, tmp_path):
    good = parquet(tmp_path, pa.table({"a": list(range(1000))}))
    same = parquet(tmp_path, pa.table({"a": [1], "A": [2]}))
    for content, says in [
        (b"", "is empty"),
        (b"a,b\n", "is not a Parquet file"),
        (good[:-20], "cut short or corrupt"),
        (good[:100] + bytes(200) + good[300:], "cut short or corrupt"),
        (same, "duplicate column name"),
        (parquet(tmp_path, pa.table({"_origin": [1]})), "reserved"),
    ]:
        with pytest.raises(SourceError, match=says):
            read(Parquet(), "a.parquet", content)
    empty = read(
        Parquet(), "a.parquet", parquet(tmp_path, pa.table({"a": pa.array([], pa.int64())}))
    )
    assert (empty.rows, len(empty.parsed.warnings)) == ([], 1)
