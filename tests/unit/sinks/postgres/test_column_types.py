"""Types of PostgreSQL, and stored values as Python values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

from medallion.errors import SinkError
from medallion.query.column_types import Kind, kind_of
from medallion.sinks.postgres.column_types import json_value, restorer, rows_of, sql_type
from medallion.sinks.postgres.database import execute

if TYPE_CHECKING:
    from psycopg import Connection


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("int8", "bigint"),
        ("uint32", "bigint"),
        ("uint64", "numeric(20,0)"),
        ("int128", "numeric(39,0)"),
        ("decimal(38,9)", "numeric(38,9)"),
        ("float32", "double precision"),
        ("boolean", "boolean"),
        ("date", "date"),
        ("time", "time"),
        ("timestamp(ns)", "timestamp"),
        ("timestamptz", "timestamptz"),
        ("binary", "bytea"),
        ("uuid", 'text collate "C"'),
        ("json", 'text collate "C"'),
        ("list<int32>", "jsonb"),
    ],
)
def test_types_are_native(empty: Connection, type_: str, expected: str) -> None:
    assert sql_type(type_) == expected
    execute(empty, f"select cast(null as {sql_type(type_).partition(' collate')[0]})")


@pytest.mark.parametrize(
    ("type_", "sql", "expected"),
    [
        ("int128", "12345678901234567890123::numeric", 12345678901234567890123),
        ("decimal(4,2)", "1.5::numeric(4,2)", Decimal("1.50")),
        ("float64", "'-inf'::double precision", -inf),
        ("time", "'09:30'::time", "09:30:00.000000"),
        ("timestamp", "'0001-01-01'::timestamp", datetime.min),
        ("timestamptz", "'2024-01-01 01:00+01'::timestamptz", datetime(2024, 1, 1, tzinfo=UTC)),
        ("binary", "'\\x00ff'::bytea", b"\0\xff"),
    ],
)
def test_values_come_back(empty: Connection, type_: str, sql: str, expected: Any) -> None:
    tuples = execute(empty, f"select {sql}").fetchall()
    (row,) = rows_of(["x"], {"x": kind_of(type_)}, tuples)
    assert row == {"x": expected}
    assert type(row["x"]) is type(expected)


def test_a_point_in_time_is_in_utc_whatever_its_zone() -> None:
    restore = restorer(Kind("timestamp", zoned=True))
    assert restore
    moment = restore(datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert (moment, moment.tzinfo) == (datetime(2024, 1, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("decimal(4,2)", Decimal("1.50"), "1.50"),
        ("float64", inf, "inf"),
        ("float64", nan, None),
        ("float64", 1.5, 1.5),
        ("timestamp", datetime(2024, 1, 1), "2024-01-01T00:00:00+00:00"),
        ("date", date(2024, 1, 1), "2024-01-01"),
        ("time", time(9, 30), "09:30:00"),
        ("binary", b"\xff", "ff"),
        ("int128", Decimal(2**70), 2**70),
    ],
)
def test_nested_values_are_json(type_: str, value: Any, stored: Any) -> None:
    kind = kind_of(type_)
    assert json_value(kind, value) == stored
    restore = restorer(Kind("list", items=(("", kind),)))
    assert restore
    if type_ != "time":  # which is text in a store
        assert restore([stored]) == [None if stored is None else value]


def test_a_value_that_was_not_loaded_is_damage() -> None:
    with pytest.raises(SinkError, match="column 'x': a served value is not what was loaded"):
        rows_of(["x"], {"x": Kind("integer")}, [("a",)])
    assert rows_of(["x"], {"x": Kind("integer")}, []) == []
