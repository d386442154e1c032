"""The failure of the last run, from the lake or the store, read every few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import medallion as md
from medallion.contracts import Store
from medallion.contracts.store import Failure
from medallion.records import Run, RunStatus
from medallion_panel.data import run_watch
from medallion_panel.data.run_watch import RunWatch
from tests.unit.panel.tables import sink_in

YAML = """\
name: small
tables:
  bronze:
    t: {source: t.csv}
  gold:
    t: {from: bronze.t}
"""


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    (tmp_path / "medallion.yaml").write_text(YAML)
    (tmp_path / "t.csv").write_text("id\n1\n")
    return md.Pipeline.load(tmp_path / "medallion.yaml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = sink_in(tmp_path).store()
    yield store
    store.close()


def put_run(pipeline: md.Pipeline, hour: int, status: RunStatus) -> None:
    run = Run(
        id=f"20260101-{hour:02}0000-000000",
        pipeline="small",
        status=status,
        started=datetime(2026, 1, 1, hour, tzinfo=UTC),
        finished=datetime(2026, 1, 1, hour, 30, tzinfo=UTC),
        error=f"reason {hour}" if status == "failed" else None,
    )
    pipeline.lake.put_run(run)


def test_nothing_is_known_before_the_first_run(pipeline: md.Pipeline, store: Store) -> None:
    assert RunWatch(pipeline, store).failure() is None


def test_the_failure_of_the_last_run_is_in_the_lake(pipeline: md.Pipeline, store: Store) -> None:
    put_run(pipeline, 1, "succeeded")
    assert RunWatch(pipeline, store).failure() is None
    put_run(pipeline, 2, "failed")
    failure = Failure("20260101-020000-000000", "reason 2", datetime(2026, 1, 1, 2, 30, tzinfo=UTC))
    assert RunWatch(pipeline, store).failure() == failure
    put_run(pipeline, 3, "succeeded")
    assert RunWatch(pipeline, store).failure() is None


def test_it_is_read_again_after_an_interval_only(
    pipeline: md.Pipeline, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = RunWatch(pipeline, store)
    assert watch.failure() is None
    put_run(pipeline, 2, "failed")
    assert watch.failure() is None
    monkeypatch.setattr(run_watch, "_INTERVAL", 0.0)
    failure = watch.failure()
    assert failure is not None
    assert failure.reason == "reason 2"


def test_a_damaged_record_is_no_failure(pipeline: md.Pipeline, store: Store) -> None:
    put_run(pipeline, 2, "failed")
    pipeline.lake.storage.put("runs/20260101-020000-000000.json", b"{")
    assert RunWatch(pipeline, store).failure() is None


def test_a_release_that_a_gate_stopped_is_known(till: md.Pipeline) -> None:
    store = till.store()
    watch = RunWatch(till, store)
    failure = watch.failure()
    store.close()
    assert failure is not None
    assert watch.stopped is not None
    assert (watch.stopped.name, watch.stopped.release.run) == ("next", failure.run)


def test_what_was_read_is_seen_until_it_is_old(
    pipeline: md.Pipeline, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_run(pipeline, 1, "failed")
    watch = RunWatch(pipeline, store)
    assert watch.seen() is None
    failure = watch.failure()
    assert failure is not None
    assert watch.seen() == (failure, None, None)
    monkeypatch.setattr(run_watch, "_INTERVAL", 0)
    assert watch.seen() is None
