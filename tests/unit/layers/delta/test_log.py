"""The log of a Delta table: reading its newest version, committing, checkpoints, forgetting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from medallion.contracts import Release
from medallion.errors import DamagedError, OwnershipError
from medallion.layers.delta import log
from medallion.layers.delta.log import DeltaLog
from medallion.layers.delta.log_state import LogState, Shown
from medallion.storage.local import LocalStorage
from tests.unit.layers.conftest import MOMENT, snapshot

COLUMN = {"name": "a", "type": "long", "nullable": True, "metadata": {}}
SCHEMA = {"type": "struct", "fields": [COLUMN]}
COMMITS = "t/_delta_log"


def release_of(identity: str) -> Release:
    return Release(
        id=identity,
        pipeline="shop",
        run="r",
        created=MOMENT,
        previous=None,
        tables={},
        layers={},
    )


def commit(storage: LocalStorage, release: str) -> bool:
    """Commit what the log shows already, or an empty table."""
    current = DeltaLog.read(storage, "t")
    actions = [] if current.version >= 0 else LogState("t").actions(Shown(SCHEMA, {}))
    return current.commit(storage, release_of(release), snapshot({}), actions)


def names(storage: LocalStorage) -> list[str]:
    return [entry.path.rpartition("/")[2] for entry in storage.list(COMMITS)]


def test_the_newest_version_and_what_it_shows(storage: LocalStorage) -> None:
    assert DeltaLog.read(storage, "t") == DeltaLog("t")
    assert commit(storage, "r1")
    assert commit(storage, "r2")
    newest = DeltaLog.read(storage, "t")
    assert (newest.version, newest.release, newest.shows) == (1, "r2", "s")
    table = DeltaTable(str(storage.root / "t"))
    assert [each["userMetadata"] for each in table.history()] == ["r2", "r1"]


def test_of_two_writers_one_commits(storage: LocalStorage) -> None:
    commit(storage, "r1")
    stale = DeltaLog.read(storage, "t")
    assert commit(storage, "r2")
    assert not stale.commit(storage, release_of("r3"), None, [])
    assert DeltaLog.read(storage, "t").release == "r2"


def test_a_checkpoint_replaces_the_commits_before_it(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(log.CHECKPOINT_EVERY):
        assert DeltaLog.read(storage, "t").needs_checkpoint is False
        commit(storage, f"r{number}")
    newest = DeltaLog.read(storage, "t")
    assert newest.needs_checkpoint
    state = newest.replay(storage, tmp_path / "scratch")
    assert state.checkpoint
    newest.keep_checkpoint(storage, state.checkpoint)
    newest = DeltaLog.read(storage, "t")
    assert not newest.needs_checkpoint
    newest.forget(storage, retain=1)
    assert len(names(storage)) == log.CHECKPOINT_EVERY + 2  # none is older than 30 days
    monkeypatch.setattr(log, "KEPT_SECONDS", -1)
    newest.forget(storage, retain=2)
    assert len(names(storage)) == log.CHECKPOINT_EVERY + 2  # the checkpoint is not before both
    newest.forget(storage, retain=1)
    last = f"{log.CHECKPOINT_EVERY - 1:020}"
    assert names(storage) == [f"{last}.checkpoint.parquet", f"{last}.json", "_last_checkpoint"]
    assert newest.replay(storage, tmp_path / "scratch").metadata == state.metadata
    commit(storage, "later")
    assert DeltaTable(str(storage.root / "t")).version() == log.CHECKPOINT_EVERY


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_damaged_commits(storage: LocalStorage, tmp_path: Path, data: bytes) -> None:
    storage.put(f"{COMMITS}/{0:020}.json", data)
    with pytest.raises(DamagedError, match="t/_delta_log: the log cannot be read"):
        DeltaLog.read(storage, "t").replay(storage, tmp_path / "scratch")


def test_the_log_of_another_program_is_not_used(storage: LocalStorage, tmp_path: Path) -> None:
    commit(storage, "r1")
    path = f"{COMMITS}/{0:020}.json"
    text = storage.read(path)[0].decode().replace("medallion.table", "another.table")
    storage.put(path, text.encode())
    with pytest.raises(OwnershipError, match="t: another program writes this Delta table"):
        DeltaLog.read(storage, "t").replay(storage, tmp_path / "scratch")


def test_the_commit_of_another_program_shows_no_release(storage: LocalStorage) -> None:
    commit(storage, "r1")
    storage.put(f"{COMMITS}/{1:020}.json", json.dumps({"commitInfo": {}}).encode())
    storage.put(f"{COMMITS}/notes.txt", b"of somebody else")
    newest = DeltaLog.read(storage, "t")
    assert (newest.version, newest.release, newest.shows) == (1, None, None)
