"""Rows of another kind of file as the Parquet file that they are converted to."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from medallion.errors import SourceError
from medallion.formats.converted_parquet import converted_columns, parse_converted
from medallion.formats.unreadable_records import UnreadableRecords

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.list_(pa.string()))])
ROWS = pa.RecordBatch.from_pylist([{"a": 1, "b": ["x"]}, {"a": 2, "b": None}], SCHEMA)


def rejects(count: int) -> UnreadableRecords:
    found = UnreadableRecords("a")
    for number in range(1, count + 1):
        found.add(number, "a reason", "")
    return found


def test_batches_and_rejects(tmp_path: Path) -> None:
    target = tmp_path / "out" / "target"
    with duckdb.connect() as connection:
        parsed = parse_converted([ROWS, ROWS], SCHEMA, rejects(2), target, connection)
        columns = converted_columns(SCHEMA, "a", tmp_path / "scratch", connection)
    assert (parsed.rows, len(parsed.rejects), parsed.warnings) == (4, 2, ())
    assert [column.type for column in columns] == ["int64", "list<text>"]
    assert [(c.name, c.type) for c in columns] == [(c.name, c.type) for c in parsed.columns]
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("schema", "count", "fault"),
    [
        (SCHEMA, 3, "3 of its 5 records cannot be read; record 1: a reason"),
        (pa.schema([]), 0, "has no columns"),
        (pa.schema([("a", pa.int8()), ("A", pa.int8())]), 0, "duplicate"),
        (
            pa.schema([("a", pa.dense_union([pa.field("x", pa.int8())]))]),
            0,
            "a: has a column that cannot be read",
        ),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, schema: pa.Schema, count: int, fault: str) -> None:
    batches = [ROWS] if schema is SCHEMA else []
    with duckdb.connect() as connection, pytest.raises(SourceError, match=fault):
        parse_converted(batches, schema, rejects(count), tmp_path / "target", connection)
    assert not list(tmp_path.iterdir())
