"""Queries in SQLite's SQL: what it writes otherwise than other databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sort, TableSpec
from medallion.query.aggregation import grouping
from medallion.query.column_types import kind_of
from medallion.query.cursor import read_cursor
from medallion.query.text_folding import fold
from medallion.query.validation import validate_query
from medallion.records import Column, Served
from medallion.sinks.sqlite.aggregation import QuantileAggregate, group_rows
from medallion.sinks.sqlite.database import FOLD
from medallion.sinks.sqlite.dialect import QUANTILE, SqliteDialect, WideSums, integer_sums
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.store import SqliteStore
from medallion.testing.served import publish

TYPES = {"id": "int64", "name": "text", "price": "decimal(9,2)", "share": "float64", "day": "date"}
SERVED = Served(
    table="gold.things",
    name='th"ings',
    snapshot="s",
    rows=4,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
LARGE = 2**63 - 1


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function(FOLD, 1, lambda text: None if text is None else fold(text))
        connection.create_aggregate(QUANTILE, 2, QuantileAggregate)
        connection.execute('create table "th""ings" (id, name, price, share, day)')
        connection.executemany(
            'insert into "th""ings" values (?, ?, ?, ?, ?)',
            [
                (1, "Crème % brûlée", 150, 0.5, "2024-01-31"),
                (2, "CREME_", -250, 1.25, "2024-02-01"),
                (3, None, None, None, None),
                (4, "tea", 100, -0.5, "2023-12-31"),
            ],
        )
        yield connection


def ids(connection: sqlite3.Connection, query: Query, dialect: SqliteDialect) -> list[int]:
    sql, values = dialect.page(validate_query(SERVED, query), [])
    return [row[0] for row in connection.execute(sql, values).fetchall()]


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Filter("name", "contains", "% br"), [1]),
        (Filter("name", "contains", "_"), [2]),
        (Filter("name", "contains", "creme"), []),
        (Filter("name", "search", "creme"), [1, 2]),
        (Filter("name", "startswith", "C"), [1, 2]),
        (Filter("name", "startswith", ""), [1, 2, 4]),
        (Filter("name", "startswith", "\U0010ffff"), []),
        (Filter("price", "gte", "1.5"), [1]),
        (Filter("price", "lt", "1.001"), [2, 4]),
        (Filter("day", "gt", "2024-01-30"), [1, 2]),
        (Filter("day", "isnull", True), [3]),
        (Filter("id", "in", (1, 4, 9)), [1, 4]),
        (Filter("name", "ne", "tea"), [1, 2]),
    ],
)
def test_conditions(
    connection: sqlite3.Connection, condition: Filter, expected: list[int], indexed: bool
) -> None:
    query = Query((condition,), fields=("id",))
    assert ids(connection, query, SqliteDialect(indexed=indexed)) == expected


def test_only_ranges_avoid_the_index() -> None:
    dialect = SqliteDialect(indexed=False)
    assert dialect.filtered(Filter("a", "lt", 1)) == '+t."a"'
    assert dialect.filtered(Filter("a", "eq", 1)) == 't."a"'
    assert SqliteDialect().filtered(Filter("a", "lt", 1)) == 't."a"'


def test_null_sorts_below_every_value(connection: sqlite3.Connection) -> None:
    query = Query(sort=(Sort("price"),), fields=("id",))
    assert ids(connection, query, SqliteDialect()) == [3, 2, 4, 1]
    query = Query(sort=(Sort("price", descending=True),), fields=("id",))
    assert ids(connection, query, SqliteDialect()) == [1, 4, 2, 3]


def test_values_are_encoded_as_they_are_stored() -> None:
    dialect = SqliteDialect()
    at = datetime(2024, 1, 31, 23, tzinfo=UTC)
    assert dialect.encode(kind_of("timestamptz"), at) == "2024-01-31T23:00:00.000000Z"
    assert dialect.encode(kind_of("decimal(9,2)"), Decimal("1.5")) == 150
    assert dialect.encode(kind_of("boolean"), True) == 1


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("year(day)", [(None, 1), ("2023", 1), ("2024", 2)]),
        ("month(day)", [(None, 1), ("2023-12", 1), ("2024-01", 1), ("2024-02", 1)]),
        ("day(day)", [(None, 1), ("2023-12-31", 1), ("2024-01-31", 1), ("2024-02-01", 1)]),
        ("bin(price, 2)", [(None, 1), (-400, 1), (0, 2)]),
        ("bin(share, 0.5)", [(None, 1), (-0.5, 1), (0.5, 1), (1.0, 1)]),
    ],
)
def test_groups(connection: sqlite3.Connection, by: str, expected: list[Any]) -> None:
    query = grouping(SERVED, [by], {"n": "count()"}, Query())
    sql, values = SqliteDialect().group(SERVED.name, query)
    assert connection.execute(sql, values).fetchall() == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("median(price)", 1.0),
        ("mean(price)", 0.0),
        ("mean(share, id)", (0.5 * 1 + 1.25 * 2 - 0.5 * 4) / 7),
        ("sum(price) / count()", 0.0),
        ("sum(price) / sum(price)", None),
        ("max(day)", "2024-02-01"),
    ],
)
def test_metrics(connection: sqlite3.Connection, metric: str, expected: Any) -> None:
    query = grouping(SERVED, [], {"m": metric}, Query())
    sql, values = SqliteDialect().group(SERVED.name, query)
    assert connection.execute(sql, values).fetchall() == [(expected,)]


def test_wide_sums_are_exact_and_in_order(connection: sqlite3.Connection) -> None:
    connection.execute('delete from "th""ings"')
    rows = [
        ("a", LARGE),
        ("a", LARGE),
        ("b", LARGE),
        ("b", LARGE - 1),
        ("c", -LARGE),
        ("c", -LARGE - 1),
        ("d", None),
    ]
    connection.executemany('insert into "th""ings" (name, id) values (?, ?)', rows)
    metrics = {"n": "count()", "total": "sum(id)", "most": "max(id)"}
    sort = (Sort("total", descending=True),)
    query = grouping(SERVED, ["name"], metrics, Query(sort=sort, limit=10))
    with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
        connection.execute(*SqliteDialect().group(SERVED.name, query)).fetchall()
    tuples = connection.execute(*WideSums().group(SERVED.name, query)).fetchall()
    totals = [(row["name"], row["total"]) for row in group_rows(query, tuples)]
    assert totals == [("a", 2 * LARGE), ("b", 2 * LARGE - 1), ("c", -2 * LARGE - 1), ("d", None)]
    assert integer_sums(query) == [2]


def test_an_index_serves_filter_sort_and_cursor(tmp_path: Path) -> None:
    path = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{path}")
    spec = TableSpec(
        name="clients",
        columns=(
            Column(name="id", type="int64"),
            Column(name="country", type="text"),
            Column(name="total", type="float64"),
        ),
        key=("id",),
        indexes=(("country", "-total"),),
    )
    rows = [
        {"id": number, "country": "FI"[number % 2], "total": float(number % 50)}
        for number in range(500)
    ]
    (served,) = publish(sink, "first", rows, spec).served["serving"].values()
    query = Query(
        filters=(Filter("country", "eq", "F"),), sort=(Sort("total", descending=True),), limit=10
    )
    store = SqliteStore(sink.url, "serving")
    cursor = store.find("clients", query).cursor
    assert cursor
    sql, values = SqliteDialect().page(
        validate_query(served, query, read_cursor(cursor)), frozenset()
    )
    with closing(sqlite3.connect(path)) as connection:
        steps = [step for *_, step in connection.execute(f"explain query plan {sql}", values)]
    assert len(steps) == 1, steps
    assert "(country=? AND total<?)" in steps[0]
    store.close()
