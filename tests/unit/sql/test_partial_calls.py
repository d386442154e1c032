"""Aggregates combined from partial results equal those of all rows, or are not combined at all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.errors import StepError
from medallion.sql.function_calls import AGGREGATES, Call, parse_call
from medallion.sql.partial_calls import combined_columns, distinct_columns, partial_columns
from medallion.sql.relations import quote, viewed

if TYPE_CHECKING:
    from medallion.contracts import Relation


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


CALLS = [
    parse_call(text, AGGREGATES)
    for text in (
        "count()", "count(n)", "sum(n)", "mean(n)", "min(n)", "max(name)", "first(name)", "last(name)",
        "sum(price)", "mean(price)", "sum(ok)", "min(x)", "max(x)", 'count("a ""b""")',
    )
]  # fmt: skip
TYPES = {
    "n": pa.int64(), "price": pa.decimal128(12, 2), "name": pa.string(),
    "ok": pa.bool_(), "x": pa.float64(), 'a "b"': pa.date32(),
}  # fmt: skip
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.integers(-(2**40), 2**40),
            "price": st.none() | st.decimals(-(10**6), 10**6, places=2),
            "name": st.none() | st.sampled_from(["", "a", "é", "Z"]),
            "ok": st.none() | st.booleans(),
            "x": st.none() | st.floats(allow_nan=False),
            'a "b"': st.none() | st.dates(),
        }
    ),
    max_size=12,
)


def relation(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], first: int = 0
) -> Relation:
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in TYPES.items()}
    numbers = pa.array(range(first, first + len(rows)), pa.int64())
    return connection.from_arrow(pa.table({"_row": numbers, **columns}))


def combined(
    connection: duckdb.DuckDBPyConnection, parts: list[Relation], calls: list[Call]
) -> Any:
    """The calls over the partial results of some parts of the rows."""
    partials = []
    for part in parts:
        columns = partial_columns(calls, part)
        assert columns is not None
        sql = ", ".join(f"{text} as {quote(name)}" for name, text in columns.items())
        partials.append(f"select min(_row) as _row, {sql} from {viewed(part)}")
    together = connection.sql(" union all ".join(partials))
    (row,) = together.aggregate(", ".join(combined_columns(calls, together))).fetchall()
    return row


@settings(max_examples=40)
@given(rows=ROWS, data=st.data())
def test_any_parts_give_what_all_rows_give(
    connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(rows)))
    parts = [relation(connection, rows[:cut]), relation(connection, rows[cut:], cut)]
    parts = [
        part for part, content in zip(parts, (rows[:cut], rows[cut:]), strict=True) if content
    ] or parts[:1]
    whole = relation(connection, rows)
    (expected,) = whole.aggregate(", ".join(call.sql(whole) for call in CALLS)).fetchall()
    answer = combined(connection, parts, CALLS)
    assert answer == expected
    assert [*map(type, answer)] == [*map(type, expected)]


@pytest.mark.parametrize(
    "text",
    [
        "sum(x)",
        "mean(x)",
        "median(n)",
        "quantile(n, 0.5)",
        "stddev(n)",
        "sum(name)",
        "mean(ok)",
    ],
)
def test_what_parts_do_not_decide_exactly_is_not_combined(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    rows = relation(connection, [])
    calls = [*CALLS, parse_call(text, AGGREGATES)]
    assert partial_columns(CALLS, rows) is not None
    assert partial_columns(calls, rows) is None


def test_what_several_calls_need_is_computed_once(connection: duckdb.DuckDBPyConnection) -> None:
    calls = [parse_call(text, AGGREGATES) for text in ("sum(n)", "mean(n)", "count(n)", "sum(n)")]
    columns = partial_columns(calls, relation(connection, []))
    assert columns is not None
    assert sorted(columns.values()) == ['count("n")', 'sum("n")']


def test_distinct_values_are_partial_results_of_their_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    calls = [parse_call(text, AGGREGATES) for text in ("count_distinct(n)", "max(n)")]
    assert partial_columns(calls, relation(connection, [])) == {"part_1": 'max("n")'}
    assert distinct_columns(calls) == {"part_0": "n"}
    counted = connection.sql("select 3 as part_0, 7 as part_1 union all select 3, 9")
    (row,) = counted.aggregate(", ".join(combined_columns(calls, counted))).fetchall()
    assert row == (3, 9)


def test_a_missing_column_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(StepError, match="no column 'pric'; did you mean 'price'"):
        partial_columns([parse_call("sum(pric)", AGGREGATES)], relation(connection, []))


def test_a_sum_of_wide_decimals_that_may_overflow_is_an_error(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    calls = [parse_call("sum(a)", AGGREGATES)]
    largest = Decimal("9" * 36 + ".99")

    def parts(*values: Decimal) -> list[Relation]:
        return [
            connection.from_arrow(
                pa.table({"_row": [number], "a": pa.array([value], pa.decimal128(38, 2))})
            )
            for number, value in enumerate(values)
        ]

    assert combined(connection, parts(Decimal("1.50"), Decimal("-2.25")), calls) == (
        Decimal("-0.75"),
    )
    with pytest.raises(duckdb.Error, match=r"sum\(a\) may overflow|out of range|Overflow"):
        combined(connection, parts(largest, largest), calls)
    with pytest.raises(duckdb.Error, match=r"sum\(a\) may overflow"):
        combined(connection, parts(largest, Decimal(f"-{largest}")), calls)
