"""Which columns of joined tables have the value of a column that is grouped by."""

from __future__ import annotations

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.expressions import parse_select
from medallion.sql.group_links import GroupLinks
from medallion.sql.select_tree import reference

TYPES = {
    "a": {"id": "BIGINT", "key": "BIGINT", "name": "VARCHAR"},
    "b": {"id": "BIGINT", "key": "BIGINT", "text": "VARCHAR"},
    "c": {"id": "INTEGER", "key": "BIGINT", "last": "VARCHAR"},
}


def links(tables: str) -> GroupLinks:
    with duckdb.connect() as connection:
        return GroupLinks(parse_select(connection, f"select 1 from {tables}")["from_table"], TYPES)


def columns(tables: str, group: str) -> dict[str, str]:
    node = {**reference(group), "column_names": group.split(".")}
    return links(tables).columns_of(node)


@pytest.mark.parametrize(
    ("tables", "group", "expected"),
    [
        ("a", "Name", {"a": "name"}),
        ("a", "a.name", {"a": "name"}),
        ("a", "text", {}),
        ("a join b using (id)", "id", {"a": "id", "b": "id"}),
        ("a join b using (id)", "b.id", {"a": "id", "b": "id"}),
        ("a join b using (id)", "key", {}),
        ("a join b using (id)", "text", {"b": "text"}),
        ("a x join b y on y.key = x.id and x.name > ''", "x.id", {"a": "id", "b": "key"}),
        ("a join b on a.key = b.key or a.id = b.id", "a.key", {"a": "key"}),
        ("a left join b using (id)", "id", {"a": "id", "b": "id"}),
        ("a left join b using (id)", "b.id", {}),
        ("a left join b using (id)", "name", {"a": "name"}),
        ("a right join b using (id)", "id", {"a": "id", "b": "id"}),
        ("a right join b using (id)", "name", {}),
        ("a semi join b using (id)", "id", {"a": "id", "b": "id"}),
        ("a anti join b using (id)", "id", {"a": "id", "b": "id"}),
        ("a cross join b", "a.id", {"a": "id"}),
        ("a join c using (id)", "a.id", {"a": "id"}),
        ("a left join b using (id) join c on b.key = c.key", "b.key", {}),
        (
            "a left join b using (key) left join c on b.key = c.key",
            "a.key",
            {"a": "key", "b": "key", "c": "key"},
        ),
        ("a left join b using (key) right join c on b.key = c.key", "a.key", {}),
        (
            "a left join b using (key) right join c on b.key = c.key",
            "c.key",
            {"b": "key", "c": "key"},
        ),
        (
            "a join (b join c on b.key = c.key) on a.id = b.key",
            "a.id",
            {"a": "id", "b": "key", "c": "key"},
        ),
    ],
)
def test_columns_that_have_the_value_of_a_group(
    tables: str, group: str, expected: dict[str, str]
) -> None:
    assert columns(tables, group) == expected


@pytest.mark.parametrize(
    "tables",
    [
        "a full join b using (id)",
        "a natural join b",
        "a positional join b",
        "a join a other using (id)",
        "d",
        "(select * from a) t",
        "a as t(x, y, z)",
        "range(3)",
    ],
)
def test_other_from_clauses_have_no_links(tables: str) -> None:
    with pytest.raises(StepError):
        links(tables)
