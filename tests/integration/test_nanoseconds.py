"""Timestamps of pandas, in nanoseconds and with a zone, are read, computed and served."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medallion as md

YAML = """\
name: nano
lake: lake
tables:
  bronze:
    rows: {source: "rows.parquet"}
  gold:
    moments:
      from: bronze.rows
      steps:
        - python: nano_steps.later
        - derive: {month: "date_trunc('month', seen)", tomorrow: "seen + interval 1 day"}
        - cast: {day: {date: iso, truncate: true}}
sinks:
  serving: {url: "sqlite:serving.db", tables: {moments: {key: id}}}
"""
STEP = """\
import pandas as pd


def later(rows: pd.DataFrame) -> pd.DataFrame:
    later = rows["seen"].astype("datetime64[ns, UTC]") + pd.Timedelta(hours=1)
    return rows.assign(later=later, day=rows["seen"].astype("datetime64[ns, UTC]"))
"""


def test_nanoseconds_with_a_zone_are_cut_to_microseconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = ["2024-03-31T23:59:59.999999999", "1960-01-01T00:00:00.000001999"]
    seen = pd.to_datetime(times).tz_localize("UTC").astype("datetime64[ns, UTC]")
    table = pa.Table.from_pandas(pd.DataFrame({"id": [1, 2], "seen": seen}))
    assert table.schema.field("seen").type == pa.timestamp("ns", "UTC")
    pq.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "nano_steps.py").write_text(STEP)
    (tmp_path / "medallion.yaml").write_text(YAML)
    monkeypatch.syspath_prepend(str(tmp_path))
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    store = pipeline.store()
    first, second = store.find("moments", md.Query(sort=(md.Sort("id"),))).rows
    store.close()
    assert first["seen"] == datetime(2024, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert first["later"] == datetime(2024, 4, 1, 0, 59, 59, 999999, tzinfo=UTC)
    assert first["month"] == datetime(2024, 3, 1, tzinfo=UTC)
    assert first["tomorrow"] == datetime(2024, 4, 1, 23, 59, 59, 999999, tzinfo=UTC)
    assert first["day"] == date(2024, 3, 31)
    assert second["seen"] == datetime(1960, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
