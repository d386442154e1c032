"""Numbers beyond 64 bits as text: it sorts, compares and comes back like the numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medallion.query.column_types import kind_of
from medallion.sinks.sqlite.number_text import (
    BIN,
    DOUBLE,
    SUM,
    TEXT,
    TextNumber,
    bound_text,
    create_functions,
    double_sql,
    number_of_text,
    number_text,
    stored_kinds,
)

MOST = 10**38 - 1  # the digits of a decimal
NUMBERS = [-MOST, -(10**18) - 1, -(10**18), -1, 0, 1, 10**18 - 1, 10**18, 2**63, MOST]
KIND = TextNumber.of(kind_of("decimal(38,4)"))

numbers = st.one_of(st.integers(-MOST, MOST), st.integers(-(10**20), 10**20), st.integers(-9, 9))


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        create_functions(connection)
        yield connection


@given(numbers, numbers)
@example(-1, 0)
@example(-MOST, MOST)
@example(10**18 - 1, 10**18)
def test_texts_sort_like_the_numbers(number: int, other: int) -> None:
    text, other_text = number_text(number), number_text(other)
    assert len(text) == len(other_text) == 40
    assert ((text < other_text), (text == other_text)) == ((number < other), (number == other))
    assert number_of_text(text) == number


@given(numbers, st.decimals(allow_nan=False, allow_infinity=False, places=6))
@example(15000, Decimal("1.50001"))
@example(-1, Decimal("-0.00005"))
@example(-MOST, Decimal("-1e38"))
@example(MOST, Decimal("1e38"))
def test_a_value_of_a_query_is_where_it_belongs_among_stored_ones(
    number: int, value: Decimal
) -> None:
    text, bound = number_text(number), bound_text(KIND, value)
    stored = Decimal(f"{number}e-4")
    assert ((text < bound), (text == bound)) == ((stored < value), (stored == value))


def test_text_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        number_of_text("yesterday".ljust(40))
    with pytest.raises(ValueError, match="39"):
        number_of_text(number_text(150)[1:])


@pytest.mark.parametrize("scale", [0, 4, 38])
def test_a_number_as_floating_point(connection: sqlite3.Connection, scale: int) -> None:
    kind = kind_of(f"decimal(38,{scale})")
    sql = f"select {double_sql('x', kind)}, {DOUBLE}(x, {scale}) from (select ? as x)"
    for number in NUMBERS:
        for_people, exact = connection.execute(sql, (number_text(number),)).fetchone()
        assert exact == float(Decimal(f"{number}e-{scale}"))
        assert for_people == pytest.approx(exact, rel=1e-15)
    assert connection.execute(sql, (None,)).fetchone() == (None, None)


def test_a_sum_is_exact_and_null_without_numbers(connection: sqlite3.Connection) -> None:
    sql = f"select {SUM}(value) from json_each(?)"

    def total(*texts: str | None) -> str | None:
        items = ", ".join("null" if text is None else f'"{text}"' for text in texts)
        return connection.execute(sql, (f"[{items}]",)).fetchone()[0]  # type: ignore[no-any-return]

    assert total() is None
    assert total(None) is None
    sums = [total(number_text(-MOST), None, number_text(-MOST)), total(number_text(5))]
    assert sums == sorted(map(str, sums))
    assert [number_of_text(str(text)) for text in sums] == [-2 * MOST, 5]


@pytest.mark.parametrize(
    ("number", "width", "low"),
    [(2**70 + 5, 1000, (2**70 + 5) // 1000 * 1000), (-1, 10, -10), (-10, 10, -10), (-1, 10**77, -(10**77))],
)  # fmt: skip
def test_the_bin_of_a_number(
    connection: sqlite3.Connection, number: int, width: int, low: int
) -> None:
    sql = f"select {BIN}(?, ?)"
    (text,) = connection.execute(sql, (number_text(number), str(width))).fetchone()
    assert number_of_text(text) == low
    assert connection.execute(sql, (None, "10")).fetchone() == (None,)


def test_a_stored_integer_as_text(connection: sqlite3.Connection) -> None:
    sql = f"select {TEXT}(?)"
    assert connection.execute(sql, (-150,)).fetchone() == (number_text(-150),)
    assert connection.execute(sql, (None,)).fetchone() == (None,)


def test_numbers_of_a_text_column_are_text(connection: sqlite3.Connection) -> None:
    connection.execute('create table t (_row integer primary key, "a b" TEXT, n TEXT, s TEXT)')
    kinds = {
        "a b": kind_of("decimal(38,4)"),
        "n": kind_of("uint64"),
        "s": kind_of("text"),
        "_row": kind_of("int64"),
    }
    stored = stored_kinds(connection, "t", kinds)
    assert stored == {**kinds, "a b": KIND, "n": TextNumber("integer", wide=True)}
    assert list(stored) == list(kinds)
    assert stored_kinds(connection, "missing", kinds) == kinds
