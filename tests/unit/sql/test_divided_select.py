"""Which queries are divided into what parts of a table give, and a rest."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.divided_select import AggregateCall, divided, is_divisible
from medallion.sql.expressions import parse_select


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def test_the_parts_of_a_query(connection: duckdb.DuckDBPyConnection) -> None:
    query = "select k, count(*) n, sum(a) + count(distinct b) s, max(a) from t group by k"
    with pytest.raises(StepError, match="no name"):
        divided(parse_select(connection, query))
    select = divided(parse_select(connection, query.replace("max(a)", "max(a) as m, sum(a) as t")))
    assert select.names == ("k", "n", "s", "m", "t")
    assert select.keys == ("_combined_key_0",)
    assert select.calls == (
        AggregateCall("count_star", None, distinct=False),
        AggregateCall("sum", "_combined_argument_1", distinct=False),
        AggregateCall("count", "_combined_argument_2", distinct=True),
        AggregateCall("max", "_combined_argument_3", distinct=False),
    )


@pytest.mark.parametrize(
    "query",
    [
        "select a from t",
        "with u as (from t) select count(*) as n from u",
        "select count(*) as n from t union all select 1",
        "select count(*) over () as n from t",
        "select k, a, count(*) as n from t group by k",
        "select k, count(*) as n from t group by t.k",
        "select k, count(*) as n from t group by k order by a",
        "select k, count(*) as n from t group by rollup (k)",
        "select k + 1 as k, count(*) as n from t group by k",
        "select count(*) from t",
        "select sum(distinct a) as n from t",
        "select sum(a order by b) as n from t",
        "select sum(a) filter (b > 1) as n from t",
        "select median(a) as n from t",
        "select any_value(a) as n from t",
        "select max(a, 2) as n from t",
        "select sum(_combined_key_0) as n from t",
        "select count(*) as n from t using sample 10%",
    ],
)
def test_other_queries_are_not_divided(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    with pytest.raises(StepError):
        divided(parse_select(connection, query))


@pytest.mark.parametrize(
    ("clauses", "divisible"),
    [
        ("t", True),
        ("T as x", True),
        ("t join u using (k)", True),
        ("u join t using (k) join v using (k)", True),
        ("t left join u using (k)", True),
        ("u right join t using (k)", True),
        ("t semi join u using (k)", True),
        ("t anti join u using (k)", True),
        ("t, u", True),
        ("t join (select k from u) using (k) where a in (from v)", True),
        ("u", False),
        ("u left join t using (k)", False),
        ("t right join u using (k)", False),
        ("t full join u using (k)", False),
        ("u semi join t using (k)", False),
        ("u anti join t using (k)", False),
        ("t asof join u using (k)", False),
        ("t positional join u", False),
        ("t join t as x using (k)", False),
        ("(select * from t)", False),
        ("u where k in (select k from t)", False),
        ("t where k in (select k from rows)", False),
        ("t tablesample 10%", False),
    ],
)
def test_the_rows_of_parts_are_those_of_the_table(
    connection: duckdb.DuckDBPyConnection, clauses: str, divisible: bool
) -> None:
    tree = parse_select(connection, f"select count(*) as n from {clauses}")
    assert is_divisible(tree, {"t", "rows"}) is divisible
