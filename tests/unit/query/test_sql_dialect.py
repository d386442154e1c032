"""SQL of validated queries: stored integers against any number, the same in every database."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from medallion.contracts import Filter, Kind
from medallion.query.duckdb_dialect import DuckDbDialect
from medallion.query.sql_dialect import SqlDialect
from medallion.sinks.sqlite.dialect import SqliteDialect

LEAST, MOST = -(2**63), 2**63 - 1
STORED = [LEAST, LEAST + 1, -1, 0, 1, MOST - 1, MOST, None]
DECIMAL = Kind("decimal", 2)
OPERANDS = [Decimal(n).scaleb(-2) for n in (LEAST - 1, LEAST, -1, 0, 1, MOST, MOST + 1)]
OPERANDS += [Decimal(n).scaleb(-3) for n in (LEAST * 10 - 5, LEAST * 10 + 5, -5, 5, MOST * 10 + 5)]
OPERANDS += [Decimal("1e38"), Decimal("-1e38")]
COMPARISONS: dict[Any, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def matching(dialect: SqlDialect, condition: Filter, kind: Kind) -> list[int]:
    """The stored integers that meet a condition, in their order."""
    module: Any = sqlite3 if isinstance(dialect, SqliteDialect) else duckdb
    with closing(module.connect(":memory:")) as connection:
        connection.execute("create table n (n bigint)")
        connection.executemany("insert into n values (?)", [(number,) for number in STORED])
        where, values = dialect.where([condition], {"n": kind})
        query = f"select n from n as t where {where} order by n"
        return [number for (number,) in connection.execute(query, values).fetchall()]


@pytest.mark.parametrize(
    "dialect", [SqliteDialect(), SqliteDialect(indexed=False), DuckDbDialect()]
)
@pytest.mark.parametrize("name", COMPARISONS)
def test_a_decimal_is_compared_with_any_number(dialect: SqlDialect, name: Any) -> None:
    for operand in OPERANDS:
        expected = [
            number
            for number in STORED
            if number is not None and COMPARISONS[name](Decimal(number).scaleb(-2), operand)
        ]
        assert matching(dialect, Filter("n", name, operand), DECIMAL) == expected, operand


@pytest.mark.parametrize("dialect", [SqliteDialect(), DuckDbDialect()])
def test_values_that_no_row_can_have_are_left_out(dialect: SqlDialect) -> None:
    numbers = matching(dialect, Filter("n", "in", tuple(OPERANDS)), DECIMAL)
    assert numbers == [LEAST, -1, 0, 1, MOST]
    assert matching(dialect, Filter("n", "in", (LEAST, MOST)), Kind("integer")) == [LEAST, MOST]
    assert matching(dialect, Filter("n", "in", (Decimal("0.001"),)), DECIMAL) == []
