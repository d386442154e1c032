"""Relations: quoting, views, and the inputs of a step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts import Inputs, StepError, literal, quote, require, viewed
from medallion.sql.relations import subquery

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@given(TEXT, TEXT)
def test_any_text_is_one_name_and_one_literal(name: str, value: str) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.sql(f"select {literal(value)} as {quote(name)}")
        assert (rows.columns, rows.fetchall()) == ([name], [(value,)])


def test_a_missing_column_is_named_with_the_nearest(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("select 1 as product, 2 as _row, 3 as _origin")
    require(rows)
    require(rows, "product")
    with pytest.raises(StepError, match="no column 'prodct'; did you mean 'product'") as caught:
        require(rows, "product", "prodct")
    assert caught.value.hint == "the rows have: product"
    with pytest.raises(StepError, match="no column '_row'"):
        require(rows, "_row")


def test_a_query_reads_relations_by_keyword(connection: duckdb.DuckDBPyConnection) -> None:
    rows, others = (connection.sql(f"select {number} as n") for number in (1, 2))
    inputs = Inputs(connection, {"others": others})
    query = "select r.n, o.n from r, o"
    assert inputs.sql(query, r=rows, o=inputs["others"]).fetchall() == [(1, 2)]
    assert inputs.sql("select 3").fetchall() == [(3,)]
    with pytest.raises(StepError, match="no table 'other' among its inputs; did you mean 'others'"):
        inputs["other"]


def test_a_relation_is_text_of_a_query(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("from range(3) t(n) where n > 0  -- not the first")
    assert connection.execute(f"from {subquery(rows)}").fetchall() == [(1,), (2,)]
    narrow = rows.project("n * 2 as twice")
    assert connection.execute(f"from {subquery(narrow)}").fetchall() == [(2,), (4,)]


@pytest.mark.parametrize(("mark", "values"), [("?", [1]), ("$least", {"least": 1})])
def test_a_query_with_parameters_keeps_their_values(
    connection: duckdb.DuckDBPyConnection, mark: str, values: Any
) -> None:
    rows = connection.sql(f"from range(3) t(n) where n > {mark}", params=values)
    assert connection.execute(f"from {subquery(rows)}").fetchall() == [(2,)]


def test_each_view_has_a_name_of_its_own(connection: duckdb.DuckDBPyConnection) -> None:
    names = [viewed(connection.sql(f"select {number}")) for number in range(3)]
    assert len(set(names)) == 3
    answers = [connection.sql(f"from {name}").fetchall() for name in names]
    assert answers == [[(0,)], [(1,)], [(2,)]]
