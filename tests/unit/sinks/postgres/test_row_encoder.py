"""Rows as CSV that PostgreSQL copies."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import nan
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from medallion.contracts import TooLargeError
from medallion.query.column_types import kind_of
from medallion.sinks.postgres.column_types import rows_of, sql_type
from medallion.sinks.postgres.database import execute
from medallion.sinks.postgres.row_encoder import csv_of

if TYPE_CHECKING:
    from psycopg import Connection


def encoded(type_: str, array: pa.Array, nulls: set[str] | None = None) -> bytes:
    batch = pa.RecordBatch.from_arrays([array], ["x"])
    return csv_of(batch, {"x": kind_of(type_)}, None, set() if nulls is None else nulls)


@pytest.mark.parametrize(
    ("type_", "array", "lines"),
    [
        ("int64", pa.array([1, None], pa.int64()), "1\n\n"),
        ("float64", pa.array([0.1, nan, float("inf")]), "0.1\n\ninf\n"),
        ("boolean", pa.array([True, False]), "true\nfalse\n"),
        ("text", pa.array(["", None, 'a"b', "a,b"]), '""\n\n"a""b"\n"a,b"\n'),
        ("binary", pa.array([b"\0\xff", b""]), '"\\x00ff"\n"\\x"\n'),
        ("list<int64>", pa.array([[1, None], None]), '"[1,null]"\n\n'),
    ],
)
def test_each_type_as_csv(type_: str, array: pa.Array, lines: str) -> None:
    assert encoded(type_, array) == lines.encode()


TEXTS = [
    "",
    "\\.",
    "a\n\\.\nb",
    "\\N",
    "a\tb\r\nc",
    'quote "',
    "'",
    "\\x41",
    "\ud7ff\U0010ffff",
    " ",
]


@pytest.mark.parametrize(
    ("type_", "array", "values"),
    [
        ("text", pa.array(TEXTS), TEXTS),
        ("text", pa.array(TEXTS).dictionary_encode(), TEXTS),
        ("binary", pa.array([b"\\x41", b"\0"]), [b"\\x41", b"\0"]),
        ("decimal(38,30)", pa.array([Decimal("1E-30")], pa.decimal128(38, 30)), [Decimal("1e-30")]),
        ("int128", pa.array([Decimal(2**100)], pa.decimal128(38, 0)), [2**100]),
        ("float32", pa.array([3.4028234663852886e38], pa.float32()), [3.4028234663852886e38]),
        ("float64", pa.array([5e-324, -0.0, 1 / 3]), [5e-324, -0.0, 1 / 3]),
        (
            "timestamptz",
            pa.array(
                [datetime(2024, 3, 31, 1, 30, tzinfo=UTC)], pa.timestamp("ns", "Europe/Zurich")
            ),
            [datetime(2024, 3, 31, 1, 30, tzinfo=UTC)],
        ),
        ("list<text>", pa.array([['"', "\\u0000", "\n", "é"]]), [['"', "\\u0000", "\n", "é"]]),
        ("list<float64>", pa.array([[1e300, float("inf"), 1.0]]), [[1e300, float("inf"), 1.0]]),
    ],
)
def test_values_come_back(empty: Connection, type_: str, array: pa.Array, values: Any) -> None:
    execute(empty, "set timezone = 'America/New_York'")
    execute(empty, f"create temp table copied (x {sql_type(type_)})")
    with empty.cursor() as cursor, cursor.copy(b"copy copied from stdin (format csv)") as copy:
        copy.write(encoded(type_, array))
    tuples = execute(empty, "select x from copied order by ctid").fetchall()
    execute(empty, "drop table copied")
    execute(empty, "reset timezone")
    assert [row["x"] for row in rows_of(["x"], {"x": kind_of(type_)}, tuples)] == values


def test_columns_with_a_null_and_row_numbers() -> None:
    batch = pa.RecordBatch.from_pydict({"b": [1.0, nan], "a": [1, 2]})
    nulls: set[str] = set()
    kinds = {"a": kind_of("int64"), "b": kind_of("float64")}
    assert csv_of(batch, kinds, [7, 9], nulls) == b"7,1,1\n9,2,\n"
    assert nulls == {"b"}


@pytest.mark.parametrize(
    ("type_", "array"),
    [("text", pa.array(["a", "b\0c"])), ("list<text>", pa.array([["a"], ["\0"]]))],
)
def test_text_that_postgresql_cannot_store_names_its_row(type_: str, array: pa.Array) -> None:
    with pytest.raises(TooLargeError, match=r"column 'x': .*U\+0000") as error:
        encoded(type_, array)
    assert error.value.index == 1
