"""Small multiples: their charts, the axes that they share, and what clicks on them mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.charts import bar, line
from medallion_panel.blocks.comparison import Comparison
from medallion_panel.blocks.multiples import MAX_MULTIPLES, with_multiples
from medallion_panel.series_settings import Bar, Chart
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

ROWS = [
    ("Cork", "Tea", date(2023, 1, 1), 10.0),
    ("Cork", "Tea", date(2023, 3, 1), 20.0),
    ("Cork", "Cups", date(2023, 2, 1), 5.0),
    ("Galway", "Cups", date(2023, 2, 1), 70.0),
    ("Galway", "Honey", date(2023, 3, 1), -4.0),
    (None, "Tea", date(2023, 1, 1), 1.0),
]
TYPES = {"shop": "text", "product": "text", "day": "date", "v": "float64"}


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SmallTable(TYPES, ROWS))


def data(plot: Any, number: int = 0) -> dict[str, list[Any]]:
    columns = plot.renderers[number].data_source.data
    return {name: list(values) for name, values in columns.items()}


def bars(**settings: Any) -> Bar:
    return Bar(table="t", x="product", y="sum(v)", multiples="shop", **settings)


def test_there_is_a_chart_for_each_value_with_the_largest_figure_first(
    context: BlockContext,
) -> None:
    chart = with_multiples(bar)(bars(), context)
    galway, cork, missing = chart.plots
    titles = [plot.title.text.text for plot in chart.plots]
    assert titles == ["Galway", "Cork", "No value"]
    assert galway.x_range.factors == ["Cups", "Honey", "Tea"]
    assert data(galway)["x"] == ["Cups", "Honey"]
    assert data(galway)["top"] == [70, -4]
    assert (data(cork)["x"], data(cork)["top"]) == (["Cups", "Tea"], [5, 30])
    assert data(missing)["top"] == [1]
    assert galway.x_range is cork.x_range is missing.x_range
    assert galway.y_range is cork.y_range
    assert galway.y_range.start < -4
    assert galway.y_range.end > 70


def test_dates_have_the_same_range_in_all_charts(context: BlockContext) -> None:
    block = Chart(table="t", x="day", y="sum(v)", multiples="shop")
    _, cork, missing = with_multiples(line)(block, context).plots
    assert cork.x_range is missing.x_range
    assert cork.x_range.start.date() < date(2023, 1, 1)
    assert cork.x_range.end.date() > date(2023, 3, 1)


def test_a_click_filters_by_the_value_too(context: BlockContext) -> None:
    marks = with_multiples(bar)(bars(), context).marks
    assert marks is not None
    shown = [(mark.label, mark.figure) for mark in map(marks.at, range(marks.count))]
    assert shown[1:4] == [
        ("Galway · Honey", "-4.00"),
        ("Cork · Cups", "5.00"),
        ("Cork · Tea", "30.00"),
    ]
    assert marks.at(3).terms == (("product", ["Tea"]), ("shop", ["Cork"]))
    assert marks.at(3).condition == "\"product\" in ('Tea') and \"shop\" in ('Cork')"
    assert marks.at(4).terms == (("product", ["Tea"]), ("shop", [None]))
    assert marks.at(4).condition == '"product" in (\'Tea\') and ("shop" is null)'


def test_the_marks_in_the_data_are_numbered_over_all_charts(context: BlockContext) -> None:
    plots = with_multiples(bar)(bars(), context).plots
    assert [data(plot)["mark"] for plot in plots] == [[0, 1], [2, 3], [4]]


def test_the_figures_of_all_charts_are_one_table(context: BlockContext) -> None:
    shops, products, figures = with_multiples(bar)(bars(), context).figures()
    rows = zip(shops.values, products.values, figures.values, strict=True)
    assert list(rows)[1:] == [
        ("Galway", "Honey", -4),
        ("Cork", "Cups", 5),
        ("Cork", "Tea", 30),
        (None, "Tea", 1),
    ]
    assert [column.title for column in (shops, products)] == ["Shop", "Product"]


def test_a_limit_keeps_the_same_x_in_all_charts(context: BlockContext) -> None:
    chart = with_multiples(bar)(bars(sort="-y", limit=1), context)
    assert [data(plot)["x"] for plot in chart.plots] == [["Cups"], ["Cups"]]
    assert chart.note == "The first 1 of 3; 2 more are not drawn."


def test_series_have_the_same_colours_in_all_charts(context: BlockContext) -> None:
    block = Bar(table="t", x="day", y="sum(v)", by="product", multiples="shop")
    chart = with_multiples(bar)(block, context)
    colors = [[renderer.glyph.fill_color for renderer in plot.renderers] for plot in chart.plots]
    cups, honey = colors[0]
    assert cups in colors[1]
    assert honey not in colors[1]
    assert "Honey" in chart.legend
    assert [mark.label for mark in chart.series] == ["Cups", "Tea", "Honey"]


def test_figures_are_compared_with_those_of_the_same_value(context: BlockContext) -> None:
    other = Comparison("before", open_store=lambda: context.store)
    chart = with_multiples(bar)(bars(), replace(context, comparison=other))
    assert [data(plot)["top"] for plot in chart.plots] == [[70, -4], [5, 30], [1]]
    earlier = Comparison("before", filters=(Filter("product", "eq", "Cups"),))
    context = replace(context, comparison=earlier)
    assert context.compared("t") is None
    chart = with_multiples(bar)(bars(), context)
    assert len(chart.plots) == 3


def test_weekdays_are_in_the_order_of_the_calendar(open_context: OpenContext) -> None:
    rows = [("Sunday", 9.0), ("Monday", 1.0), ("Friday", 5.0)]
    table = SmallTable({"weekday": "text", "v": "float64"}, [(*row, "a") for row in rows])
    table = SmallTable({"weekday": "text", "v": "float64", "x": "text"}, table.rows)
    block = Bar(table="t", x="x", y="sum(v)", multiples="weekday")
    chart = with_multiples(bar)(block, open_context(table))
    titles = [plot.title.text.text for plot in chart.plots]
    assert titles == ["Monday", "Friday", "Sunday"]


def test_of_many_values_those_with_the_largest_figures_are_drawn(
    open_context: OpenContext,
) -> None:
    rows = [(f"n{number}", "a", float(number)) for number in range(MAX_MULTIPLES + 3)]
    table = SmallTable({"name": "text", "x": "text", "v": "float64"}, rows)
    block = Bar(table="t", x="x", y="sum(v)", multiples="name")
    chart = with_multiples(bar)(block, open_context(table))
    assert len(chart.plots) == MAX_MULTIPLES
    assert chart.plots[0].title.text.text == f"n{MAX_MULTIPLES + 2}"
    assert chart.note == "3 more charts are not drawn, with smaller figures."
