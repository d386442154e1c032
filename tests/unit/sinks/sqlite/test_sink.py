"""The SQLite sink beyond the contract of all sinks."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError

from medallion.contracts import Query, Sort, TableSpec
from medallion.errors import SinkError
from medallion.records import Column
from medallion.sinks.sqlite.repair import rebuild
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import batches, items, load, publish, snapshot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a b%20?" / "serving.db"


@pytest.fixture
def sink(path: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{path}")


def _one_column(type_: str) -> TableSpec:
    return TableSpec(name="large", columns=(Column(name="id", type=type_),))


def test_the_url_must_name_a_file() -> None:
    for url in ("sqlite:", "sqlite::memory:", "serving.db", "sqlite:."):
        with pytest.raises(ValidationError, match="path of a file"):
            Sqlite(url=url)


def test_a_relative_path_is_taken_from_the_base(tmp_path: Path) -> None:
    assert Sqlite(url="sqlite:lake/s.db").located(tmp_path).url == f"sqlite:{tmp_path}/lake/s.db"
    assert Sqlite(url="sqlite:/elsewhere/s.db").located(tmp_path).url == "sqlite:/elsewhere/s.db"


def test_reading_does_not_create_the_file(sink: Sqlite, path: Path) -> None:
    assert sink.active() is None
    with pytest.raises(SinkError, match="nothing was published"):
        sink.store().release()
    assert not path.parent.exists()


def test_a_shared_connection_is_opened_by_the_first_write(sink: Sqlite, path: Path) -> None:
    with sink.connected() as connected:
        assert connected.active() is None
        assert connected.loaded() == frozenset()
        assert not path.parent.exists()
        first = publish(connected, "first", items(20))
        assert connected.active() == first


def test_a_shared_connection_does_not_write_to_a_file_that_was_moved(sink: Sqlite) -> None:
    with sink.connected() as connected:
        publish(connected, "first", items(20))
        rebuild(sink.url, "aside")
        assert connected.active() == sink.active()
        publish(connected, "second", items())
        assert connected.loaded() == sink.loaded()
    with closing(sink.store()) as store:
        assert (store.release().id, store.count("items", Query())) == ("second", 60)


def test_plain_names_are_views_for_people(sink: Sqlite, path: Path) -> None:
    rows = items()
    publish(sink, "first", rows[:20])
    publish(sink, "second", rows)
    with closing(sqlite3.connect(path)) as connection:
        view_rows = connection.execute("select id, amount, day, active, rate from items").fetchall()
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    assert view_rows == [
        (
            row["id"],
            None if row["amount"] is None else float(row["amount"]),
            None if row["day"] is None else row["day"].isoformat(),
            row["active"],
            row["rate"],
        )
        for row in rows
    ]


def test_views_follow_the_release_and_leave_other_names_alone(
    sink: Sqlite, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = publish(sink, "first", items())
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("create table pairs (mine); create view own as select 1 as one")
    spec = TableSpec(name="pairs", columns=(Column(name="id", type="int64"),))
    with caplog.at_level(logging.WARNING):
        publish(sink, "second", [{"id": 1}], spec)
    assert "'pairs' is taken" in caplog.text
    assert sink.store().count("pairs", Query()) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select * from pairs").fetchall() == []
        views = "select name from sqlite_master where type = 'view'"
        assert connection.execute(views).fetchall() == [("own",)]
        sink.activate(first)
        assert sorted(connection.execute(views).fetchall()) == [("items",), ("own",)]


def test_an_unsupported_type_is_reported(sink: Sqlite) -> None:
    with pytest.raises(SinkError, match="the type interval"):
        sink.load(_one_column("interval"), snapshot("one", 0), batches([], ()))


def test_a_locked_file_is_reported(
    sink: Sqlite, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(sink, "first", items())
    monkeypatch.setattr("medallion.storage.sqlite_file._BUSY_TIMEOUT", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        with pytest.raises(SinkError, match="another process is writing"):
            load(sink, "other", items())


def test_another_file_format_is_reported(sink: Sqlite, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    for call in (sink.active, sink.store().release, lambda: load(sink, "one", items())):
        with pytest.raises(SinkError, match="not a SQLite database"):
            call()


def test_a_corrupt_database_is_reported(sink: Sqlite, path: Path) -> None:
    publish(sink, "first", [{**row, "id": number} for number, row in enumerate(items(2000))])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    with pytest.raises(SinkError, match="medallion repair"):
        list(sink.store().scan("items", Query(sort=(Sort("rate"),))))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_reported(sink: Sqlite, path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(SinkError, match="folder"):
        load(sink, "one", items())


def test_a_folder_in_the_files_place_is_reported(sink: Sqlite, path: Path) -> None:
    path.mkdir(parents=True)
    for call in (sink.active, sink.store().release, lambda: load(sink, "one", items())):
        with pytest.raises(SinkError, match="the file is not a folder"):
            call()


def test_a_file_in_the_folders_place_is_reported(sink: Sqlite, path: Path) -> None:
    path.parent.touch()
    with pytest.raises(SinkError, match="folder"):
        load(sink, "one", items())
