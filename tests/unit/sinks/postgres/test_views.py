"""The plain names: views that follow the release, and leave all other objects alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from medallion.contracts import TableSpec
from medallion.errors import SinkError
from medallion.records import Column, TableDescription
from medallion.sinks.postgres.database import execute
from medallion.sinks.postgres.sink import Postgres
from medallion.sinks.postgres.views import drop_view
from medallion.testing.served import COLUMNS, SPEC, items, load, publish, release

if TYPE_CHECKING:
    from psycopg import Connection


def count(connection: Connection, name: str) -> int:
    (number,) = execute(connection, f"select count(*) from {name}").fetchone() or (0,)
    return int(number)


def views(connection: Connection) -> set[str]:
    names = execute(connection, "select viewname from pg_views where schemaname = 'public'")
    return {name for (name,) in names.fetchall()}


def test_a_view_has_the_columns_of_its_table(sink: Postgres, connection: Connection) -> None:
    spec = TableSpec(name="free", columns=COLUMNS)
    publish(sink, "first", items(5), spec)
    cursor = execute(connection, "select * from free")
    assert [column.name for column in cursor.description or ()] == [one.name for one in COLUMNS]


def test_views_follow_the_release(sink: Postgres, connection: Connection) -> None:
    publish(sink, "first", items(5))
    execute(connection, "create view mine as select id from items")
    publish(sink, "second", items(7))
    assert (count(connection, "items"), count(connection, "mine")) == (7, 7)
    execute(connection, "drop view mine")
    publish(sink, "third", items(3), SPEC.model_copy(update={"name": "others"}))
    assert views(connection) == {"others"}


def test_a_view_whose_columns_change_is_replaced(sink: Postgres, connection: Connection) -> None:
    publish(sink, "first", items(5))
    columns = (Column(name="id", type="text"),)
    publish(sink, "second", [{"id": "a"}], TableSpec(name="items", columns=columns))
    assert execute(connection, "select * from items").fetchall() == [("a",)]


def test_a_view_that_others_depend_on_is_not_dropped(
    sink: Postgres, connection: Connection
) -> None:
    first = publish(sink, "first", items(5))
    execute(connection, "create view mine as select name from items")
    columns = (Column(name="id", type="text"),)
    with pytest.raises(SinkError, match=r"other objects depend on it: .*mine") as error:
        publish(sink, "second", [{"id": "a"}], TableSpec(name="items", columns=columns))
    assert "nothing was switched" in error.value.hint
    assert sink.active() == first
    assert count(connection, "mine") == 5


@pytest.mark.parametrize(
    "sql",
    [
        "create table items (x integer)",
        "create view items as select 1 as x",
        "create sequence items",
        "create domain items as integer",
        "create materialized view items as select 1 as x",
    ],
)
def test_a_name_that_is_taken_is_skipped(
    sink: Postgres, connection: Connection, caplog: pytest.LogCaptureFixture, sql: str
) -> None:
    execute(connection, sql)
    with caplog.at_level(logging.WARNING):
        active = publish(sink, "first", items(5))
    assert "the name 'items' is taken" in caplog.text
    assert sink.active() == active
    drop_view(connection, "public", "items", "here")
    assert views(connection) == ({"items"} if "create view" in sql else set())


def test_a_reader_may_read_the_views_and_nothing_else(
    sink: Postgres, connection: Connection
) -> None:
    execute(connection, 'create role "re""ader"')
    try:
        granting = sink.model_copy(update={"reader": 're"ader', "database_schema": "serving"})
        publish(granting, "first", items(5))
        publish(granting, "second", items(6))
        execute(connection, 'set role "re""ader"')
        assert count(connection, "serving.items") == 6
        for name in ("_medallion_active", granting.active().served["serving"]["items"].name):  # type: ignore[union-attr]
            sql = f"select has_table_privilege('serving.\"{name}\"', 'select')"
            assert execute(connection, sql).fetchone() == (False,)
        execute(connection, "reset role")
    finally:
        execute(connection, "reset role")
        execute(connection, 'drop owned by "re""ader"')
        execute(connection, 'drop role "re""ader"')


def test_a_missing_reader_is_reported(sink: Postgres) -> None:
    first = publish(sink, "first", items(5))
    missing = sink.model_copy(update={"reader": "nobody"})
    second = release(sink, "second", [load(missing, "two", items(6)).served])
    with pytest.raises(SinkError, match="there is no role 'nobody'") as error:
        missing.activate(second)
    assert 'create role "nobody" login' in error.value.hint
    assert sink.active() == first


def comments(connection: Connection) -> tuple[str, dict[str, str]]:
    """The comment on the view `items`, and those on its columns by name."""
    query = """
        select attname, description from pg_description
        left join pg_attribute on attrelid = objoid and attnum = objsubid and attnum > 0
        where objoid = 'items'::regclass and classoid = 'pg_class'::regclass
    """
    texts = dict(execute(connection, query).fetchall())
    return texts.pop(None), texts


def test_descriptions_are_comments(sink: Postgres, connection: Connection) -> None:
    description = TableDescription(
        text="What 'we' sell.\nWritten by medallion from here",
        columns={"name": "100 % of them? %s $1", "gone": "is not there"},
    )
    published = publish(sink, "first", items(5))
    entry = published.served[sink.label]["items"]
    described = published.model_copy(update={"descriptions": {entry.table: description}})
    sink.activate(described)
    mark = f"Written by medallion from {entry.name}"
    assert comments(connection) == (
        f"{description.text}\n\n{mark}",
        {"name": "100 % of them? %s $1"},
    )
    sink.activate(described)
    assert views(connection) == {"items"}
    again = publish(sink, "second", items(7))
    name = again.served[sink.label]["items"].name
    assert comments(connection) == (f"Written by medallion from {name}", {})
