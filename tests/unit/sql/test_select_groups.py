"""How tables take part in the groups of a query, and the order of its result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.divided_select import DividedSelect, divided
from medallion.sql.expressions import parse_select
from medallion.sql.group_links import GroupColumns
from medallion.sql.relations import Inputs
from medallion.sql.select_groups import grouped_tables, in_order

if TYPE_CHECKING:
    from medallion.sql.relations import Connection


@pytest.fixture
def connection() -> Iterator[Connection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table t (Id bigint, name varchar, amount decimal(9,2), day date)"
        )
        connection.execute("create table u (id bigint, country varchar, note varchar)")
        yield connection


def select(connection: Connection, query: str) -> DividedSelect:
    return divided(parse_select(connection, query))


def grouped(connection: Connection, query: str) -> dict[str, GroupColumns]:
    tables = {name: connection.table(name) for name in ("t", "u")}
    return grouped_tables(select(connection, query), tables)


def test_keys_and_columns_that_are_read(connection: Connection) -> None:
    query = (
        "select id as client, country, sum(amount) as total from u left join t using (id) "
        "where day is not null group by all order by total desc"
    )
    assert grouped(connection, query) == {
        "u": GroupColumns({"client": "id", "country": "country"}, ("id", "country")),
        "t": GroupColumns({"client": "Id"}, ("Id", "amount", "day")),
    }


def test_groups_that_are_not_shown_are_no_key(connection: Connection) -> None:
    query = "select name, lower(name) as low, count(*) as n from t group by name, day, lower(name)"
    assert grouped(connection, query)["t"].key == {"name": "name"}


@pytest.mark.parametrize(
    "query",
    [
        "select name, count(*) as n from t group by name limit 3",
        "select distinct name, count(*) as n from t group by name",
        "select name, count(*) as n from t group by name order by name || 'x'",
        "select name, (select count(*) from u) as n from t group by name",
        "select name, count(*) as n from t where id in (select id from u) group by name",
        "select name, count(*) as n from t group by name having count(*) > (select 1)",
    ],
)
def test_groups_that_depend_on_more_than_their_rows(connection: Connection, query: str) -> None:
    with pytest.raises(StepError):
        grouped(connection, query)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("order by n desc, name", [("a", 2), ("b", 2), ("c", 1)]),
        ("order by count(*), 1 desc", [("c", 1), ("b", 2), ("a", 2)]),
    ],
)
def test_rows_are_in_the_order_of_the_query(
    connection: Connection, order: str, expected: list[tuple[str, int]]
) -> None:
    parts = select(connection, f"select name, count(*) as n from t group by name {order}")
    rows = connection.sql("select * from (values ('b', 2), ('c', 1), ('a', 2)) v(name, n)")
    assert in_order(parts, rows, Inputs(connection)).fetchall() == expected


def test_rows_of_a_query_without_an_order_are_as_they_are(connection: Connection) -> None:
    parts = select(connection, "select name, count(*) as n from t group by name")
    rows = connection.sql("select 'a' as name, 1 as n")
    assert in_order(parts, rows, Inputs(connection)) is rows
