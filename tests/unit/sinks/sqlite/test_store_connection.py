"""A connection of the store: what it caches of releases, and when it is no longer current."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from medallion.contracts import TableSpec
from medallion.errors import GoneError, SinkError
from medallion.query.column_types import kind_of
from medallion.records import Column
from medallion.sinks.sqlite.database import connect, path_of
from medallion.sinks.sqlite.number_text import TextNumber
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.store_connection import StoreConnection
from medallion.testing.served import items, publish


@pytest.fixture
def sink(tmp_path: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{tmp_path}/serving.db")


@pytest.fixture
def reader(sink: Sqlite) -> Iterator[StoreConnection]:
    publish(sink, "first", items(20))
    with closing(StoreConnection(sink.url)) as reader:
        yield reader


def test_without_a_file_nothing_was_published(sink: Sqlite) -> None:
    with pytest.raises(SinkError, match="nothing was published yet") as caught:
        StoreConnection(sink.url)
    assert caught.value.hint == "medallion run"
    connect(path_of(sink.url), write=True).close()
    reader = StoreConnection(sink.url)
    with closing(reader), pytest.raises(SinkError, match="nothing was published yet"):
        reader.begin(active=True)


def test_a_transaction_sees_the_release_with_which_it_began(
    sink: Sqlite, reader: StoreConnection
) -> None:
    reader.begin(active=True)
    publish(sink, "second", items(20))
    assert reader.active().id == "first"
    reader.connection.execute("rollback")
    reader.begin(active=True)
    assert reader.active().id == "second"
    assert reader.kept("first").id == "first"
    with pytest.raises(GoneError, match="third"):
        reader.kept("third")


def test_a_pruned_release_leaves_the_cache(sink: Sqlite, reader: StoreConnection) -> None:
    publish(sink, "second", items(10))
    reader.begin(active=True)
    assert reader.kept("first").id == "first"
    reader.connection.execute("rollback")
    sink.prune([])
    reader.begin(active=True)
    with pytest.raises(GoneError):
        reader.kept("first")


def test_releases_are_cached_until_a_switch(reader: StoreConnection) -> None:
    reader.begin(active=True)
    statements: list[str] = []
    reader.connection.set_trace_callback(statements.append)
    first = reader.active()
    assert len(statements) == 1
    assert reader.active() is first
    assert len(statements) == 1


def test_the_columns_with_a_null(reader: StoreConnection) -> None:
    (served,) = reader_release_tables(reader)
    assert reader.nulls(served) == {
        "name", "amount", "total", "rate", "active", "day", "at", "seen", "opens", "tags", "detail", "counts",
    }  # fmt: skip
    assert reader.nulls("nothing__1") == frozenset()


def test_the_kinds_of_columns_are_those_of_the_stored_table(
    sink: Sqlite, reader: StoreConnection
) -> None:
    columns = (Column(name="n", type="decimal(38,0)"),)
    kinds = {"n": kind_of("decimal(38,0)")}
    assert reader.kinds("wide__1", kinds) == kinds
    wide = TableSpec(name="wide", columns=columns)
    (served,) = publish(sink, "second", [{"n": Decimal(10**30)}], wide).served["serving"].values()
    assert reader.kinds(served.name, kinds) == {"n": TextNumber("decimal")}
    statements: list[str] = []
    reader.connection.set_trace_callback(statements.append)
    assert reader.kinds(served.name, kinds) == {"n": TextNumber("decimal")}
    assert statements == []


def test_the_kinds_of_a_table_that_is_missing_are_not_cached(
    sink: Sqlite, reader: StoreConnection
) -> None:
    kinds = {"n": kind_of("decimal(38,0)")}
    assert reader.kinds("later", kinds) == kinds
    with closing(connect(path_of(sink.url), write=True)) as connection:
        connection.execute("create table later (n TEXT)")
    assert reader.kinds("later", kinds) == {"n": TextNumber("decimal")}


def reader_release_tables(reader: StoreConnection) -> list[str]:
    reader.begin(active=True)
    return [served.name for served in reader.active().served["serving"].values()]


def test_a_connection_is_current_while_its_file_is_at_the_path(
    sink: Sqlite, reader: StoreConnection, tmp_path: Path
) -> None:
    assert reader.current()
    publish(sink, "second", items(20))
    assert reader.current()
    (tmp_path / "serving.db").rename(tmp_path / "aside.db")
    assert not reader.current()
    (tmp_path / "aside.db").rename(tmp_path / "serving.db")
    assert reader.current()


def test_a_connection_of_another_process_is_not_current(
    sink: Sqlite, reader: StoreConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        assert not reader.current()
        with closing(StoreConnection(sink.url, former=reader)) as other:
            assert other.current()
    assert reader.current()
