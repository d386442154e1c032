"""Queries in PostgreSQL's SQL: what it writes otherwise than other databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from medallion.contracts import fold
from medallion.query.aggregation import grouping
from medallion.query.column_types import kind_of
from medallion.query.query import Filter, Query, Sort
from medallion.query.validation import validate_query
from medallion.records import Column, Served
from medallion.sinks.postgres.column_types import rows_of, sql_type
from medallion.sinks.postgres.database import connect, execute
from medallion.sinks.postgres.dialect import PostgresDialect

if TYPE_CHECKING:
    from psycopg import Connection

TYPES = {
    "id": "int64",
    "name": "text",
    "price": "decimal(30,2)",
    "share": "float64",
    "active": "boolean",
    "at": "timestamptz",
}
SERVED = Served(
    table="gold.things",
    name='th"i?ngs',
    snapshot="s",
    rows=4,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
DIALECT = PostgresDialect("pg_temp", ("id",))
AT = datetime(2024, 5, 31, 23, 30, tzinfo=UTC)
WIDE = Decimal("12345678901234567890123456.50")
ROWS: list[tuple[Any, ...]] = [
    (1, "Zoë", WIDE, 1e200, True, AT),
    (2, "cafe\u0301 50% Kelvin \u212a", Decimal("-1.50"), 0.5, False, None),
    (3, "ana", Decimal("2.00"), None, None, AT),
    (4, None, None, 1e200, None, None),
]


@pytest.fixture(scope="module")
def things(postgres_server: str) -> Iterator[Connection]:
    with closing(connect(f"{postgres_server}/postgres")) as connection:
        columns = ", ".join(f'"{name}" {sql_type(type_)}' for name, type_ in TYPES.items())
        execute(connection, f'create temp table "th""i?ngs" ({columns}, primary key (id))')
        for row in ROWS:
            execute(connection, 'insert into "th""i?ngs" values (?, ?, ?, ?, ?, ?)', row)
        yield connection


def ids(things: Connection, *filters: Filter, sort: tuple[Sort, ...] = ()) -> list[int]:
    query = validate_query(SERVED, Query(filters=filters, sort=sort, fields=("id",)))
    rows = execute(things, *DIALECT.page(query, ["name", "price", "share"])).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("price", "eq", WIDE, [1]),
        ("price", "gt", Decimal("-1.505"), [1, 2, 3]),
        ("price", "in", ["2.00", "2.001"], [3]),
        ("price", "ne", Decimal("2.001"), [1, 2, 3]),
        ("active", "eq", False, [2]),
        ("at", "lt", AT, []),
        ("at", "gte", AT, [1, 3]),
        ("name", "contains", "50%", [2]),
        ("name", "contains", "a\0", []),
        ("name", "startswith", "Z", [1]),
        ("name", "startswith", "\0", []),
        ("name", "search", "ZOE", [1]),
        ("name", "search", "café", [2]),
        ("name", "search", "kelvin k", [2]),
        ("name", "search", "AN", [3]),
        ("name", "search", "", [1, 2, 3]),
        ("name", "search", "[", []),
        ("name", "search", "\0", []),
        ("name", "eq", "a\0", []),
        ("name", "ne", "a\0", [1, 2, 3]),
        ("name", "in", ["ana", "a\0"], [3]),
        ("name", "lte", "ana\0", [1, 3]),
        ("name", "gt", "ana\0", [2]),
    ],
)
def test_conditions(
    things: Connection, field: str, operator: Any, value: Any, expected: list[int]
) -> None:
    assert sorted(ids(things, Filter(field, operator, value))) == sorted(expected)


def test_every_letter_that_folds_is_searched(things: Connection) -> None:
    words = ["ÉCOLE", "Łódź", "ﬁ", "Ǆ", "İstanbul", "ΑΒΓ άβγ", "한글", "e\u0301\u0323a", "Ⅷ", "🙂"]
    for word in words:
        for text in (fold(word), fold(word[:1]), word):
            sql, values = DIALECT.search("w", text)
            from_word = f"select {sql} from (select cast(? as text) as w) as t"
            (row,) = execute(things, from_word, [*values, word]).fetchall()
            assert row == (fold(text) in fold(word),), (word, text)


def test_null_sorts_below_every_value(things: Connection) -> None:
    assert ids(things, sort=(Sort("price"),)) == [4, 2, 3, 1]
    assert ids(things, sort=(Sort("price", descending=True),)) == [1, 3, 2, 4]
    assert ids(things, sort=(Sort("id", descending=True),)) == [4, 3, 2, 1]


def test_the_key_serves_an_order_by_it(things: Connection) -> None:
    query = validate_query(SERVED, Query())
    sql, values = DIALECT.page(query, [])
    execute(things, "set enable_seqscan = off")
    plan = "\n".join(row[0] for row in execute(things, f"explain {sql}", values).fetchall())
    execute(things, "reset enable_seqscan")
    assert "Index Scan" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("sum(price)", WIDE + Decimal("0.50")),
        ("mean(share)", 2e200 / 3),
        ("mean(id)", 2.5),
        ("min(active)", False),
        ("max(active)", True),
        ("median(id)", 2.5),
        ("sum(share) / count()", 2e200 / 4),
        ("max(name)", "cafe\u0301 50% Kelvin \u212a"),
        ("count()", 4),
    ],
)
def test_metrics(things: Connection, metric: str, expected: Any) -> None:
    query = grouping(SERVED, (), {"m": metric}, Query())
    tuples = execute(things, *PostgresDialect("pg_temp").group(SERVED.name, query)).fetchall()
    (row,) = rows_of(["m"], query.kinds, tuples)
    assert row["m"] == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("bin(price, 2.5)", [None, Decimal("-2.5"), Decimal(0), WIDE - WIDE % Decimal("2.5")]),
        ("bin(id, 2)", [0, 2, 4]),
        ("month(at)", [None, datetime(2024, 5, 1)]),
        ("active", [None, False, True]),
    ],
)
def test_groups(things: Connection, term: str, expected: list[Any]) -> None:
    query = grouping(SERVED, (term,), {}, Query())
    execute(things, "set timezone = 'Asia/Tokyo'")
    tuples = execute(things, *PostgresDialect("pg_temp").group(SERVED.name, query)).fetchall()
    execute(things, "reset timezone")
    assert [value for (value,) in tuples] == expected


def test_values_are_bound_as_they_are() -> None:
    assert DIALECT.encode(kind_of("decimal(30,2)"), WIDE) == WIDE
    assert DIALECT.relation("t") == '"pg_temp"."t"'
