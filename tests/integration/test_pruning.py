"""Reads of the lake open the columns that they name, and the row groups that may match."""

from __future__ import annotations

import re
from typing import Any

import pytest

import medallion as md

ROWS = 300_000  # of each of two files: three row groups
SCANNED = "2 / 6"  # the one with 400,000, and the last of its file, which begins with 7
COLUMNS = "_origin, n"  # which row it is, as some are removed, and the column
YAML = """\
name: large
lake: lake
layers: {{bronze: raw, silver: {layer}}}
tables:
  bronze:
    items: {{source: data/*.csv}}
  silver:
    items:
      from: bronze.items
      steps:
        - cast: {{n: integer}}
        - deduplicate: {{key: n}}
"""


@pytest.fixture(scope="module", params=["parquet", "delta"])
def items(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> md.LakeTable:
    folder = tmp_path_factory.mktemp("large")
    (folder / "data").mkdir()
    for number in range(2):
        first = number * ROWS
        lines = [f"{n},a long text with the number {n}" for n in range(first, first + ROWS)]
        # A key that occurs in both files: its row is removed when the table is read.
        content = "\n".join(["n,text", *lines, "7,another text", ""])
        (folder / "data" / f"{number}.csv").write_text(content)
    (folder / "medallion.yaml").write_text(YAML.format(layer=request.param))
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    table = pipeline.lake.table("silver.items")
    assert len(table) == 2 * ROWS
    assert table.snapshot.removed is not None
    return table


def scans(rows: Any, label: str) -> list[str]:
    """What the scans of an executed query say under a label, such as "Projections"."""
    return [line.strip() for line in re.findall(rf"{label}: ([^│]*)", rows.explain("analyze"))]


def test_a_condition_reads_the_row_groups_that_may_match(items: md.LakeTable) -> None:
    rows = items.select(where="n between 400000 and 400010", columns=["n"])
    assert SCANNED in scans(rows, "Row Groups Scanned")
    assert COLUMNS in scans(rows, "Projections")
    assert [n for (n,) in rows.fetchall()] == list(range(400_000, 400_011))


def test_a_filter_of_a_scan_does_too(items: md.LakeTable) -> None:
    rows = items.scan().filter("n = 400000")
    assert SCANNED in scans(rows, "Row Groups Scanned")
    assert rows.fetchall() == [(400_000, "a long text with the number 400000")]


def test_a_query_that_names_one_column_reads_no_other(items: md.LakeTable) -> None:
    rows = items.scan().aggregate("sum(n)")
    assert COLUMNS in scans(rows, "Projections")
    assert rows.fetchall() == [(sum(range(2 * ROWS)),)]
