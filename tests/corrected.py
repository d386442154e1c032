"""A small pipeline whose table of orders rejects records, and edited files of these rejects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import medallion as md
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
