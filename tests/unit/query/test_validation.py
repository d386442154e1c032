"""Queries are checked before a database sees them, and cursors keep their place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError, SinkError
from medallion.query.column_types import Kind, coerce, kind_of
from medallion.query.cursor import CursorPosition, read_cursor, write_cursor
from medallion.query.validation import (
    MOST_VALUES,
    beyond_prefix,
    key_values,
    served_table,
    validate_query,
)
from medallion.records import Column, Served

SERVED = Served(
    table="gold.sales",
    name="sales__1",
    snapshot="s",
    rows=1,
    columns=(
        Column(name="id", type="int64"),
        Column(name="city", type="text"),
        Column(name="total", type="decimal(12,2)"),
        Column(name="day", type="date"),
        Column(name="at", type="timestamp"),
        Column(name="share", type="float64"),
        Column(name="open", type="boolean"),
    ),
    key=("id",),
)


@given(st.text(), st.text(), st.lists(st.none() | st.text()))
def test_a_cursor_comes_back_as_it_went(release: str, asked: str, values: list[str | None]) -> None:
    place = CursorPosition(release, asked, tuple(values))
    assert read_cursor(write_cursor(place)) == place


@given(st.text() | st.text(alphabet="abcXYZ019-_", min_size=1))
def test_what_is_no_cursor_is_told(text: str) -> None:
    with pytest.raises(CallError, match="cursor is damaged"):
        read_cursor(text)


@given(st.data())
def test_a_cursor_with_one_letter_changed_is_told(data: st.DataObject) -> None:
    cursor = write_cursor(CursorPosition("release", "asked", ("1", None)))
    place = data.draw(st.integers(0, len(cursor) - 2))
    letter = data.draw(
        st.sampled_from("ABCabc019-_").filter(lambda letter: letter != cursor[place])
    )
    with pytest.raises(CallError, match="cursor is damaged"):
        read_cursor(cursor[:place] + letter + cursor[place + 1 :])


@given(
    st.fixed_dictionaries(
        {
            "city": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
            "total": st.none() | st.decimals(-(10**9), 10**9, places=2),
            "day": st.none() | st.dates(),
            "at": st.none() | st.datetimes(),
            "share": st.none() | st.floats(allow_nan=False),
            "open": st.none() | st.booleans(),
            "id": st.integers(-(2**63), 2**63 - 1),
        }
    )
)
def test_values_of_every_kind_survive_a_cursor(row: dict[str, Any]) -> None:
    query = Query(sort=tuple(Sort(name) for name in row))
    cursor = validate_query(SERVED, query).cursor("release", list(row.values()))
    assert validate_query(SERVED, query, read_cursor(cursor)).after == tuple(row.values())


def test_order_ends_with_the_key_or_the_place() -> None:
    assert validate_query(SERVED, Query()).order == (Sort("id"),)
    assert validate_query(SERVED, Query(sort=(Sort("day", True),))).order == (
        Sort("day", True),
        Sort("id"),
    )
    assert validate_query(SERVED, Query(sort=(Sort("id", True),))).order == (Sort("id", True),)
    assert validate_query(SERVED.model_copy(update={"key": ()}), Query()).order == (Sort("_row"),)


def test_the_cursor_reads_what_the_caller_did_not_ask_for() -> None:
    checked = validate_query(SERVED, Query(fields=("city", "city"), sort=(Sort("day"),)))
    assert checked.fields == ("city",)
    assert checked.reads == ("city", "day", "id")


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int64", "-5", -5),
        ("decimal(12,2)", "100", Decimal(100)),
        ("decimal(12,2)", 0.1, Decimal("0.1")),
        ("date", "2024-01-01", date(2024, 1, 1)),
        ("timestamp", "2024-01-01", datetime(2024, 1, 1)),
        ("timestamp(ns)", "2024-01-01 02:00", datetime(2024, 1, 1, 2)),
        ("timestamptz(ns)", "2024-01-01T02:00", datetime(2024, 1, 1, 2, tzinfo=UTC)),
        ("float64", "-Infinity", -inf),
        ("timestamptz", "2024-01-01T02:00:00+02:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("boolean", "TRUE", True),
        ("float64", "1e3", 1000.0),
        ("time", "10:30", "10:30:00.000000"),
        ("json", '{"a": 1}', '{"a": 1}'),
    ],
)
def test_text_becomes_the_columns_value(type_: str, value: object, expected: object) -> None:
    assert coerce(kind_of(type_), value, "x") == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int64", " 5"),
        ("int64", "٥"),
        ("int64", "9" * 5000),
        ("int64", 5.0),
        ("decimal(12,2)", "1,5"),
        ("decimal(12,2)", "inf"),
        ("decimal(12,2)", "1e999"),
        ("float64", "nan"),
        ("float64", float("nan")),
        ("float64", True),
        ("date", "01/02/2024"),
        ("date", datetime(2024, 1, 1, tzinfo=UTC)),
        ("timestamp", "2024-01-01T25:00"),
        ("timestamp", "2024-01-01T00:00:00Z"),
        ("timestamp", datetime(2024, 1, 1, tzinfo=UTC)),
        ("timestamptz", "0001-01-01T00:00:00+01:00"),
        ("time", "24:00"),
        ("text", b"x"),
    ],
)
def test_what_does_not_fit_is_told(type_: str, value: object) -> None:
    with pytest.raises(CallError, match="for 'x'\n  → write it as") as told:
        coerce(kind_of(type_), value, "x")
    assert len(told.value.message) < 130


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("list<int64>", Kind("list", items=(("", Kind("integer")),))),
        (
            "list<list<decimal(5,1)>>",
            Kind("list", items=(("", Kind("list", items=(("", Kind("decimal", 1)),))),)),
        ),
        (
            'struct<"a, (b": list<date>, c: map<text, decimal(4,2)>>',
            Kind(
                "struct",
                items=(
                    ("a, (b", Kind("list", items=(("", Kind("date")),))),
                    (
                        "c",
                        Kind("map", items=(("key", Kind("text")), ("value", Kind("decimal", 2)))),
                    ),
                ),
            ),
        ),
    ],
)
def test_nested_types_are_read(type_: str, expected: Kind) -> None:
    assert kind_of(type_) == expected


@pytest.mark.parametrize("type_", ["interval", "time(ns)", "list<timetz>", "whatever"])
def test_types_no_database_serves_are_told(type_: str) -> None:
    with pytest.raises(SinkError, match="no database can serve"):
        kind_of(type_)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_the_end_of_a_prefix_lies_right_behind_it(prefix: str, other: str) -> None:
    end = beyond_prefix(prefix)
    within = prefix.encode() <= other.encode() and (end is None or other.encode() < end.encode())
    assert within is other.startswith(prefix)
    assert end is None or (prefix + other).encode() < end.encode()


def test_too_many_values_and_wrong_keys_are_told() -> None:
    with pytest.raises(CallError, match="at most 10000"):
        validate_query(SERVED, Query(filters=(Filter("id", "in", range(MOST_VALUES + 1)),)))
    with pytest.raises(CallError, match=r"\(id\), not 2"):
        key_values(SERVED, (1, 2))
    with pytest.raises(CallError, match="did you mean 'sales'"):
        served_table({"sales": SERVED}, "sale")
