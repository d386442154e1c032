"""Which failure stands: the last run's reason, since the first that failed after the last success."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from medallion.records import Run, RunStatus
from medallion.run_health import last_failure


def runs(*statuses: RunStatus) -> list[Run]:
    """Runs of one hour after another, given oldest first; newest first."""
    made = [
        Run(
            id=f"run-{hour}",
            pipeline="shop",
            status=status,
            started=datetime(2026, 1, 1, hour, tzinfo=UTC),
            finished=None if status == "running" else datetime(2026, 1, 1, hour, 30, tzinfo=UTC),
            error=f"reason {hour}" if status == "failed" else None,
        )
        for hour, status in enumerate(statuses)
    ]
    return made[::-1]


@pytest.mark.parametrize("statuses", [(), ("succeeded",), ("failed", "unchanged"), ("failed", "succeeded")])
def test_nothing_stands_after_a_success(statuses: tuple[RunStatus, ...]) -> None:
    assert last_failure(runs(*statuses)) is None


@pytest.mark.parametrize(
    ("statuses", "run", "reason", "hour"),
    [
        (("failed",), "run-0", "reason 0", 0),
        (("succeeded", "failed", "failed"), "run-2", "reason 2", 1),
        (("failed", "unchanged", "failed"), "run-2", "reason 2", 2),
    ],
)
def test_a_failure_stands_since_the_first_of_its_row(
    statuses: tuple[RunStatus, ...], run: str, reason: str, hour: int
) -> None:
    failure = last_failure(runs(*statuses))
    assert failure is not None
    assert (failure.run, failure.reason) == (run, reason)
    assert failure.since == datetime(2026, 1, 1, hour, 30, tzinfo=UTC)


def test_a_run_that_works_says_nothing_and_one_that_died_has_failed() -> None:
    known = runs("succeeded", "failed", "running")
    working = last_failure(known, {"run": "run-2"})
    assert working is not None
    assert working.run == "run-1"
    assert last_failure(runs("succeeded", "running"), {"run": "run-1"}) is None
    died = last_failure(known)
    assert died is not None
    assert (died.run, died.since.hour) == ("run-2", 1)
