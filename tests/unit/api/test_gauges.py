"""Gauges for Prometheus: of the release, of the last run, and of what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.lake.lake import Lake
from medallion.records import Run, RunStatus, Tally
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import load, release, snapshot
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.resources.gauges import gauges
from tests.unit.api.conftest import ROWS, SPEC
from tests.unit.api.parts import Parts


def put_run(lake: Lake, hour: int, status: RunStatus) -> None:
    run = Run(
        id=f"20260101-{hour:02}0000-000000",
        pipeline="small",
        status=status,
        started=datetime(2026, 1, 1, hour, tzinfo=UTC),
        finished=datetime(2026, 1, 1, hour, 30, tzinfo=UTC),
        error="reason" if status == "failed" else None,
    )
    lake.put_run(run)


def values(reading: ReleaseReader, lake: Lake) -> dict[str, float]:
    lines = gauges(reading, lake).decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def test_a_release_has_an_age_and_the_rows_of_every_table(parts: Parts, tmp_path: Path) -> None:
    metrics = values(parts.reading, Lake(tmp_path / "lake"))
    age = metrics.pop("medallion_release_age_seconds")
    since_2024 = (datetime.now(UTC) - datetime(2024, 1, 1, tzinfo=UTC)).total_seconds()
    assert age == pytest.approx(since_2024, abs=60)
    assert metrics == {
        'medallion_table_rows{table="gold.clients"}': 4,
        'medallion_table_quarantine_ratio{table="gold.clients"}': 0,
        'medallion_table_warned_ratio{table="gold.clients"}': 0,
        'medallion_up{part="store"}': 1,
        'medallion_up{part="lake"}': 1,
    }


def test_the_shares_of_quarantined_and_warned_rows(tmp_path: Path) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path}/serving.db")
    published = release(sink, "one", [load(sink, "s", ROWS, SPEC).served])
    tally = Tally(label="expect", rows_in=5, kept=4, quarantined=1, rows_out=4, warned=2)
    table = snapshot("s", 4, "clients", SPEC.columns).model_copy(update={"tallies": (tally,)})
    sink.activate(published.model_copy(update={"tables": {"gold.clients": table}}))
    store = sink.store()
    metrics = values(ReleaseReader(store, sink.label, 10), Lake(tmp_path / "lake"))
    store.close()
    assert metrics['medallion_table_quarantine_ratio{table="gold.clients"}'] == 0.2
    assert metrics['medallion_table_warned_ratio{table="gold.clients"}'] == 0.4


def test_the_last_run_and_the_last_success(parts: Parts, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put_run(lake, 3, "succeeded")
    metrics = values(parts.reading, lake)
    success = datetime(2026, 1, 1, 3, 30, tzinfo=UTC).timestamp()
    assert metrics["medallion_last_success_timestamp_seconds"] == success
    assert metrics["medallion_last_run_failed"] == 0
    put_run(lake, 4, "failed")
    metrics = values(parts.reading, lake)
    assert metrics["medallion_last_success_timestamp_seconds"] == success
    assert metrics["medallion_last_run_failed"] == 1


def test_gauges_of_what_cannot_be_read_are_left_out(parts: Parts, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put_run(lake, 3, "succeeded")
    empty = Sqlite(url=f"sqlite:{tmp_path}/none.db")
    store = empty.store()
    metrics = values(ReleaseReader(store, empty.label, 10), lake)
    store.close()
    assert metrics['medallion_up{part="store"}'] == 0
    assert metrics['medallion_up{part="lake"}'] == 1
    assert not any(name.startswith("medallion_table") for name in metrics)
    lake.storage.put("runs/20260101-030000-000000.json", b"{")
    metrics = values(parts.reading, lake)
    assert metrics['medallion_up{part="lake"}'] == 0
    assert not any(name.startswith("medallion_last") for name in metrics)
