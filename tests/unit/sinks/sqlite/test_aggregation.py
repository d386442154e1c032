"""Groups in SQLite: quantiles, when an index pays off, and rows of results."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf

import pytest

from medallion.query.aggregation import Grouping, grouping
from medallion.query.query import Filter, Query
from medallion.records import Column, Served
from medallion.sinks.sqlite.aggregation import QuantileAggregate, group_rows, selectivity_sql

TYPES = {
    "n": "int64",
    "price": "decimal(9,2)",
    "day": "date",
    "at": "timestamptz",
    "open": "boolean",
}
SERVED = Served(
    table="gold.t",
    name="t__1",
    snapshot="s",
    rows=0,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
)


def groups(by: list[str], metrics: dict[str, str], *filters: Filter) -> Grouping:
    return grouping(SERVED, by, metrics, Query(filters))


def test_a_quantile_in_sql_ignores_null() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_aggregate("q", 2, QuantileAggregate)
        connection.execute("create table t (a)")
        assert connection.execute("select q(a, 0.5) from t").fetchall() == [(None,)]
        connection.executemany("insert into t values (?)", [(4,), (None,), (1,), (2.5,)])
        assert connection.execute("select q(a, 0.5), q(a, 0.25), q(a, 1) from t").fetchall() == [
            (2.5, 1.75, 4.0)
        ]
        connection.executemany("insert into t values (?)", [(inf,), (-inf,)])
        assert connection.execute("select q(a, 1), q(a, 0.1) from t").fetchall() == [(inf, -inf)]


@pytest.mark.parametrize(("lowest", "selective"), [(95, True), (90, True), (89, False), (0, False)])
def test_an_index_pays_off_for_less_than_a_tenth_of_the_rows(lowest: int, selective: bool) -> None:
    sql, values = selectivity_sql('t "1"', groups(["n"], {}, Filter("n", "gt", lowest)))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute('create table "t ""1""" (n)')
        connection.executemany(
            'insert into "t ""1""" values (?)', [(number,) for number in range(100)]
        )
        ((answer,),) = connection.execute(sql, values).fetchall()
        assert bool(answer) is selective


def test_values_of_results_are_those_of_python() -> None:
    query = groups(
        ["day", "open"],
        {"total": "sum(price)", "last": "max(at)", "count": "count()", "mean": "mean(n)"},
    )
    rows = [
        ("2024-01-31", 1, 150, "2024-01-31T10:00:00.000000Z", 3, 0.5),
        (None, None, None, None, 0, None),
    ]
    assert group_rows(query, rows) == [
        {
            "day": date(2024, 1, 31),
            "open": True,
            "total": Decimal("1.50"),
            "last": datetime(2024, 1, 31, 10, tzinfo=UTC),
            "count": 3,
            "mean": 0.5,
        },
        {"day": None, "open": None, "total": None, "last": None, "count": 0, "mean": None},
    ]
    assert group_rows(query, []) == []


def test_the_two_parts_of_a_wide_sum_are_one_number() -> None:
    query = groups(["open"], {"n": "sum(n)", "count": "count()", "total": "sum(price)"})
    high, low = divmod(3 * 2**63, 2**32)
    rows = group_rows(query, [(1, high, 3, -1, low, 2**32 - 150), (0, None, 0, None, None, None)])
    assert rows == [
        {"open": True, "n": 3 * 2**63, "count": 3, "total": Decimal("-1.50")},
        {"open": False, "n": None, "count": 0, "total": None},
    ]
