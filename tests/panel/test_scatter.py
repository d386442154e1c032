"""Scatter plots of many points: the store counts them by cell, and none is lost."""

from __future__ import annotations

import gc
import tracemalloc

import duckdb
import numpy as np
import pytest

from medallion.contracts import Filter
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.scatter import MAX_POINTS, scatter
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.panel.pipelines import published

ROWS = 60_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CachedStore:
    points = duckdb.sql(
        "select i as id, (i % 997 - 400)::integer as a, cast(i % 401 / 4 as decimal(9,2)) as b, "
        f"'n' || i as name from range({ROWS}) t(i)"
    )
    tables = {"points": points.to_arrow_table()}
    pipeline = published(tmp_path_factory.mktemp("many"), tables, keys={"points": "id"})
    return CachedStore(pipeline.store())


def context_of(store: CachedStore, *filters: Filter) -> BlockContext:
    return BlockContext(store, Formats.of(Dashboard()), filters)


def test_every_point_is_counted_in_its_cell(store: CachedStore) -> None:
    chart = scatter(Scatter(table="points", x="a", y="b"), context_of(store))
    (image,) = chart.figure.renderers
    data = image.data_source.data
    counts, left, low = data["image"][0], data["x"][0], data["y"][0]
    assert np.nansum(counts) == ROWS
    wide, high = data["dw"][0] / counts.shape[1], data["dh"][0] / counts.shape[0]
    column, line = 7, 11
    a, b = left + column * wide, low + line * high
    query = (
        f"select count(*) from range({ROWS}) t(i) "
        f"where i % 997 - 400 >= {a} and i % 997 - 400 < {a + wide}"
    )
    ((expected,),) = duckdb.sql(
        f"{query} and i % 401 / 4 >= {b} and i % 401 / 4 < {b + high}"
    ).fetchall()
    assert expected > 0
    assert counts[line, column] == expected
    assert "too many points to draw each" in chart.legend


def test_few_points_are_drawn_one_by_one(store: CachedStore) -> None:
    context = context_of(store, Filter("id", "lt", MAX_POINTS))
    chart = scatter(Scatter(table="points", x="a", y="b"), context)
    assert len(chart.figure.renderers[0].data_source.data["x"]) == MAX_POINTS


def test_many_points_need_numeric_columns(store: CachedStore) -> None:
    with pytest.raises(NoRowsError, match="name is of type text"):
        scatter(Scatter(table="points", x="name", y="b"), context_of(store))


def test_points_are_not_kept_as_python_objects(store: CachedStore) -> None:
    points, block = 30_000, Scatter(table="points", x="a", y="b", by="name")
    context = context_of(store, Filter("id", "lt", points))
    scatter(block, context)  # imports, and what the store caches
    gc.collect()
    tracemalloc.start()
    chart = scatter(block, context)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert chart.marks is not None
    assert chart.marks.at(7).label == "A -393, B 1.75, Name n7"
    assert kept / points < 150  # bytes; a dict alone takes more
