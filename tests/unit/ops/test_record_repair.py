"""Records rebuilt from other records, and what is lost when those are lost too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import medallion as md
from medallion.errors import SinkError
from medallion.ops.record_repair import (
    RecordRepair,
    Repair,
    published_releases,
    rebuilt_release,
    shown_release,
    snapshots_of,
)
from medallion.ops.verify import Inspection
from medallion.records import Release


@pytest.fixture
def pair(pipeline: md.Pipeline) -> tuple[str, str]:
    """The ids of the two releases, the older one first."""
    published = pipeline.run().release
    newest, oldest = pipeline.lake.release_ids()
    assert published == newest
    return oldest, newest


def repairs(pipeline: md.Pipeline) -> list[Repair]:
    with pipeline.writer() as writer:
        return list(RecordRepair(Inspection(pipeline), writer).repairs())


def damage(pipeline: md.Pipeline, path: str) -> None:
    pipeline.lake.storage.put(path, b"{")


def held(release: str) -> str:
    return f"; medallion rollback --hold {release} if it was on hold"


def outcome(pipeline: md.Pipeline) -> list[tuple[str, str]]:
    """The outcome of each repair, and what is said of it."""
    return [(repair.outcome, repair.said) for repair in repairs(pipeline)]


def test_an_undamaged_lake_has_nothing_to_repair(
    pipeline: md.Pipeline, pair: tuple[str, str]
) -> None:
    assert repairs(pipeline) == []
    look = Inspection(pipeline)
    assert published_releases(look) == list(pair)
    assert {snapshot.table for snapshot in snapshots_of(look.releases)} == {
        "bronze.clients",
        "gold.clients",
    }


@pytest.mark.parametrize("place", [0, 1])
def test_a_release_is_rebuilt_from_its_run(
    pipeline: md.Pipeline, pair: tuple[str, str], place: int
) -> None:
    ident = pair[place]
    original = pipeline.lake.release(ident)
    damage(pipeline, f"releases/{ident}.json")
    assert outcome(pipeline) == [("repaired", f"rebuilt from run {original.run}")]
    rebuilt = pipeline.lake.release(ident)
    same = ("id", "run", "pipeline", "sequence", "previous", "tables", "layers", "served")
    assert [getattr(rebuilt, name) for name in same] == [getattr(original, name) for name in same]
    moved = pipeline.lake.storage.list("damaged")
    assert [entry.path.rpartition("/")[2] for entry in moved] == [f"{ident}.json"]


def test_a_release_whose_run_is_lost_too_is_no_longer_published(
    pipeline: md.Pipeline, pair: tuple[str, str]
) -> None:
    oldest, newest = pair
    run = pipeline.lake.release(oldest).run
    damage(pipeline, f"releases/{oldest}.json")
    pipeline.lake.storage.delete(f"runs/{run}.json")
    assert ("lost", f"release {oldest} cannot be rolled back to") in outcome(pipeline)
    assert pipeline.lake.pointer().published == (newest,)
    assert pipeline.lake.pointer().release == newest


def test_a_run_is_rebuilt_from_its_release(pipeline: md.Pipeline, pair: tuple[str, str]) -> None:
    release = pipeline.lake.release(pair[1])
    damage(pipeline, f"runs/{release.run}.json")
    assert outcome(pipeline) == [
        ("repaired", f"its release {release.id} is known, its steps are lost")
    ]
    run = pipeline.lake.run(release.run)
    assert (run.status, run.release, run.steps) == ("succeeded", release.id, ())
    assert run.started == release.created


def test_a_run_without_a_release_is_lost(pipeline: md.Pipeline) -> None:
    unchanged = pipeline.run(), pipeline.run()
    damage(pipeline, f"runs/{unchanged[1].id}.json")
    assert outcome(pipeline) == [("lost", "what this run did is unknown")]


@pytest.mark.parametrize("how", [damage, lambda pipeline, path: pipeline.lake.storage.delete(path)])
def test_the_pointer_points_at_what_the_sink_shows(
    pipeline: md.Pipeline, pair: tuple[str, str], how: Callable[[md.Pipeline, str], object]
) -> None:
    oldest, _ = pair
    pipeline.roll_back(oldest)
    how(pipeline, "current.json")
    assert outcome(pipeline) == [("repaired", f"points at release {oldest}{held(oldest)}")]
    pointer = pipeline.lake.pointer()
    assert (pointer.release, sorted(pointer.published)) == (oldest, sorted(pair))


def test_the_pointer_points_at_the_newest_release_that_can_be_read(
    pipeline: md.Pipeline, pair: tuple[str, str]
) -> None:
    (pipeline.base / "shop.db").unlink()
    pipeline.lake.storage.delete("current.json")
    assert outcome(pipeline) == [("repaired", f"points at release {pair[1]}{held(pair[1])}")]


def test_a_lost_pointer_keeps_the_hold_that_the_last_run_found(
    pipeline: md.Pipeline, pair: tuple[str, str]
) -> None:
    oldest, _ = pair
    pipeline.roll_back(oldest, hold=True)
    since = pipeline.lake.pointer().held
    assert pipeline.run().candidate
    pipeline.lake.storage.delete("current.json")
    ((result, said),) = outcome(pipeline)
    assert (result, "is on hold since" in said, "medallion resume" in said) == (
        "repaired",
        True,
        True,
    )
    pointer = pipeline.lake.pointer()
    assert (pointer.release, pointer.held) == (oldest, since)
    pipeline.resume()
    pipeline.run()
    pipeline.lake.storage.delete("current.json")
    outcome(pipeline)
    assert pipeline.lake.pointer().held is None


def test_a_snapshot_is_rebuilt_from_a_release(pipeline: md.Pipeline, pair: tuple[str, str]) -> None:
    paths = [entry.path for entry in pipeline.lake.storage.list("snapshots/gold.clients")]
    del pair
    for path in paths:
        damage(pipeline, path)
    foreign = f"snapshots/gold.clients/{'f' * 16}.json"
    damage(pipeline, foreign)
    said = [text for _, text in outcome(pipeline)]
    assert sorted(said) == [*["no release needs it"], *["rebuilt from a release"] * len(paths)]
    assert Inspection(pipeline).of("snapshot") == []


def test_a_damaged_journal_is_moved(pipeline: md.Pipeline) -> None:
    path = "writes/20260101-000000-000000-0.json"
    damage(pipeline, path)
    ((result, said),) = outcome(pipeline)
    assert (result, said.startswith("moved to damaged/")) == ("repaired", True)
    assert pipeline.lake.storage.info(path) is None


def test_a_release_is_not_rebuilt_without_all_its_snapshots(
    pipeline: md.Pipeline, pair: tuple[str, str]
) -> None:
    look = Inspection(pipeline)
    assert rebuilt_release(look, "unknown") is None
    newest = look.releases.pop(pair[1])
    assert rebuilt_release(look, newest.id) is not None
    look.snapshots.clear()
    assert rebuilt_release(look, newest.id) is None


def test_a_sink_that_cannot_be_asked_shows_no_release() -> None:
    def unreachable() -> Release | None:
        raise SinkError("unreachable")

    assert shown_release(unreachable) is None
    assert shown_release(lambda: None) is None
