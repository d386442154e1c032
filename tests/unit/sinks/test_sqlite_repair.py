"""What is damaged in a SQLite file is found; what is whole is kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from medallion.contracts import Query, TableSpec
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
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
    made = release(
        sink,
        "r",
        [entry.model_copy(update={"table": f"gold.{entry.name[:5]}"}) for entry in served],
    )
    sink.activate(made)
    return made


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()


def test_a_changed_value_is_found(sink: Sqlite, path: Path) -> None:
    spec = TableSpec(name="one", columns=SPEC.columns)
    made = release(sink, "r", [load(sink, "s", [], spec).served])
    sink.activate(made)
    assert list(sink.flaws(made)) == []
    name = next(iter(made.served["serving"].values())).name
    execute(path, f"update _medallion_loads set nulls = '[1]' where name = '{name}'")
    assert len(list(sink.flaws(made))) == 1


def test_what_is_kept_of_a_release_is_compared(sink: Sqlite, path: Path) -> None:
    made = publish(sink)
    execute(path, "update _medallion_releases set body = replace(body, 'contract', 'contrast')")
    (flaw,) = sink.flaws(made)
    assert (flaw.table, "release r" in flaw.said) == (None, True)


def test_whole_tables_of_a_damaged_file_are_kept(sink: Sqlite, path: Path) -> None:
    made = publish(sink)
    name = next(
        entry.name for entry in made.served["serving"].values() if entry.name.startswith("other")
    )
    execute(path, f"update _medallion_loads set nulls = '[1]' where name = '{name}'")
    said = sink.discard(made, None, "mark")
    assert said.endswith("serving.db.damaged-mark")
    assert path.with_name("serving.db.damaged-mark").exists()
    with closing(sqlite3.connect(path)) as connection:
        loaded = {row[0] for row in connection.execute("select name from _medallion_loads")}
    assert loaded == {entry.name for entry in made.served["serving"].values()} - {name}


def test_a_file_that_is_no_database_is_moved_aside(sink: Sqlite, path: Path) -> None:
    made = publish(sink)
    path.write_bytes(b"not a database" * 100)
    assert [flaw.table for flaw in sink.flaws(made)] == [None]
    sink.discard(made, None, "mark")
    assert sink.active() is None
    publish(sink)
    assert list(sink.flaws(made)) == []
    store = sink.store()
    assert store.find(next(iter(store.tables())), Query()).rows == []
    store.close()
