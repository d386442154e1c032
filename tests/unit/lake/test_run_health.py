"""Health of runs: the reason of the last failure, and since when runs fail."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.contracts.store import Failure
from medallion.errors import DamagedError
from medallion.lake.lake import Lake
from medallion.lake.lease import lease
from medallion.lake.run_health import run_health
from medallion.records import Run, RunStatus


def lake_of(folder: Path, *statuses: RunStatus) -> Lake:
    """A lake with a run every hour, given oldest first."""
    lake = Lake(folder / "lake")
    for hour, status in enumerate(statuses):
        run = Run(
            id=f"20260101-{hour:02}0000-000000",
            pipeline="shop",
            status=status,
            started=datetime(2026, 1, 1, hour, tzinfo=UTC),
            finished=None if status == "running" else datetime(2026, 1, 1, hour, 30, tzinfo=UTC),
            error=f"reason {hour}" if status == "failed" else None,
        )
        lake.put_run(run)
    return lake


def failure_of(lake: Lake) -> Failure | None:
    health = run_health(lake)
    assert health is not None
    return health.failure


def test_a_lake_without_runs_has_no_health(tmp_path: Path) -> None:
    assert run_health(Lake(tmp_path / "lake")) is None


@pytest.mark.parametrize(
    "statuses", [("succeeded",), ("failed", "unchanged"), ("failed", "succeeded")]
)
def test_no_failure_after_a_success(tmp_path: Path, statuses: tuple[RunStatus, ...]) -> None:
    lake = lake_of(tmp_path, *statuses)
    health = run_health(lake)
    assert health is not None
    assert health.failure is None
    assert health.latest == health.last_success == lake.runs()[0]


@pytest.mark.parametrize(
    ("statuses", "run", "reason", "hour"),
    [
        (("failed",), "20260101-000000-000000", "reason 0", 0),
        (("succeeded", "failed", "failed"), "20260101-020000-000000", "reason 2", 1),
        (("failed", "unchanged", "failed"), "20260101-020000-000000", "reason 2", 2),
    ],
)
def test_a_failure_lasts_since_the_first_after_the_last_success(
    tmp_path: Path, statuses: tuple[RunStatus, ...], run: str, reason: str, hour: int
) -> None:
    failure = failure_of(lake_of(tmp_path, *statuses))
    assert failure == Failure(run, reason, datetime(2026, 1, 1, hour, 30, tzinfo=UTC))


def test_a_run_at_work_hides_no_failure_and_one_that_died_has_failed(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, "succeeded", "failed", "running")
    with lease(lake.storage, "20260101-020000-000000"):
        health = run_health(lake)
        assert health is not None
        assert (health.latest.id, health.outcome) == ("20260101-020000-000000", "running")
        assert health.failure is not None
        assert health.failure.run == "20260101-010000-000000"
    health = run_health(lake)
    assert health is not None
    assert (health.outcome, health.last_success) == ("died", lake.run("20260101-000000-000000"))
    assert health.failure is not None
    assert (health.failure.run, health.failure.since.hour) == ("20260101-020000-000000", 1)
    assert "ended before" in health.failure.reason


def test_an_older_record_that_is_damaged_hides_nothing_and_the_newest_is_reported(
    tmp_path: Path,
) -> None:
    lake = lake_of(tmp_path, "succeeded", "failed", "failed")
    lake.storage.put("runs/20260101-010000-000000.json", b"{")
    failure = failure_of(lake)
    assert failure is not None
    assert failure.since.hour == 2
    lake.storage.put("runs/20260101-020000-000000.json", b"{")
    with pytest.raises(DamagedError):
        run_health(lake)
