"""A value that cannot be served fails the run, naming table, column and row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

import medallion as md
from medallion.errors import SinkError

YAML = """\
name: unfit
lake: lake
tables:
  bronze:
    rows: {source: "rows.csv"}
  gold:
    moments:
      from: bronze.rows
      steps:
        - sql: select cast(id as integer) as id, cast(day as date) as day, SQL as later from {table}
sinks:
  serving: {url: "URL", tables: {moments: {key: id}}}
"""
UNFIT = [
    ("cast(day as date) + interval 1 day", "9999-12-31", "'later', row 2: 10000-01-01"),
    ("cast(day as timestamp)", "infinity", "'day', row 2: infinity"),
    ("[cast(day as timestamptz)]", "20224-01-01", "'day', row 2: 20224-01-01"),
    ("[cast('-infinity' as timestamp)]", "2024-01-01", "'later', row 1: a value in a list"),
]


@pytest.mark.parametrize("store", ["sqlite", "mongodb", "postgres"])
@pytest.mark.parametrize(("sql", "day", "told"), UNFIT)
def test_a_date_beyond_all_readers_fails_the_run(
    tmp_path: Path, store: str, sql: str, day: str, told: str, request: pytest.FixtureRequest
) -> None:
    url = "sqlite:serving.db" if store == "sqlite" else request.getfixturevalue(f"{store}_url")
    file, rows = tmp_path / "medallion.yaml", tmp_path / "rows.csv"
    rows.write_text("id,day\n1,2024-01-01\n")
    yaml = YAML.replace("URL", url).replace("{table}", "rows")
    file.write_text(yaml.replace("SQL", "day"))
    release = md.Pipeline.load(file).run().release
    rows.write_text(f"id,day\n1,2024-01-01\n2,{day}\n")
    file.write_text(yaml.replace("SQL", sql))
    pipeline = md.Pipeline.load(file)
    with pytest.raises(SinkError, match=f"table 'moments': column {told}"):
        pipeline.run()
    reader = pipeline.store()
    assert reader.release().id == release
    assert reader.count("moments", md.Query()) == 1
    reader.close()


def test_the_warning_of_a_date_ends_when_its_record_is_corrected(tmp_path: Path) -> None:
    rows = "select * from (values (1, date '2024-01-01'), (2, date 'infinity')) as t(id, due)"
    duckdb.sql(rows).write_parquet(str(tmp_path / "rows.parquet"))
    (tmp_path / "medallion.yaml").write_text(
        "name: due\nlake: lake\ntables:\n  bronze:\n    rows: {source: rows.parquet}\n"
        "  silver:\n    rows: {from: bronze.rows, steps: [{cast: {due: date}}]}\n"
    )
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert "record 2 has infinity in 'due'" in str(pipeline.run().steps[0].warnings)
    (reject,) = pipeline.corrections.rejects("silver.rows").rows()
    pipeline.corrections.correct("silver.rows", [{**reject, "due": "2024-02-02"}])
    assert pipeline.run().steps[0].warnings == ()
    assert pipeline.lake.table("silver.rows").scan().order("id").fetchall() == [
        (1, date(2024, 1, 1)),
        (2, date(2024, 2, 2)),
    ]
