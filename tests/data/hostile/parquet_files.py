"""Parquet: types, row groups, damage."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.hostile import Case

NANOS = pa.array([1_706_700_000_123_456_000], pa.timestamp("ns"))


def _bytes(table: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def column(
    name: str, values: Any, kind: Any = None, *, write: dict[str, Any] | None = None, **outcome: Any
) -> Case:
    """A file of one column."""
    array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, kind)
    return Case(name, "in.parquet", _bytes(pa.table({"a": array}), **(write or {})), **outcome)


def _groups() -> bytes:
    out = io.BytesIO()
    schema = pa.schema([("a", pa.int64())])
    with pq.ParquetWriter(out, schema) as writer:
        for values in ([1], [], [2, 3], []):
            writer.write_table(pa.table({"a": pa.array(values, pa.int64())}, schema=schema))
    return out.getvalue()


WHOLE = _bytes(pa.table({"a": [1, 2]}))

CASES: list[Case] = [
    column("parquet: whole numbers of all widths", [-128], pa.int8(), rows=[(-128,)]),
    column("parquet: unsigned numbers of 64 bits", [2**64 - 1], pa.uint64(), rows=[(2**64 - 1,)]),
    column(
        "parquet: a float of 16 bits",
        pa.array([1.5], pa.float32()).cast(pa.float16()),
        rows=[(1.5,)],
    ),
    column(
        "parquet: lists, also empty and null ones",
        [[1, None], [], None],
        rows=[([1, None],), ([],), (None,)],
    ),
    column("parquet: structs", [{"b": 1, "c": {"d": "x"}}], rows=[({"b": 1, "c": {"d": "x"}},)]),
    column("parquet: maps", [[("k", 1)]], pa.map_(pa.string(), pa.int64()), rows=[([("k", 1)],)]),
    column(
        "parquet: a dictionary",
        pa.array(["x", "y", "x"]).dictionary_encode(),
        rows=[("x",), ("y",), ("x",)],
    ),
    column(
        "parquet: timestamps of nanoseconds",
        NANOS,
        rows=[(datetime(2024, 1, 31, 11, 20, 0, 123456),)],
    ),
    column(
        "parquet: timestamps of milliseconds",
        NANOS.cast(pa.timestamp("ms"), safe=False),
        rows=[(datetime(2024, 1, 31, 11, 20, 0, 123000),)],
    ),
    column(
        "parquet: timestamps of a zone",
        NANOS.cast(pa.timestamp("us", "Europe/Paris")),
        rows=[(datetime(2024, 1, 31, 11, 20, 0, 123456, UTC),)],
    ),
    column(
        "parquet: nanoseconds of a zone",
        NANOS.cast(pa.timestamp("ns", "UTC")),
        rows=[(datetime(2024, 1, 31, 11, 20, 0, 123456, UTC),)],
    ),
    column(
        "parquet: timestamps as INT96",
        NANOS,
        write={"use_deprecated_int96_timestamps": True},
        rows=[(datetime(2024, 1, 31, 11, 20, 0, 123456),)],
    ),
    column("parquet: dates", [date(9999, 12, 31), None], rows=[(date(9999, 12, 31),), (None,)]),
    column(
        "parquet: times of a day", [time(23, 59, 59)], pa.time64("us"), rows=[(time(23, 59, 59),)]
    ),
    column(
        "parquet: decimals of 38 digits",
        [Decimal("1." + "9" * 37)],
        pa.decimal128(38, 37),
        rows=[(Decimal("1." + "9" * 37),)],
    ),
    column(
        "parquet: decimals of 256 bits that need fewer",
        [Decimal("1.5")],
        pa.decimal256(20, 2),
        rows=[(Decimal("1.50"),)],
    ),
    column(
        "parquet: decimals of 76 digits",
        [Decimal("-" + "9" * 74 + ".99"), None],
        pa.decimal256(76, 2),
        rows=[("-" + "9" * 74 + ".99",), (None,)],
    ),
    column("parquet: bytes", [b"\xff\x00"], pa.binary(), rows=[(b"\xff\x00",)]),
    column(
        "parquet: text that is not utf-8",
        pa.Array.from_buffers(
            pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
        ),
        error="not valid UTF8",
    ),
    column("parquet: nulls alone", [None, None], pa.null(), rows=[(None,), (None,)]),
    column(
        "parquet: not a number and infinity",
        [float("nan"), float("inf")],
        rows=[(float("nan"),), (float("inf"),)],
    ),
    column("parquet: no rows", [], pa.int64(), rows=[], warning="has no rows"),
    Case("parquet: empty row groups", "in.parquet", _groups(), rows=[(1,), (2,), (3,)]),
    Case("parquet: no columns", "in.parquet", _bytes(pa.table({})), error="has no columns"),
    Case(
        "parquet: a name twice",
        "in.parquet",
        _bytes(pa.table([pa.array([1]), pa.array([2])], ["a", "a"])),
        error="duplicate column name",
    ),
    Case(
        "parquet: names that differ in case alone",
        "in.parquet",
        _bytes(pa.table({"a": [1], "A": [2]})),
        error="duplicate column name",
    ),
    Case(
        "parquet: a reserved name", "in.parquet", _bytes(pa.table({"_row": [1]})), error="reserved"
    ),
    Case("parquet: cut short", "in.parquet", WHOLE[:-10], error="cut short or corrupt"),
    Case(
        "parquet: the end alone is whole",
        "in.parquet",
        b"PAR1" + WHOLE[-60:],
        error="cut short or corrupt",
    ),
    Case("parquet: no byte", "in.parquet", b"", error="is empty"),
    Case(
        "parquet: CSV that is called Parquet",
        "in.parquet",
        b"id,name\n1,Ann\n",
        error="is not a Parquet file",
    ),
]
