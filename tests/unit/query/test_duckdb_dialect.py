"""Queries in DuckDB's SQL: what it writes otherwise than other databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from medallion.query.aggregation import grouping
from medallion.query.column_types import kind_of
from medallion.query.duckdb_dialect import DuckDbDialect
from medallion.query.query import Filter, Query, Sort
from medallion.query.validation import validate_query
from medallion.records import Column, Served

TYPES = {
    "id": "int64",
    "name": "text",
    "price": "decimal(9,2)",
    "share": "float64",
    "at": "timestamptz",
    "day": "date",
}
SERVED = Served(
    table="gold.things",
    name='th"ings',
    snapshot="s",
    rows=4,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
DIALECT = DuckDbDialect()


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("""
            create table "th""ings" as select * from (values
                (1, 'Crème % brûlée', 150, 0.5::double, timestamp '2024-01-31 23:00', date '2024-01-31'),
                (2, 'CREME_', -250, 'inf'::double, timestamp '2024-02-01 00:00', date '2024-02-01'),
                (3, null, null, null, null, null),
                (4, 'tea', 100, '-inf'::double, timestamp '2023-12-31 00:00', date '2023-12-31')
            ) as t(id, name, price, share, "at", day)
        """).fetchall()
        yield connection


def ids(connection: duckdb.DuckDBPyConnection, *conditions: Filter, sort: str = "id") -> list[int]:
    order = (Sort(sort.removeprefix("-"), descending=sort.startswith("-")),)
    checked = validate_query(SERVED, Query(conditions, order, fields=("id",)))
    sql, values = DIALECT.page(checked, [])
    return [row[0] for row in connection.execute(sql, values).fetchall()]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Filter("name", "contains", "% br"), [1]),
        (Filter("name", "contains", "_"), [2]),
        (Filter("name", "contains", "creme"), []),
        (Filter("name", "search", "creme"), [1, 2]),
        (Filter("name", "startswith", "Cr"), [1]),
        (Filter("name", "startswith", ""), [1, 2, 4]),
        (Filter("price", "gte", "1.5"), [1]),
        (Filter("price", "lt", "1.001"), [2, 4]),
        (Filter("at", "eq", "2024-02-01T01:00:00+01:00"), [2]),
        (Filter("at", "lte", "2024-01-31"), [1, 4]),
    ],
)
def test_conditions(
    connection: duckdb.DuckDBPyConnection, condition: Filter, expected: list[int]
) -> None:
    assert ids(connection, condition) == expected


def test_null_sorts_below_every_value(connection: duckdb.DuckDBPyConnection) -> None:
    assert ids(connection, sort="price") == [3, 2, 4, 1]
    assert ids(connection, sort="-price") == [1, 4, 2, 3]
    assert ids(connection, sort="-share") == [2, 1, 4, 3]


def test_values_are_encoded_as_they_are_stored() -> None:
    at = datetime(2024, 1, 31, 23, tzinfo=UTC)
    assert DIALECT.encode(kind_of("timestamptz"), at) == datetime(2024, 1, 31, 23)
    assert DIALECT.encode(kind_of("decimal(9,2)"), Decimal("1.5")) == 150
    assert DIALECT.encode(kind_of("text"), "a") == "a"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("year(at)", [(None, 1), (datetime(2023, 1, 1), 1), (datetime(2024, 1, 1), 2)]),
        (
            "month(day)",
            [
                (None, 1),
                (datetime(2023, 12, 1), 1),
                (datetime(2024, 1, 1), 1),
                (datetime(2024, 2, 1), 1),
            ],
        ),
        ("bin(price, 2)", [(None, 1), (-400, 1), (0, 2)]),
    ],
)
def test_groups(connection: duckdb.DuckDBPyConnection, by: str, expected: list[Any]) -> None:
    sql, values = DIALECT.group(SERVED.name, grouping(SERVED, [by], {"n": "count()"}, Query()))
    rows = connection.execute(sql, values).fetchall()
    periods = [
        (first and datetime(first.year, first.month, first.day) if "bin" not in by else first, n)
        for first, n in rows
    ]
    assert periods == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("median(price)", 1.0),
        ("mean(price)", 0.0),
        ("mean(share, id)", None),
        ("sum(share) / count()", None),
        ("median(share)", 0.5),
        ("sum(price)", 0),
    ],
)
def test_metrics_are_null_where_infinite_values_make_them_nan(
    connection: duckdb.DuckDBPyConnection, metric: str, expected: Any
) -> None:
    sql, values = DIALECT.group(SERVED.name, grouping(SERVED, [], {"m": metric}, Query()))
    assert connection.execute(sql, values).fetchall() == [(expected,)]
