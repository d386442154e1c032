"""Files of SQLite: how they are opened, who owns them, and errors with what to do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from medallion.errors import SinkError
from medallion.records import Owner
from medallion.sinks.sqlite.database import (
    ACTIVE,
    FOLD,
    META,
    OWNER,
    SharedConnection,
    connect,
    make_parent_folder,
    path_of,
    read_owner,
    sink_errors,
    write_owner,
)
from medallion.storage.sqlite_file import read_active


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a #%3f?.db"


def test_the_path_in_a_url() -> None:
    assert path_of("sqlite:lake/s.db") == Path("lake/s.db")
    assert path_of("sqlite:/lake/sqlite:s.db") == Path("/lake/sqlite:s.db")


def test_a_writer_creates_the_file_and_a_reader_does_not(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect(path, write=False)
    assert not path.exists()
    with closing(connect(path, write=True)) as writer:
        assert path.exists()
        writer.execute("create table t (a)")
        assert not writer.in_transaction
        with closing(connect(path, write=False)) as reader:
            assert reader.execute("select * from t").fetchall() == []
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.execute("insert into t values (1)")


def test_a_writer_logs_ahead_and_syncs(path: Path) -> None:
    with closing(connect(path, write=True)) as writer:
        pragmas = [
            writer.execute(f"pragma {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "journal_size_limit")
        ]
        assert pragmas == ["wal", 2, 64 * 2**20]


def test_every_connection_can_fold_text(path: Path) -> None:
    with closing(connect(path, write=True)) as connection:
        sql = f"select {FOLD}('Crème BRÛLÉE'), {FOLD}(null)"
        assert connection.execute(sql).fetchall() == [("creme brulee", None)]


def test_a_shared_connection_is_opened_once_and_again_for_another_file(path: Path) -> None:
    with closing(SharedConnection(path)) as shared:
        assert shared.opened() is None
        assert not path.exists()
        first = shared.open()
        first.execute("create table t (a)")
        assert shared.open() is first
        assert shared.opened() is first
        for name in (path, *path.parent.glob(f"{path.name}-*")):
            name.rename(path.with_name(name.name.replace(".db", ".former")))
        assert shared.opened() is None
        second = shared.open()
        assert second is not first
        assert second.execute("select count(*) from sqlite_master").fetchone() == (0,)
    shared.close()


def test_the_active_release_and_the_owner_are_none_before_the_first(path: Path) -> None:
    owner = Owner(lake="id", pipeline="shop", token=3, run="r1")
    with closing(connect(path, write=True)) as connection:
        assert (read_active(connection), read_owner(connection)) == (None, None)
        for _ in range(2):
            for statement in META:
                connection.execute(statement)
        assert (read_active(connection), read_owner(connection)) == (None, None)
        connection.execute(f"insert into {ACTIVE} values (1, 'r', 5)")
        assert read_active(connection) == ("r", 5)
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(f"insert into {ACTIVE} values (2, 'other', 1)")
        for token in (3, 4):
            write_owner(connection, owner.model_copy(update={"token": token}))
        assert read_owner(connection) == owner.model_copy(update={"token": 4})


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("SQLITE_BUSY_SNAPSHOT", "another process is writing"),
        ("SQLITE_FULL", "free space on the disk"),
        ("SQLITE_IOERR_FSYNC", "check the disk"),
        ("SQLITE_CORRUPT_VTAB", "medallion repair"),
        ("SQLITE_NOTADB", "medallion repair"),
        ("SQLITE_READONLY", "are writable"),
        ("SQLITE_MISMATCH", ""),
    ],
)
def test_an_error_of_sqlite_gets_a_hint_by_its_kind(path: Path, error: str, hint: str) -> None:
    failure = sqlite3.OperationalError("it failed")
    failure.sqlite_errorname = error
    with pytest.raises(SinkError) as caught, sink_errors(f"sqlite:{path}"):
        raise failure
    assert caught.value.message == f"sqlite:{path}: it failed"
    assert bool(caught.value.hint) is bool(hint)
    assert hint in (caught.value.hint or "")


def test_a_text_that_is_not_utf_8_is_damage(path: Path) -> None:
    with closing(connect(path, write=True)) as connection:
        with pytest.raises(SinkError) as caught, sink_errors(f"sqlite:{path}"):
            connection.execute("select cast(x'ff' as text)").fetchall()
        assert "medallion repair" in (caught.value.hint or "")


def test_a_damaged_record_is_reported(path: Path) -> None:
    with closing(connect(path, write=True)) as connection:
        for statement in META:
            connection.execute(statement)
        connection.execute(f"insert into {OWNER} values (1, '{{}}')")
        with (
            pytest.raises(SinkError, match="its record of a release is damaged"),
            sink_errors("sqlite:s.db"),
        ):
            read_owner(connection)


def test_the_folder_of_a_file_is_created(tmp_path: Path) -> None:
    make_parent_folder(f"sqlite:{tmp_path}/one/two/s.db")
    assert (tmp_path / "one" / "two").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"Not a directory|File exists") as caught:
        make_parent_folder(f"sqlite:{tmp_path}/file/two/s.db")
    assert "check that its folder exists" in (caught.value.hint or "")
