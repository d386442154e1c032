"""Many points: the store counts them by cells, so that none is fetched and none is lost."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

import medallion as md
from medallion.contracts import Filter
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.scatter import RASTER, scatter
from medallion_panel.data.queries import Figures
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats

YAML = """\
name: many
tables:
  bronze:
    points: {source: data/points.parquet}
  gold:
    points: {from: bronze.points}
sinks:
  serving: {url: "sqlite:lake/serving.db", tables: {points: {key: id}}}
"""
ROWS = 60_000


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    folder = tmp_path_factory.mktemp("many")
    (folder / "data").mkdir()
    duckdb.sql(
        f"copy (select i as id, (i % 997 - 400)::integer as a, cast(i % 401 / 4 as decimal(9,2)) as b, "
        f"'n' || i as name from range({ROWS}) t(i)) to '{folder}/data/points.parquet' (format parquet)"
    )
    (folder / "medallion.yaml").write_text(YAML)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return Figures(pipeline.store())


def read(figures: Figures, *chosen: Filter) -> BlockContext:
    return BlockContext(figures, Formats.of(Dashboard()), chosen)


def test_every_point_is_counted_where_it_lies(figures: Figures) -> None:
    picture = scatter(Scatter(table="points", x="a", y="b"), read(figures))
    (image,) = picture.figure.renderers
    data = image.data_source.data
    counts, left, low = data["image"][0], data["x"][0], data["y"][0]
    assert np.nansum(counts) == ROWS
    wide, high = data["dw"][0] / counts.shape[1], data["dh"][0] / counts.shape[0]
    column, line = 7, 11
    a, b = left + column * wide, low + line * high
    query = f"select count(*) from range({ROWS}) t(i) where i % 997 - 400 >= {a} and i % 997 - 400 < {a + wide}"
    ((expected,),) = duckdb.sql(
        f"{query} and i % 401 / 4 >= {b} and i % 401 / 4 < {b + high}"
    ).fetchall()
    assert expected > 0
    assert counts[line, column] == expected
    assert "too many to draw each" in picture.legend


def test_few_enough_are_drawn_one_by_one(figures: Figures) -> None:
    reading = read(figures, Filter("id", "lt", RASTER))
    picture = scatter(Scatter(table="points", x="a", y="b"), reading)
    assert len(picture.figure.renderers[0].data_source.data["x"]) == RASTER


def test_names_cannot_be_counted_by_cells(figures: Figures) -> None:
    with pytest.raises(NoRowsError, match="name is a text"):
        scatter(Scatter(table="points", x="name", y="b"), read(figures))
