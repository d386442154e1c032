"""A SQLite file that serves releases: how it is opened, and which release it shows."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from medallion.storage.sqlite_file import (
    ACTIVE,
    RELEASES,
    connect,
    is_immutable,
    read_active,
    read_recorded,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database that shows the release r2; its folder has characters of URLs."""
    folder = tmp_path / "a b?mode=ro#é%20"
    folder.mkdir()
    path = folder / "served.db"
    with closing(connect(path, write=True)) as connection:
        connection.execute(f"create table {ACTIVE} (release text, switches integer)")
        connection.execute(f"create table {RELEASES} (id text, body text)")
        connection.execute(f"insert into {ACTIVE} values ('r2', 7)")
        connection.executemany(
            f"insert into {RELEASES} values (?, ?)", [("r1", '{"id": "r1"}'), ("r2", "{}")]
        )
    return path


def test_the_active_release_and_the_records_are_read(file: Path) -> None:
    with closing(connect(file, write=False)) as connection:
        assert read_active(connection) == ("r2", 7)
        assert read_recorded(connection, "r1") == '{"id": "r1"}'
        assert read_recorded(connection, "r' or '1'='1") is None


def test_nothing_is_shown_before_the_first_switch(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "new.db", write=True)) as connection:
        assert read_active(connection) is None
        connection.execute(f"create table {ACTIVE} (release text, switches integer)")
        assert read_active(connection) is None
        connection.execute(f"alter table {ACTIVE} drop column switches")
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            read_active(connection)


def test_a_file_is_created_only_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "none.db", write=False)
    assert list(tmp_path.iterdir()) == []
    with closing(connect(tmp_path / "none.db", write=True)) as connection:
        assert connection.isolation_level is None
    assert (tmp_path / "none.db").exists()


def test_a_file_that_is_only_read_cannot_be_changed(file: Path) -> None:
    with (
        closing(connect(file, write=False)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute(f"delete from {ACTIVE}")


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_file_is_immutable_in_a_folder_that_is_read_only_unless_somebody_writes(
    file: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # as for a user who is not root
    assert is_immutable(file)
    with closing(connect(file, write=False)) as connection:
        assert read_active(connection) == ("r2", 7)
    file.with_name(file.name + ending).touch()
    assert not is_immutable(file)


def test_a_file_in_a_folder_that_may_be_written_is_not_immutable(file: Path) -> None:
    assert not is_immutable(file)
