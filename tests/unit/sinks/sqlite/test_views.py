"""The views that serve tables under their plain names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from medallion.records import Column, Release, Served, TableDescription
from medallion.sinks.sqlite.number_text import number_text
from medallion.sinks.sqlite.views import point_views

COLUMNS = (Column(name="id", type="int64"), Column(name="price", type="decimal(9,2)"))

RELEASE = Release(
    id="r",
    pipeline="p",
    run="r",
    created=datetime(2026, 1, 1, tzinfo=UTC),
    previous=None,
    tables={},
    layers={},
)


def _served(table: str, version: int, columns: tuple[Column, ...] = COLUMNS) -> Served:
    return Served(
        table=f"gold.{table}", name=f"{table}__{version}", snapshot="s", rows=0, columns=columns
    )


def test_only_views_that_differ_are_created_again() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for name in ("one__1", "one__2", "two__1", "three__1"):
            connection.execute(f"create table {name} (id integer, price integer)")
        first = {table: _served(table, 1) for table in ("one", "two", "three")}
        point_views(connection, RELEASE, first)
        statements: list[str] = []
        connection.set_trace_callback(statements.append)

        def changes() -> list[str]:
            words = [statement.split()[:3] for statement in statements]
            statements.clear()
            return sorted(" ".join(word).lower() for word in words if word[1].lower() == "view")

        point_views(connection, RELEASE, first)
        assert changes() == []
        point_views(connection, RELEASE, {**first, "one": _served("one", 2)})
        assert changes() == ['create view "one"', 'drop view "one"']
        point_views(
            connection, RELEASE, {"one": _served("one", 2), "two": _served("two", 1, COLUMNS[:1])}
        )
        assert changes() == ['create view "two"', 'drop view "three"', 'drop view "two"']
        assert [name for name, *_ in connection.execute("select * from two").description] == ["id"]


def test_numbers_that_are_text_are_shown_as_floating_point() -> None:
    columns = (*COLUMNS, Column(name="big", type="uint64"))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table one__1 (id INTEGER, price TEXT, big TEXT)")
        values = (number_text(250), number_text(2**63))
        connection.execute("insert into one__1 values (1, ?, ?)", values)
        connection.execute("insert into one__1 values (2, null, null)")
        point_views(connection, RELEASE, {"one": _served("one", 1, columns)})
        shown = connection.execute("select * from one").fetchall()
    assert shown == [(1, 2.5, 2.0**63), (2, None, None)]


def test_descriptions_are_comments() -> None:
    description = TableDescription(text="One */ row", columns={"price": "In euros; drop table x"})
    release = RELEASE.model_copy(update={"descriptions": {"gold.one": description}})
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table one__1 (id integer, price integer)")
        connection.execute("insert into one__1 values (1, 250)")
        point_views(connection, release, {"one": _served("one", 1)})
        ((sql,),) = connection.execute("select sql from sqlite_master where name = 'one'")
        assert connection.execute("select * from one").fetchall() == [(1, 2.5)]
    assert "/* One * / row */" in sql
    assert '"price" /* In euros; drop table x */' in sql
