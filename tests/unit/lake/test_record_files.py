"""Records of a lake by path: newest first, without files of other programs, and never damaged ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medallion.errors import DamagedError, MissingError
from medallion.lake import record_files
from medallion.lake.record_files import (
    LakeRecords,
    ReleaseHead,
    record_id,
    set_aside,
    snapshot_path,
)
from medallion.records import Release, Run
from medallion.storage import Storage
from medallion.storage.local import LocalStorage
from medallion.testing.served import snapshot

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "lake")


@pytest.fixture
def records(storage: Storage) -> LakeRecords:
    return LakeRecords(storage)


def ident(day: int) -> str:
    return f"202601{day:02}-000000-000000"


def run(day: int, release: str | None = None) -> Run:
    started = START + timedelta(days=day - 1)
    return Run(id=ident(day), pipeline="shop", status="succeeded", started=started, release=release)


def release(day: int, previous: str | None = None) -> Release:
    tables = {"gold.items": snapshot("s", day)}
    return Release(
        id=ident(day),
        pipeline="shop",
        run=ident(day),
        created=START,
        previous=previous,
        tables=tables,
        layers={},
    )


def put_runs(records: LakeRecords, *days: int) -> None:
    for day in days:
        records.put(f"runs/{ident(day)}.json", run(day))


def test_a_record_is_read_as_it_was_written(records: LakeRecords) -> None:
    put_runs(records, 1)
    assert records.read(f"runs/{ident(1)}.json", Run) == run(1)
    with pytest.raises(MissingError):
        records.read(f"runs/{ident(2)}.json", Run)


def test_a_changed_byte_and_another_kind_of_record_are_damage(records: LakeRecords) -> None:
    put_runs(records, 1)
    path = f"runs/{ident(1)}.json"
    with pytest.raises(DamagedError, match=f"{path}: is damaged"):
        records.read(path, Release)
    data = records.storage.read(path)[0]
    records.storage.put(path, data.replace(b"shop", b"shoq"))
    with pytest.raises(DamagedError, match=f"{path}: is damaged"):
        records.read(path, Run)


def test_records_are_listed_newest_first(records: LakeRecords) -> None:
    put_runs(records, 2, 1, 9)
    assert records.ids("runs") == [ident(9), ident(2), ident(1)]
    assert records.all("runs", Run) == [run(9), run(2), run(1)]
    assert records.all("runs", Run, limit=2) == [run(9), run(2)]
    assert records.all("releases", Release) == []


def test_files_of_other_programs_are_left_out_and_named(records: LakeRecords) -> None:
    put_runs(records, 1)
    records.put(f"snapshots/gold.items/{'0' * 16}.json", snapshot("s", 1))
    others = [
        "releases/xyz.json",
        f"runs/{ident(1)} copy.json",
        "snapshots/gold.items/x.json",
        "writes/a.json",
    ]
    for path in [*others, "runs/notes.txt"]:
        records.storage.put(path, b"{}")
    assert records.paths("runs") == [f"runs/{ident(1)}.json"]
    assert records.paths("snapshots") == [f"snapshots/gold.items/{'0' * 16}.json"]
    assert sorted(records.foreign()) == sorted(others)


def test_damaged_records_are_collected_or_an_error(records: LakeRecords) -> None:
    put_runs(records, 1, 2)
    records.storage.put(f"runs/{ident(3)}.json", b"{")
    with pytest.raises(DamagedError):
        records.all("runs", Run)
    unreadable: list[str] = []
    assert records.all("runs", Run, unreadable=unreadable) == [run(2), run(1)]
    assert unreadable == [f"runs/{ident(3)}.json"]


def test_a_record_of_an_older_lake_is_left_out_and_not_damaged(records: LakeRecords) -> None:
    put_runs(records, 2)
    records.storage.put(f"runs/{ident(1)}.json", json.dumps({"id": ident(1), "old": 1}).encode())
    assert records.all("runs", Run) == [run(2)]
    assert records.is_older(f"runs/{ident(1)}.json")
    records.storage.put(f"runs/{ident(3)}.json", b"{")
    assert not records.is_older(f"runs/{ident(3)}.json")
    assert not records.is_older("runs/nothing.json")


def test_heads_of_releases_have_the_rows_of_their_tables(
    records: LakeRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_files, "HEADS", 2)
    for day in (1, 2, 3):
        records.put(f"releases/{ident(day)}.json", release(day))
    ids = [ident(day) for day in (3, 2, 1, 9)]
    heads = records.release_heads(ids)
    assert [(head.id, head.tables["gold.items"].rows) for head in heads] == [
        (ident(day), day) for day in (3, 2, 1)
    ]
    assert all(type(head) is ReleaseHead for head in heads)
    for day in (1, 2, 3):
        records.storage.delete(f"releases/{ident(day)}.json")
    assert [head.id for head in records.release_heads([ident(3)])] == []  # beyond the cache
    assert [head.id for head in records.release_heads([ident(2), ident(1)])] == [ident(2), ident(1)]


@pytest.mark.parametrize(
    ("releases", "runs", "published"),
    [
        ([], [], False),
        ([release(1)], [], False),
        ([release(1)], [run(1)], False),
        ([release(1)], [run(1, release=ident(1))], True),
        ([release(2, previous=ident(1))], [], True),
    ],
)
def test_a_release_that_a_run_or_a_release_names_was_published(
    records: LakeRecords, releases: list[Release], runs: list[Run], published: bool
) -> None:
    for each in releases:
        records.put(f"releases/{each.id}.json", each)
    for one in runs:
        records.put(f"runs/{one.id}.json", one)
    assert records.has_published() is published


def test_paths_of_records() -> None:
    record = snapshot("s", 1).model_copy(update={"fingerprint": "0123456789abcdef-and-more"})
    assert snapshot_path(record) == "snapshots/gold.items/0123456789abcdef.json"
    assert record_id(f"runs/{ident(1)}.json") == ident(1)


def test_an_object_that_is_set_aside_can_be_inspected(storage: Storage, tmp_path: Path) -> None:
    layer = LocalStorage(tmp_path / "layer")
    layer.put("items/a.parquet", b"damaged")
    assert set_aside(storage, layer, "items/a.parquet", "mark") == "damaged/mark/items/a.parquet"
    assert storage.read("damaged/mark/items/a.parquet")[0] == b"damaged"
    assert layer.list("") == []
    assert set_aside(storage, layer, "items/a.parquet", "mark") is None
