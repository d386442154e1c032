"""Which records of releases and runs must be there, and which old ones are removed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.lake import record_retention
from medallion.lake.lake import Lake
from medallion.lake.pointer import Pointer
from medallion.lake.record_files import snapshot_path
from medallion.lake.record_retention import expected_releases, forget_runs, reject_paths
from medallion.records import RejectFile, Release, Run, StepRun
from medallion.testing.served import snapshot

START = datetime(2026, 1, 1, tzinfo=UTC)


def declaration(retain: int) -> md.Declaration:
    layers = {"bronze": "raw", "silver": "parquet", "gold": {"type": "parquet", "retain": retain}}
    tables = {"bronze": {"t": {"source": "t.csv"}}}
    return md.Declaration.model_validate({"name": "shop", "layers": layers, "tables": tables})


def ident(number: int) -> str:
    return f"20260101-000000-{number:06x}"


def release(number: int, retain: int | None = None, **fields: Any) -> Release:
    layers = {} if retain is None else {"gold": {"type": "parquet", "retain": retain}}
    values = {
        "pipeline": "shop",
        "run": ident(number),
        "created": START,
        "previous": None,
        "tables": {},
    }
    return Release(id=ident(number), layers=layers, **{**values, **fields})


def expected(pointed: int, retains: list[int], retain: int) -> list[int]:
    """The expected numbers of releases published one after the other, each with its `retain`."""
    pointer = Pointer(ident(pointed), tuple(ident(number) for number in range(len(retains))))
    releases = [release(number, each) for number, each in enumerate(retains)]
    return [
        int(each[-6:], 16) for each in expected_releases(pointer, releases, declaration(retain))
    ]


def test_the_newest_releases_are_expected() -> None:
    assert expected(4, [3] * 5, 3) == [4, 3, 2]
    assert expected(4, [3] * 5, 1) == [4]
    assert expected(4, [9] * 5, 9) == [4, 3, 2, 1, 0]


def test_a_release_that_was_removed_earlier_does_not_come_back() -> None:
    assert expected(4, [9, 9, 9, 2, 9], 9) == [4, 3, 2]
    assert expected(4, [9, 9, 9, 9, 1], 9) == [4]


def test_the_published_release_is_always_expected() -> None:
    assert expected(0, [1] * 3, 1) == [2, 0]
    assert list(expected_releases(Pointer(), [], declaration(3))) == []


def test_a_release_whose_record_is_lost_limits_nothing() -> None:
    pointer = Pointer(ident(2), (ident(0), ident(1), ident(2)))
    assert list(expected_releases(pointer, [release(2, 3)], declaration(3))) == [
        ident(2),
        ident(1),
        ident(0),
    ]


def run(number: int, rejects: str | None = None) -> Run:
    files = (RejectFile(path=rejects, bytes=1, rows=1),) if rejects else ()
    step = StepRun(table="silver.t", action="computed", why="", rejects=files)
    return Run(id=ident(number), pipeline="shop", status="succeeded", started=START, steps=(step,))


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake whose release has the rejects `kept`; of its runs, the newest two and two more stay."""
    monkeypatch.setattr(record_retention, "RUNS", 2)
    monkeypatch.setattr(record_retention, "SLACK", 2)
    lake = Lake(tmp_path / "lake")
    rejected = snapshot("s", 1).model_copy(
        update={"rejects": (RejectFile(path="kept", bytes=1, rows=1),)}
    )
    published = release(1, 3, tables={"gold.items": rejected})
    lake.records.put(snapshot_path(rejected), rejected)
    lake.publish(published, Pointer(), None)
    return lake


def test_runs_are_forgotten_once_there_are_many(lake: Lake) -> None:
    for number in range(4):
        lake.put_run(run(number))
    assert forget_runs(lake) == 0
    lake.put_run(run(4))
    assert forget_runs(lake) == 2
    assert lake.run_ids() == [ident(4), ident(3), ident(1)]  # two, and that of the release
    assert forget_runs(lake) == 0


def test_a_run_that_alone_names_a_file_of_rejects_stays(lake: Lake) -> None:
    for number, rejects in enumerate([None, None, "kept", "other", None, None, None]):
        lake.put_run(run(number, rejects))
    lake.storage.put(f"runs/{ident(0)}.json", b"{")
    assert forget_runs(lake) == 2
    assert lake.run_ids() == [ident(number) for number in (6, 5, 3, 1, 0)]


def test_nothing_is_forgotten_before_the_first_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_retention, "RUNS", 1)
    monkeypatch.setattr(record_retention, "SLACK", 1)
    lake = Lake(tmp_path / "lake")
    for number in range(5):
        lake.put_run(run(number))
    assert forget_runs(lake) == 0


def test_the_files_of_rejects_that_runs_name() -> None:
    assert reject_paths([run(1, "a"), run(2), run(3, "b"), run(4, "a")]) == {"a", "b"}
