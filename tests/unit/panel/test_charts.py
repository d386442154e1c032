"""Bars side by side, and lines and bars on a logarithmic scale."""

from __future__ import annotations

from typing import Any

import pytest
from bokeh.models import LogAxis

from medallion.contracts import Filter
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.charts import bar, line
from medallion_panel.blocks.scatter import scatter
from medallion_panel.series_settings import Bar, Chart
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

ROWS = [
    ("low", "Cork", 2.0),
    ("low", "Galway", 3.0),
    ("mid", "Cork", 400.0),
    ("high", "Cork", 5000.0),
    ("high", "Galway", -1.0),
    ("mid", "Galway", 0.0),
]
SIZES = {"table": "t", "x": "size", "order": ("low", "mid", "high")}


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SmallTable({"size": "text", "shop": "text", "v": "float64"}, ROWS))


def columns(renderer: Any, *names: str) -> list[tuple[Any, ...]]:
    data = renderer.data_source.data
    return list(zip(*(list(data[name]) for name in names), strict=True))


def test_grouped_bars_are_next_to_each_other_from_zero(context: BlockContext) -> None:
    block = Bar(y="sum(v)", by="shop", grouped=True, **SIZES)  # type: ignore[arg-type]
    chart = bar(block, context)
    cork, galway = chart.figure.renderers
    assert columns(cork, "x", "base", "top") == [
        ("low", 0, 2),
        ("mid", 0, 400),
        ("high", 0, 5000),
    ]
    assert columns(galway, "x", "base", "top") == [("low", 0, 3), ("mid", 0, 0), ("high", 0, -1)]
    assert cork.glyph.x["transform"].value == -galway.glyph.x["transform"].value < 0
    assert chart.figure.x_range.factors == ["low", "mid", "high"]
    stacked = bar(block.model_copy(update={"grouped": False}), context).figure.renderers
    assert columns(stacked[1], "base", "top")[0] == (2, 5)


def test_figures_of_zero_or_less_are_counted_and_not_drawn_on_a_log_scale(
    context: BlockContext,
) -> None:
    grouped = Bar(y="sum(v)", by="shop", grouped=True, scale="log", **SIZES)  # type: ignore[arg-type]
    chart = bar(grouped, context)
    assert chart.note == "2 figures of zero or less are not drawn: the scale is logarithmic."
    assert isinstance(chart.figure.yaxis[0], LogAxis)
    start = chart.figure.y_range.start
    assert 0 < start < 2
    _, galway = chart.figure.renderers
    ((name, base, top),) = columns(galway, "x", "base", "top")
    assert (name, top) == ("low", 3)
    assert 0 < base < start  # the axis has no zero
    assert chart.marks is not None
    assert [chart.marks.at(n).terms[0][1] for n in range(4)] == [
        ["low"],
        ["mid"],
        ["high"],
        ["low"],
    ]
    horizontal = bar(grouped.model_copy(update={"horizontal": True}), context).figure
    assert isinstance(horizontal.xaxis[0], LogAxis)
    assert not isinstance(horizontal.yaxis[0], LogAxis)


def test_a_line_on_a_log_scale(context: BlockContext) -> None:
    block = Chart(y="sum(v)", scale="log", **SIZES)  # type: ignore[arg-type]
    chart = line(block, context)
    assert isinstance(chart.figure.yaxis[0], LogAxis)
    assert chart.figure.y_range.start == pytest.approx(5 / 1.4)
    assert chart.note == ""
    with pytest.raises(NoRowsError, match="2 figures of zero or less"):
        line(block, negative(context))


def negative(context: BlockContext) -> BlockContext:
    """The rows of zero and less."""
    return BlockContext(context.store, context.formats, (Filter("v", "lte", 0),))


def test_points_of_zero_or_less_are_counted_and_not_drawn_on_a_log_scale(
    context: BlockContext,
) -> None:
    chart = scatter(Scatter(table="t", x="shop", y="v", scale="log"), context)
    assert chart.note == "2 points of zero or less are not drawn: the scale is logarithmic."
    assert sorted(chart.figure.renderers[0].data_source.data["y"]) == [2, 3, 400, 5000]
    assert isinstance(chart.figure.yaxis[0], LogAxis)
    with pytest.raises(NoRowsError, match="shop is of type text"):
        scatter(Scatter(table="t", x="shop", y="v", x_scale="log"), context)
    with pytest.raises(NoRowsError, match="2 points of zero or less"):
        scatter(Scatter(table="t", x="shop", y="v", scale="log"), negative(context))
