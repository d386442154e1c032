"""Rows of a table and those that they are compared with, by key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medallion_panel.blocks.compared_rows import NOT_COMPARED, compared_rows
from medallion_panel.blocks.comparison import Comparison
from medallion_panel.data.cached_store import CachedStore
from tests.unit.panel.compared import SALES, compared
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable, publish, sink_in

FIELDS = ("month", "shop", "value")


def test_rows_of_the_period_before(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    rows = [dict(zip(FIELDS, row, strict=True)) for row in SALES.rows[4:]]
    counterparts = compared_rows("t", rows, FIELDS, context)
    assert counterparts.columns == ("value",)
    assert [row and row["value"] for row in counterparts.rows] == [10, 30, 20, None]


def test_rows_of_another_release(open_context: OpenContext, tmp_path: Path) -> None:
    context = open_context(SALES)
    sink = sink_in(tmp_path / "other")
    publish(sink, "two", {"t": SmallTable(SALES.types, [("2023-04", "A", 39)], SALES.key)})
    store = CachedStore(sink.store())
    context = replace(context, comparison=Comparison("", open_store=lambda: store))
    rows = [dict(zip(FIELDS, row, strict=True)) for row in SALES.rows[4:6]]
    counterparts = compared_rows("t", rows, FIELDS, context)
    assert [row and row["value"] for row in counterparts.rows] == [39, None]
    store.uncached.close()
    store.pool.shutdown()


def test_rows_without_their_key_or_a_period_in_it_are_not_compared(
    open_context: OpenContext,
) -> None:
    rows = [{"shop": "A", "value": 40}]
    context = compared(open_context(SALES))
    assert compared_rows("t", rows, ("shop", "value"), context) is NOT_COMPARED
    by_shop = compared(open_context(replace(SALES, rows=SALES.rows[4:6], key=("shop",))))
    rows = [{"month": "2023-04", "shop": "A", "value": 40}]
    assert compared_rows("t", rows, FIELDS, by_shop) is NOT_COMPARED
