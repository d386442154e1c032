"""The status in the header: of a release, of a failed run, of an unreachable store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from medallion.contracts.store import Failure
from medallion.errors import SinkError
from medallion.records import Candidate, Release
from medallion_panel.pages.status import Status
from tests.unit.panel.tables import FORMATS


def release(**age: float) -> Release:
    return Release(
        id="r1",
        pipeline="p",
        run="run-1",
        created=datetime.now(UTC) - timedelta(**age),
        previous=None,
        tables={},
        layers={},
    )


@pytest.fixture
def status() -> Status:
    return Status(FORMATS, timedelta(hours=36), lambda: None)


def look(status: Status) -> tuple[str, str, str]:
    return status.view.label, status.view.icon, status.view.color


def test_a_fresh_release_is_green(status: Status) -> None:
    shown = release(hours=3)
    status.show(shown)
    assert look(status) == ("published 3 hours ago · release r1", "check_circle", "success")
    published = FORMATS.day(shown.created)
    assert status.view.description == f"Release r1 of run run-1, {published}"


@pytest.mark.parametrize(("hours", "color"), [(35.9, "success"), (36.1, "warning")])
def test_a_release_is_stale_from_an_age_on(status: Status, hours: float, color: str) -> None:
    status.show(release(hours=hours))
    assert status.view.color == color
    assert status.view.label.startswith("Stale: ") is (color == "warning")


def test_a_failed_run_is_red_with_its_reason_and_without_paths(status: Status) -> None:
    since = datetime.now(UTC) - timedelta(days=2)
    failure = Failure("run-2", "no file\n  /srv/data/a.csv", since)
    status.show(release(days=5), failure)
    label, icon, color = look(status)
    assert label == "Last run failed, since 2 days ago: no file a.csv · release r1 is shown"
    assert (icon, color) == ("error", "error")
    assert status.view.description == (
        f"Run run-2 failed: no file a.csv. No run has succeeded since {FORMATS.day(since)}. "
        "Release r1 is shown, published 5 days ago."
    )


def test_an_unreachable_store_is_red_and_says_what_is_shown(status: Status) -> None:
    error = SinkError("cannot reach mongodb://db-7.internal:27017")
    status.show_error(error, release(hours=1))
    assert look(status) == ("Store unreachable: showing the last figures", "cloud_off", "error")
    assert "db-7" not in status.view.description
    status.show_error(error, None)
    assert status.view.label == "Nothing to show yet"


def test_a_release_replaces_an_error(status: Status) -> None:
    status.show_error(SinkError("away"), None)
    status.show(release(hours=1))
    assert status.view.color == "success"


def test_a_hold_is_amber_and_says_since_when(status: Status) -> None:
    status.show(release(hours=3), None, datetime.now(UTC) - timedelta(hours=2))
    assert look(status) == ("On hold since 2 hours ago · release r1", "pause_circle", "warning")


def test_a_release_that_a_gate_stopped_is_told_from_a_failure(status: Status) -> None:
    failure = Failure("run-2", "not published", datetime.now(UTC))
    stopped = Candidate(
        name="next",
        release=release(hours=2),
        base="r1",
        expires=datetime.now(UTC),
        failed=("gold.t: revenue fell by 60 %",),
    )
    status.show(release(days=5), failure, stopped=stopped)
    label, _, color = look(status)
    assert label == (
        "Release stopped 2 hours ago: gold.t: revenue fell by 60 % · release r1 is shown"
    )
    assert color == "error"
    assert "stopped the candidate next" in status.view.description
    status.show(release(days=1))
    assert status.view.color == "success"


def test_a_click_shows_the_runs() -> None:
    clicks: list[bool] = []
    status = Status(FORMATS, timedelta(hours=36), lambda: clicks.append(True))
    status.view.clicks += 1
    assert clicks == [True]
