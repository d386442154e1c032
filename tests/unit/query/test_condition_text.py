"""Conditions as SQL text select the rows that stores select by the same filters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from typing import Any

import duckdb
import pytest

from medallion.contracts import Filter, Query
from medallion.errors import CallError
from medallion.query.column_types import kind_of
from medallion.query.condition_text import (
    all_of,
    any_of,
    between_text,
    condition_text,
    equal_text,
)
from medallion.query.memory_table import matching_rows
from medallion.query.validation import validate_query
from medallion.records import Column, Served

TYPES = {
    "n": ("int64", "bigint"),
    "price": ("decimal(20,2)", "decimal(20,2)"),
    "part": ("float64", "double"),
    "name": ("text", "varchar"),
    "flag": ("boolean", "boolean"),
    "day": ("date", "date"),
    "at": ("timestamp", "timestamp"),
    "zoned": ("timestamptz", "timestamptz"),
}
ROWS: list[tuple[Any, ...]] = [
    (1, Decimal("1.50"), 0.1, "O'Brien", True, date(2024, 1, 1), datetime(2024, 1, 1, 9),
     datetime(2024, 1, 1, 9, tzinfo=UTC)),
    (-2, Decimal("-0.01"), -inf, "Müller", False, date(2023, 12, 31), datetime(2023, 12, 31),
     datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (2**62, Decimal("123456789012345678.99"), 2.5, "a%_\\;--", None, None, None, None),
    (None, None, None, None, None, None, None, None),
    (0, Decimal("0.00"), nan, "", False, date(1, 1, 1), datetime(2024, 1, 2), None),
]  # fmt: skip
SERVED = Served(
    table="gold.t",
    name="t",
    snapshot="1",
    rows=len(ROWS),
    columns=tuple(Column(name=name, type=type_) for name, (type_, _) in TYPES.items()),
)
KINDS = {column.name: kind_of(column.type) for column in SERVED.columns}


def _selected(condition: str) -> list[int]:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'").fetchall()
    columns = ", ".join(f'"{name}" {sql}' for name, (_, sql) in TYPES.items())
    connection.execute(f"create table t (place integer, {columns})").fetchall()
    marks = ", ".join("?" * (len(TYPES) + 1))
    for place, row in enumerate(ROWS):
        connection.execute(f"insert into t values ({marks})", [place, *row]).fetchall()
    where = f" where {condition}" if condition else ""
    rows = connection.execute(f"select place from t{where} order by place").fetchall()
    return [place for (place,) in rows]


FILTERS = [
    Filter("n", "eq", 1),
    Filter("n", "ne", 1),
    Filter("n", "gte", 2**62),
    Filter("n", "in", (1, 0, 7)),
    Filter("n", "in", ()),
    Filter("price", "eq", Decimal("1.5")),
    Filter("price", "gt", Decimal("-0.02")),
    Filter("price", "lt", "1e3"),
    Filter("price", "in", ("123456789012345678.99", "0.001")),
    Filter("part", "gt", 0.1),
    Filter("part", "lte", 0.1),
    Filter("part", "ne", 0.1),
    Filter("part", "eq", -inf),
    Filter("part", "isnull", True),
    Filter("part", "isnull", False),
    Filter("name", "eq", "O'Brien"),
    Filter("name", "gt", "N"),
    Filter("name", "contains", "%_\\;--"),
    Filter("name", "startswith", "O'"),
    Filter("name", "search", "MULLER"),
    Filter("name", "in", ("", "Müller")),
    Filter("flag", "eq", False),
    Filter("flag", "isnull", True),
    Filter("day", "lte", date(2024, 1, 1)),
    Filter("day", "eq", date(1, 1, 1)),
    Filter("at", "eq", date(2024, 1, 1)),
    Filter("at", "lte", "2024-01-01"),
    Filter("at", "gt", "2023-12-31T00:00:00"),
    Filter("zoned", "gte", "2024-01-01T00:00:00Z"),
    Filter("zoned", "lt", date(2024, 1, 1)),
]


@pytest.mark.parametrize("condition", FILTERS, ids=repr)
def test_a_filter_selects_what_stores_select(condition: Filter) -> None:
    filters = validate_query(SERVED, Query(filters=(condition,))).filters
    rows = [
        {"place": place, **{
            name: None if value != value else value
            for name, value in zip(TYPES, row, strict=True)
        }}
        for place, row in enumerate(ROWS)
    ]  # fmt: skip
    expected = [row["place"] for row in matching_rows(rows, filters)]
    assert _selected(condition_text(filters, KINDS)) == expected


def test_several_filters_all_hold() -> None:
    filters = (Filter("n", "gte", 0), Filter("flag", "eq", True))
    assert _selected(condition_text(filters, KINDS)) == [0]
    assert condition_text((), KINDS) == ""
    assert all_of(["", "a", "b", "a"]) == "a and b"


def test_a_missing_value_is_null_or_nan() -> None:
    assert _selected(equal_text("part", KINDS["part"], [None])) == [3, 4]
    assert _selected(equal_text("part", KINDS["part"], [nan, 2.5])) == [2, 3, 4]
    assert _selected(equal_text("name", KINDS["name"], ["Müller", None])) == [1, 3]
    assert _selected(equal_text("n", KINDS["n"], [])) == []


def test_a_range_has_its_lower_end_only() -> None:
    assert _selected(between_text("n", KINDS["n"], 0, 1)) == [4]
    low, high = date(2023, 12, 31), date(2024, 1, 1)
    assert _selected(between_text("at", KINDS["at"], low, high)) == [1]
    assert _selected(between_text("at", KINDS["at"], date(2024, 1, 1), None)) == [0, 4]
    either = any_of([equal_text("n", KINDS["n"], [1]), equal_text("flag", KINDS["flag"], [None])])
    assert _selected(either) == [0, 2, 3]


def test_bytes_cannot_be_compared() -> None:
    with pytest.raises(CallError, match="bytes cannot be compared"):
        equal_text("data", kind_of("binary"), [b"1"])


@pytest.mark.parametrize(
    "moment", ["2024-03-31T23:59:59.999999999", "1960-01-01T00:00:00.000001999"]
)
def test_nanoseconds_are_compared_as_stores_truncate_them(moment: str) -> None:
    kind = kind_of("timestamp(ns)")
    connection = duckdb.connect()
    connection.execute(f"create table t as select timestamp_ns '{moment}' as \"at\"").fetchall()
    ((stored,),) = connection.execute('select "at" from t').fetchall()  # in microseconds
    later = stored + timedelta(microseconds=1)
    for condition, number in (
        (equal_text("at", kind, [stored]), 1),
        (equal_text("at", kind, [later, None]), 0),
        (between_text("at", kind, stored, later), 1),
        (condition_text([Filter("at", "gt", stored)], {"at": kind}), 0),
        (condition_text([Filter("at", "lte", stored)], {"at": kind}), 1),
        (condition_text([Filter("at", "isnull", False)], {"at": kind}), 1),
    ):
        sql = f"select count(*) from t where {condition}"
        assert connection.execute(sql).fetchall() == [(number,)]
