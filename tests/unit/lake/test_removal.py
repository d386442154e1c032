"""Deletion of named objects: nothing younger than the lease is removed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from medallion.lake.journal import LAKE, journal_paths
from medallion.lake.lake import Lake
from medallion.lake.lease import lease
from medallion.lake.removal import Removal


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def put(lake: Lake, path: str, age: float) -> None:
    lake.storage.put(path, b"12345")
    moment = time.time() - age
    os.utime(lake.storage.local(path), (moment, moment))


def test_named_objects_are_removed_and_others_stay(lake: Lake) -> None:
    put(lake, "quarantine/a.parquet", 60)
    put(lake, "quarantine/b.parquet", 60)
    with lease(lake.storage) as own:
        removal = Removal(lake, {}, own)
        names = {LAKE: {"quarantine/a.parquet", "quarantine/absent.parquet"}}
        removal.note(names)
        assert len(journal_paths(lake.storage)) == 1
        assert list(removal.objects(LAKE, names[LAKE])) == [5]
        assert list(removal.objects("gold", {"a/b.parquet"})) == []  # not a layer of this lake
        removal.close()
    assert journal_paths(lake.storage) == []
    assert [item.path for item in lake.storage.list("quarantine")] == ["quarantine/b.parquet"]


def test_what_a_successor_wrote_is_spared_and_its_name_stays_recorded(lake: Lake) -> None:
    with lease(lake.storage) as own:
        removal = Removal(lake, {}, own)
        removal.note({LAKE: {"quarantine/a.parquet"}})
        put(lake, "quarantine/a.parquet", -60)
        assert list(removal.objects(LAKE, {"quarantine/a.parquet"})) == []
        removal.close()
        assert removal.spared
    assert len(journal_paths(lake.storage)) == 1
    assert lake.storage.info("quarantine/a.parquet")
