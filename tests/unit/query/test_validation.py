"""Queries are checked before a database sees them, and cursors keep their place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError
from medallion.query.cursor import read_cursor
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
