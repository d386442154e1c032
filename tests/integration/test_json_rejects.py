"""Records of NDJSON files keep their numbers and rows below lines that are not objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import medallion as md

YAML = """\
name: events
tables:
  bronze:
    events: {source: "data/*.ndjson"}
  silver:
    events:
      from: bronze.events
      steps:
        - cast: {amount: "decimal(12,2)"}
      expect:
        - {between: {amount: [0, 100]}, on_fail: quarantine}
sinks: {}
"""
A = "\n".join(
    [
        "{broken",  # 1
        '{"id": 2, "amount": "1.00"}',
        "",  # a blank line is not a record
        '{"id": 3, "amount": "bad"}',
        "[4]",  # 4
        '"five"',  # 5
        '{"id": 6, "amount": "900.00"}',
        '{"id": 7, "amount": "7.00", "note": "é"}',
        "null",  # 8
        '{"id": 9, "amount": "worse", "note": "last"}',
    ]
)
B = '{"id": 1, "amount": "2.00"}\n{"id": 2, "amount": "none"}\n'
C = '{"id": 1, "amount": "x"}\n{"id": 2, "amount": "3.00"}\n{"id": 3,\n{"id": 4, "amount": "y"}\n'

Found = dict[tuple[str, int], dict[str, Any]]


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    (tmp_path / "data").mkdir()
    for name, content in (("a", A), ("b", B), ("c", C)):
        (tmp_path / f"data/{name}.ndjson").write_text(content)
    (tmp_path / "medallion.yaml").write_text(YAML)
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def rejects(pipeline: md.Pipeline, run: md.Run, table: str) -> Found:
    """The rejects of a table by file and record."""
    (file,) = next(step.rejects for step in run.steps if step.table == table)
    rows = pq.read_table(pipeline.base / "lake" / file.path).to_pylist()
    found = {(row["file"], row["record"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_records_below_broken_lines_keep_their_numbers_and_rows(pipeline: md.Pipeline) -> None:
    run = pipeline.run()
    broken = rejects(pipeline, run, "bronze.events")
    assert {place: json.loads(row["row"])["text"] for place, row in broken.items()} == {
        ("data/a.ndjson", 1): "{broken",
        ("data/a.ndjson", 4): "[4]",
        ("data/a.ndjson", 5): '"five"',
        ("data/a.ndjson", 8): "null",
        ("data/c.ndjson", 3): '{"id": 3,',
    }
    judged = rejects(pipeline, run, "silver.events")
    rows = {
        place: (row["rule"], row["value"], json.loads(row["row"])) for place, row in judged.items()
    }
    assert rows == {
        ("data/a.ndjson", 3): ("cast", "bad", {"id": 3, "amount": "bad", "note": None}),
        ("data/a.ndjson", 6): ("between", "900.00", {"id": 6, "amount": "900.00", "note": None}),
        ("data/a.ndjson", 9): ("cast", "worse", {"id": 9, "amount": "worse", "note": "last"}),
        ("data/b.ndjson", 2): ("cast", "none", {"id": 2, "amount": "none", "note": None}),
        ("data/c.ndjson", 1): ("cast", "x", {"id": 1, "amount": "x", "note": None}),
        ("data/c.ndjson", 4): ("cast", "y", {"id": 4, "amount": "y", "note": None}),
    }


def test_no_column_is_added_and_kept_rows_stand_in_order(pipeline: md.Pipeline) -> None:
    pipeline.run()
    table = pipeline.lake.table("silver.events").to_arrow()
    assert table.column_names == ["id", "amount", "note"]
    assert list(
        zip(table["id"].to_pylist(), map(str, table["amount"].to_pylist()), strict=True)
    ) == [
        (2, "1.00"),
        (7, "7.00"),
        (1, "2.00"),
        (2, "3.00"),
    ]


def test_a_column_named_record_is_the_users_own(pipeline: md.Pipeline) -> None:
    (pipeline.base / "data/a.ndjson").write_text(
        '{"_record": 70, "amount": "1.00"}\nbad\n{"_record": 71, "amount": "q"}'
    )
    run = pipeline.run()
    found = rejects(pipeline, run, "silver.events")["data/a.ndjson", 3]
    assert json.loads(found["row"])["_record"] == 71
    assert pipeline.lake.table("silver.events").to_arrow()["_record"].to_pylist()[0] == 70
