"""Database files are known by their sizes and times, unless these may not show a change yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medallion.errors import SourceError
from medallion.sources.sql.sqlite import SqliteDatabase


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteDatabase:
    monkeypatch.setattr("medallion.sources.sql.database_file.SETTLED", 0.0)
    (tmp_path / "shop.db").write_bytes(b"x")
    return SqliteDatabase(f"sqlite:{tmp_path}/shop.db")


def test_a_version_is_size_and_time_of_all_files(old: SqliteDatabase) -> None:
    versions = [old.version()]
    old.path.write_bytes(b"xy")
    versions.append(old.version())
    os.utime(old.path, (1, 1))
    versions.append(old.version())
    old.path.with_name("shop.db-wal").write_bytes(b"x")
    versions.append(old.version())
    old.path.with_name("other.db-wal").write_bytes(b"x")
    assert len({*versions, old.version()}) == 4


def test_a_file_that_may_change_unseen_has_none(
    old: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medallion.sources.sql.database_file.SETTLED", 3600.0)
    assert old.version() == ""


def test_a_path_is_relative_to_the_declaration(tmp_path: Path) -> None:
    database = SqliteDatabase("sqlite:data/shop.db")
    assert (database.label, database.path) == ("sqlite:data/shop.db", Path("data/shop.db"))
    assert database.located(tmp_path).path == tmp_path / "data/shop.db"
    with pytest.raises(SourceError, match=r"sqlite:data/shop\.db: there is no such file"):
        database.connect().__enter__()
