"""Damage in a SQLite file is found, and its undamaged tables are kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from medallion.contracts import Query, Sort, TableSpec
from medallion.records import Column, Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.table_digest import DIGESTS
from medallion.testing.served import SPEC, load, release


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "serving.db"


@pytest.fixture
def sink(path: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{path}")


OTHER = SPEC.model_copy(update={"name": "other"})


def publish(sink: Sqlite) -> Release:
    served = [load(sink, name, [], spec).served for name, spec in (("a", SPEC), ("b", OTHER))]
    published = release(
        sink,
        "r",
        [entry.model_copy(update={"table": f"gold.{entry.name[:5]}"}) for entry in served],
    )
    sink.activate(published)
    return published


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()


def test_a_changed_value_is_found(sink: Sqlite, path: Path) -> None:
    spec = TableSpec(name="one", columns=SPEC.columns)
    published = release(sink, "r", [load(sink, "s", [], spec).served])
    sink.activate(published)
    assert list(sink.flaws(published)) == []
    name = next(iter(published.served["serving"].values())).name
    execute(path, f"update _medallion_loads set nulls = '[1]' where name = '{name}'")
    assert len(list(sink.flaws(published))) == 1


@pytest.mark.parametrize("rows", [None, 1000])
def test_a_damaged_index_is_found(sink: Sqlite, path: Path, rows: int | None) -> None:
    published = publish(sink)
    assert list(sink.flaws(published, rows)) == []
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "select max(rootpage) from sqlite_master where type = 'index' and sql is not null"
        ).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * size] ^= 8  # the kind of page
    path.write_bytes(data)
    assert list(sink.flaws(published, rows))
    sink.discard(published, None, "mark")
    # The rows are undamaged: they are kept, for rows of earlier runs are nowhere else.
    with closing(sqlite3.connect(path)) as connection:
        loaded_names = {row[0] for row in connection.execute("select name from _medallion_loads")}
    assert loaded_names == {entry.name for entry in published.served["serving"].values()}


def test_the_record_of_a_release_is_compared(sink: Sqlite, path: Path) -> None:
    published = publish(sink)
    execute(path, "update _medallion_releases set body = replace(body, 'contract', 'contrast')")
    (flaw,) = sink.flaws(published)
    assert (flaw.table, "release r" in flaw.said) == (None, True)


def test_undamaged_tables_of_a_damaged_file_are_kept(sink: Sqlite, path: Path) -> None:
    published = publish(sink)
    name = next(
        entry.name
        for entry in published.served["serving"].values()
        if entry.name.startswith("other")
    )
    execute(path, f"update _medallion_loads set nulls = '[1]' where name = '{name}'")
    report = sink.discard(published, None, "mark")
    assert report.endswith("serving.db.damaged-mark")
    assert path.with_name("serving.db.damaged-mark").exists()
    with closing(sqlite3.connect(path)) as connection:
        loaded_names = {row[0] for row in connection.execute("select name from _medallion_loads")}
    assert loaded_names == {entry.name for entry in published.served["serving"].values()} - {name}


def test_tables_without_digests_are_kept(sink: Sqlite, path: Path) -> None:
    """An old version has loaded them."""
    published = publish(sink)
    execute(path, f"drop table {DIGESTS}")
    sink.discard(published, None, "mark")
    with closing(sqlite3.connect(path)) as connection:
        loaded_names = {row[0] for row in connection.execute("select name from _medallion_loads")}
    assert loaded_names == {entry.name for entry in published.served["serving"].values()}


def test_long_numbers_are_kept(sink: Sqlite) -> None:
    rows = [{"n": Decimal(number)} for number in (10**30, -5, -(10**30))]
    spec = TableSpec(name="long", columns=(Column(name="n", type="decimal(38,0)"),))
    published = release(sink, "r", [load(sink, "a", rows, spec).served])
    sink.activate(published)
    sink.discard(published, None, "mark")
    sink.activate(published)
    assert list(sink.flaws(published)) == []
    with closing(sink.store()) as store:
        assert store.find("long", Query(sort=(Sort("n"),))).rows == rows[::-1]


def test_another_file_format_is_moved_aside(sink: Sqlite, path: Path) -> None:
    published = publish(sink)
    path.write_bytes(b"not a database" * 100)
    assert [flaw.table for flaw in sink.flaws(published)] == [None]
    sink.discard(published, None, "mark")
    assert sink.active() is None
    publish(sink)
    assert list(sink.flaws(published)) == []
    store = sink.store()
    assert store.find(next(iter(store.tables())), Query()).rows == []
    store.close()
