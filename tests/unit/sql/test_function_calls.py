"""Calls of aggregate functions: what is parsed, and the SQL of each over a column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.errors import StepError
from medallion.sql.function_calls import AGGREGATES, Function, check_calls, parse_call


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


PLACES = {
    **AGGREGATES,
    "row_number": Function("row_number()", column="no"),
    "lag": Function("lag({column}, {number})", number="rows", default="1"),
}


@pytest.mark.parametrize(
    ("text", "column", "number"),
    [
        ("sum(amount)", "amount", None),
        (" sum ( net amount ) ", "net amount", None),
        ('sum("a, (b)")', "a, (b)", None),
        ('sum("say ""hi""")', 'say "hi"', None),
        ("sum(größe)", "größe", None),
        ("count()", None, None),
        ("count(*)", None, None),
        ("count(id)", "id", None),
        ("quantile(a, 0.95)", "a", "0.95"),
        ("quantile(a,.5)", "a", ".5"),
        ("quantile(a, 1)", "a", "1"),
        ("lag(a)", "a", "1"),
        ("lag(a, 3)", "a", "3"),
        ("row_number()", None, None),
    ],
)
def test_a_call_is_parsed(text: str, column: str | None, number: str | None) -> None:
    call = parse_call(text, PLACES)
    assert (call.text, call.column, call.number) == (text, column, number)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("amount", "'amount' is not a call such as `sum"),
        ("sum(a) + 1", "is not a call"),
        ("summ(a)", "there is no function 'summ'; did you mean 'sum'"),
        ("sum()", r"sum\(\) needs a column: `sum\(column\)`"),
        ("sum(*)", r"sum\(\) needs a column"),
        ("sum(upper(a))", "one column, not an expression; `derive` a column first"),
        ("sum(a, b)", "one column, not an expression"),
        ("row_number(a)", r"row_number\(\) takes nothing"),
        ("sum(a, 1)", "takes no number"),
        ("quantile(a)", r"lacks its number: `quantile\(a, 0.95\)`"),
        ("quantile(a, 1.5)", "1.5 is not between 0 and 1"),
        ("lag(a, 0)", "0 is not a whole number of rows from 1 up"),
        ("lag(a, 1.5)", "1.5 is not a whole number of rows"),
    ],
)
def test_another_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_call(text, PLACES)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_quoted_name_is_one_column(name: str) -> None:
    quoted = name.replace('"', '""')
    assert parse_call(f'sum("{quoted}")', AGGREGATES).column == name


def test_the_first_column_with_an_invalid_call_is_named() -> None:
    check_calls({"a": "sum(x)", "b": "count()"}, AGGREGATES)
    with pytest.raises(ValueError, match="b: there is no function 'add'"):
        check_calls({"a": "sum(x)", "b": "add(x)", "c": "nothing"}, AGGREGATES)


ROWS = """
    select * from (values
        (0, 3, 1.50::decimal(5,2), 1.0::double, true, 'b'), (1, 1, 2.50, 4.0, true, null),
        (2, null, null, null, null, 'a'), (3, 3, 0.25, 7.0, false, 'c')
    ) as t(_row, n, price, share, ok, name)
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count()", 4),
        ("count(n)", 3),
        ("count_distinct(n)", 2),
        ("sum(n)", 7),
        ("sum(price)", Decimal("4.25")),
        ("sum(share)", 12.0),
        ("sum(ok)", 2),
        ("mean(n)", 7 / 3),
        ("mean(price)", 4.25 / 3),
        ("min(name)", "a"),
        ("max(price)", Decimal("2.50")),
        ("median(price)", 1.5),
        ("quantile(price, 0.25)", 0.875),
        ("quantile(share, 1)", 7.0),
        ("stddev(share)", 3.0),
        ("variance(share)", 9.0),
        ("first(name)", "b"),
        ("last(name)", "c"),
    ],
)
def test_what_each_function_gives(
    connection: duckdb.DuckDBPyConnection, text: str, expected: Any
) -> None:
    rows = connection.sql(ROWS)
    ((value,),) = rows.aggregate(parse_call(text, AGGREGATES).sql(rows)).fetchall()
    assert value == expected if not isinstance(expected, float) else math.isclose(value, expected)
    assert type(value) is type(expected)


def test_first_takes_a_null_of_the_first_row(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("select * from (values (2, 'x'), (1, null)) as t(_row, a)")
    assert rows.aggregate(parse_call("first(a)", AGGREGATES).sql(rows)).fetchall() == [(None,)]
    assert rows.aggregate(parse_call("last(a)", AGGREGATES).sql(rows)).fetchall() == [("x",)]


def test_a_clause_follows_the_function(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(ROWS)
    sql = parse_call("sum(n)", AGGREGATES).sql(rows, clause=" filter (where _row > 0)")
    assert rows.aggregate(sql).fetchall() == [(4,)]


def test_sums_that_leave_their_type_are_errors(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("select unnest([9223372036854775807, 1]) as n, 1.7e308::double as x")
    with pytest.raises(duckdb.Error, match="9223372036854775808"):
        rows.aggregate(parse_call("sum(n)", AGGREGATES).sql(rows)).fetchall()
    with pytest.raises(duckdb.Error, match=r"sum\(x\) leaves the range of float64"):
        rows.aggregate(parse_call("sum(x)", AGGREGATES).sql(rows)).fetchall()
    rows = connection.sql("select 'inf'::double as x")
    assert rows.aggregate(parse_call("sum(x)", AGGREGATES).sql(rows)).fetchall() == [(math.inf,)]


def test_a_column_that_is_missing_or_not_a_number(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(ROWS)
    with pytest.raises(StepError, match="no column 'pric'; did you mean 'price'"):
        parse_call("sum(pric)", AGGREGATES).sql(rows)
    with pytest.raises(StepError, match=r"sum\(name\): 'name' is text, not a number"):
        parse_call("sum(name)", AGGREGATES).sql(rows)
    with pytest.raises(StepError, match="'ok' is boolean, not a number"):
        parse_call("mean(ok)", AGGREGATES).sql(rows)
