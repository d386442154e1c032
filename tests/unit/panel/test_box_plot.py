"""Box plots: exact quantiles by group, order, notes and marks."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest

from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.box_plot import box_plot
from medallion_panel.plot_settings import BoxPlot
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

PRICES = {"low": [1.0, 2.0, 3.0, 40.0, 55.5], "high": [7.0], "mid": [5.0, -4.0, 9.25, 2.0]}
ROWS = [(size, price) for size, prices in PRICES.items() for price in prices]


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    rows = [*ROWS, ("none", None), (None, 3.4)]
    return open_context(SmallTable({"size": "text", "price": "float64"}, rows))


def boxes(context: BlockContext, **settings: Any) -> dict[str, list[Any]]:
    block = BoxPlot(table="t", x="size", y="price", **settings)
    plot = box_plot(block, context).figure
    data: dict[str, list[Any]] = dict(plot.renderers[-1].data_source.data)
    return data


@pytest.mark.parametrize("whiskers", [0.05, 0])
def test_the_quantiles_are_those_of_the_rows(context: BlockContext, whiskers: float) -> None:
    data = boxes(context, whiskers=whiskers)
    fractions = (whiskers, 0.25, 0.5, 0.75, 1 - whiskers)
    for number, name in enumerate(data["x"][:3]):
        shown = [data[end][number] for end in ("low", "q1", "median", "q3", "high")]
        assert shown == pytest.approx(np.quantile(PRICES[name], fractions))
        assert data["rows"][number] == str(len(PRICES[name]))


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ["high", "low", "mid", "No value"]),
        ({"order": ("low", "mid", "high")}, ["low", "mid", "high", "No value"]),
        ({"sort": "-x"}, ["mid", "low", "high", "No value"]),
        ({"sort": "y"}, ["low", "No value", "mid", "high"]),
        ({"sort": "-y"}, ["high", "mid", "No value", "low"]),
        ({"limit": 2}, ["high", "low"]),
    ],
)
def test_the_order_of_the_boxes(
    context: BlockContext, settings: dict[str, Any], names: list[str]
) -> None:
    assert boxes(context, **settings)["x"] == names


def test_notes_say_what_is_left_out_and_what_the_parts_mean(context: BlockContext) -> None:
    chart = box_plot(BoxPlot(table="t", x="size", y="price", limit=3), context)
    assert chart.note == (
        "Size without a finite Price is not drawn. The first 3 of 4; 1 more are not drawn. Boxes "
        "have the middle half of the rows and their median; lines reach from 5.0% to 95.0% of the "
        "rows."
    )


def test_a_click_on_a_box_filters_by_its_group(context: BlockContext) -> None:
    marks = box_plot(BoxPlot(table="t", x="size", y="price"), context).marks
    assert marks is not None
    mark = marks.at(1)
    assert (mark.label, mark.figure) == ("low", "3.00 (2.00 – 40.00)")
    assert mark.terms == (("size", ["low"]),)
    assert marks.at(3).terms == (("size", [None]),)


def test_infinite_quantiles_are_not_drawn(open_context: OpenContext) -> None:
    rows = [("a", inf), ("b", None)]
    context = open_context(SmallTable({"size": "text", "price": "float64"}, rows))
    with pytest.raises(NoRowsError):
        boxes(context)
