"""A small pipeline whose table of orders rejects records, and edited files of these rejects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import medallion as md
from medallion.lineage.corrected_rows import PreviewedRecord
from tests.copies import published_copy
from tests.integration import small

Cells = dict[str, str | None]

REJECTED = {1: "abc", 2: "zz", 3: "2024-02-30"}
"""By record of February, the invalid value of each order that is rejected."""


def published(folder: Path) -> md.Pipeline:
    """The pipeline, which rejects three orders of February."""
    published_copy(small.write, folder)
    return small.load(folder)


def edited(
    pipeline: md.Pipeline, values: Mapping[int, Cells], table: str = "silver.orders"
) -> list[Cells]:
    """The rejects of a table with new values, by record."""
    rows = [dict(row) for row in pipeline.corrections.rejects(table).rows()]
    for row in rows:
        row.update(values.get(int((row["_reject"] or "").partition(":")[2]), {}))
    return rows


def correct(
    pipeline: md.Pipeline, values: Mapping[int, Cells], table: str = "silver.orders", **other: Any
) -> list[str]:
    """Store corrections by record; gives their ids."""
    result = pipeline.corrections.correct(table, edited(pipeline, values, table), **other)
    return [each.id for each in result.added]


def orders(pipeline: md.Pipeline) -> list[tuple[str, str]]:
    """The orders that were kept: id and amount."""
    rows = pipeline.lake.table("silver.orders").to_arrow().to_pylist()
    return sorted((row["order_id"], str(row["amount"])) for row in rows)


def states(pipeline: md.Pipeline) -> list[str]:
    """The state of each correction."""
    return [row["state"] for row in pipeline.corrections.listing()]


def preview(
    pipeline: md.Pipeline, values: dict[int, Cells], table: str = "silver.orders"
) -> dict[int, PreviewedRecord]:
    """The outcome of corrections by record."""
    result = pipeline.corrections.preview(table, edited(pipeline, values, table))
    return {each.correction.record: each for each in result.records}


VISITS = """\
name: visits
tables:
  bronze:
    visits: {source: "visits*.csv"}
  silver:
    visits:
      from: bronze.visits
      steps:
        - filter: "kind <> 'test'"
        - cast: {minutes: integer}
      expect:
        - {between: {minutes: [1, 500]}, on_fail: warn}
  gold:
    days:
      from: silver.visits
      expect:
        - {one_of: {day: [mon, tue]}, on_fail: quarantine}
    kinds:
      from: bronze.visits
      steps:
        - cast: {minutes: integer}
        - aggregate: {by: kind, metrics: {minutes: sum(minutes)}}
"""


def visits(folder: Path, yaml: str = VISITS) -> md.Pipeline:
    """A pipeline whose visits are dropped, warned of and combined."""
    (folder / "visits.csv").write_text("kind,minutes,day\na,1,mon\nb,x,mon\nb,2,sun\n")
    (folder / "medallion.yaml").write_text(yaml)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline
