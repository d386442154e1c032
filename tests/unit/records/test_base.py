"""What all records have in common."""

from __future__ import annotations

from datetime import UTC, datetime

from medallion.records import Run


def test_times_are_in_pythons_own_utc() -> None:
    """Pydantic's own time zone crashes Python when it is let go of as the process ends."""
    run = Run(id="r", pipeline="p", status="running", started=datetime(2026, 1, 2, 3, tzinfo=UTC))
    read = Run.model_validate_json(run.model_dump_json())
    assert read == run
    assert read.started.tzinfo is UTC
    elsewhere = run.model_dump_json().replace("03:00:00Z", "05:00:00+02:00")
    assert Run.model_validate_json(elsewhere) == run
