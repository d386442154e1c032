"""The lake: which run is the latest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.errors import DamagedError
from medallion.lake.lake import Lake
from medallion.records import Run


def put_run(lake: Lake, day: int) -> Run:
    run = Run(
        id=f"202601{day:02}-000000-000000",
        pipeline="shop",
        status="succeeded",
        started=datetime(2026, 1, day, tzinfo=UTC),
    )
    lake.put_run(run)
    return run


def test_a_lake_without_runs_has_no_latest_run(tmp_path: Path) -> None:
    assert Lake(tmp_path / "lake").latest_run() is None


def test_the_latest_run_is_the_newest_record_in_whatever_order_they_were_written(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path / "lake")
    newest = put_run(lake, 9)
    put_run(lake, 3)
    lake.storage.put("runs/29990101-notes.json", b"of another program")
    assert lake.latest_run() == newest
    lake.storage.put(f"runs/{newest.id}.json", b"{")
    with pytest.raises(DamagedError):
        lake.latest_run()
