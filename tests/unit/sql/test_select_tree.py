"""`medallion.sql.select_tree`: groups, subqueries and tables of a SELECT."""

from __future__ import annotations

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.expressions import parse_select, select_text
from medallion.sql.select_tree import (
    Node,
    base_table,
    calls,
    distinct,
    flattened,
    groups_of,
    limited,
    place_of,
    subqueries,
    table_name,
    with_tables,
)

SUM = frozenset({"sum"})


def tree(query: str) -> Node:
    with duckdb.connect() as connection:
        return parse_select(connection, query)


def text(node: Node) -> str:
    with duckdb.connect() as connection:
        return select_text(connection, node)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("select a from t", None),
        ("select sum(a) from t", []),
        ("select b, sum(a) from t group by b", [0]),
        ("select sum(a), b from t group by 2", [1]),
        ("select sum(a), upper(b) as c from t group by c", [1]),
        ("select sum(a), c, b + 1 from t group by all", [1, 2]),
        ("select sum(a) from t group by b", [None]),
        ("select sum(a), upper(b) as b from t group by b", [None]),
        ("select sum(a) over () from t", None),
    ],
)
def test_groups_are_found_in_the_select_list(query: str, places: list[int | None] | None) -> None:
    node = tree(query)
    groups = groups_of(node, SUM)
    columns = frozenset({"a", "b"})

    found = groups and [place_of(group, node["select_list"], columns) for group in groups]
    assert found == places


def test_a_subquery_is_not_a_part_of_its_expression() -> None:
    node = tree("select a + (select sum(b) from u) from t")

    assert not calls(node["select_list"], SUM)
    (query,) = subqueries(node["select_list"])
    assert calls(query["select_list"], SUM)


def test_a_query_is_flattened_over_other_tables() -> None:
    node = tree("select b, sum(a) from t as x join u using (b) where a > 1 group by b order by b")
    tables: list[str] = []

    def replaced(table: Node) -> Node:
        tables.append(table_name(table))
        return base_table(f"n{len(tables)}", table, table_name(table))

    from_table = with_tables(node["from_table"], replaced)
    flat = text(flattened(node, from_table, node["select_list"][:1], ["_row_0"]))

    assert tables == ["t", "u"]
    assert flat == (
        "SELECT b, _row_0 AS _id_row_0 FROM (n1 AS x INNER JOIN n2 AS u USING (b)) WHERE (a > 1)"
    )


def test_the_right_side_of_a_semi_join_is_not_shown() -> None:
    tables: list[str] = []
    with_tables(
        tree("from t semi join u using (a)")["from_table"],
        lambda table: tables.append(table_name(table)) or table,
    )

    assert tables == ["t"]


def test_what_leaves_rows_out_is_known() -> None:
    assert limited(tree("from t limit 3"))
    assert not limited(tree("from t order by a"))
    assert distinct(tree("select distinct a from t"))
    with pytest.raises(StepError, match="takes a sample"):
        with_tables(tree("from t tablesample 10%")["from_table"], lambda table: table)
