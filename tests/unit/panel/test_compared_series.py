"""Figures of an earlier period at the places of those of a chart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from bokeh.models import Scatter
from bokeh.models.glyphs import HBar, Line, VBar

from medallion_panel.blocks import charts
from medallion_panel.blocks.compared_series import can_total, compared_series, compared_totals
from medallion_panel.blocks.series_chart import SeriesChart
from medallion_panel.series_settings import Bar, Chart
from tests.unit.panel.compared import LABEL, SALES, compared
from tests.unit.panel.conftest import OpenContext


def chart_block(kind: type[Chart] = Chart, **settings: Any) -> Chart:
    return kind(table="t", **{"x": "month", "y": "sum(value)", **settings})


def test_months_are_at_those_they_correspond_to(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    chart = SeriesChart(chart_block(), context)
    assert list(chart.frame["y"]) == [85, 50, 60]
    series = compared_series(chart, context)
    assert series is not None
    assert list(series.frame["x"]) == [pd.Timestamp(2023, month, 1) for month in (4, 5, 6)]
    assert list(series.frame["y"]) == [40, 20, 7]
    assert list(series.frame["period"]) == ["Jan 2023", "Feb 2023", "Mar 2023"]
    assert list(series.frame["text"]) == ["40", "20", "7"]
    assert (series.label, series.note) == (LABEL, "")


def test_figures_as_a_table_have_what_they_are_compared_with(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    line, area = (
        draw(chart_block(by="shop"), context).figures() for draw in (charts.line, charts.area)
    )
    assert [column.title for column in line] == ["Month", "Shop", "Value", LABEL]
    rows = sorted(zip(*(column.values for column in line), strict=True))
    assert rows[:2] == [("2023-04", "A", 40, 10), ("2023-04", "B", 45, 30)]
    assert [column.title for column in area] == ["Month", "Shop", "Value"]
    sums = [row for row in zip(*(column.values for column in area), strict=True) if row[1] == LABEL]
    assert sums == [("2023-04", LABEL, 40), ("2023-05", LABEL, 20), ("2023-06", LABEL, 7)]
    assert all(type(figure) is int for *_, figure in sums)


def test_visitors_who_see_the_same_share_the_figures(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    chart = SeriesChart(chart_block(by="shop"), context)
    series, totals = compared_series(chart, context), compared_totals(chart, context)
    again = SeriesChart(chart_block(by="shop"), context)
    assert compared_series(again, compared(context)) is series
    assert compared_totals(again, compared(context)) is totals
    assert context.comparison is not None
    renamed = replace(context, comparison=replace(context.comparison, label="Winter"))
    winter = compared_series(chart, renamed)
    assert winter is not None
    assert winter.label == "Winter"


def test_an_average_has_no_figure_at_the_first_months(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    series = compared_series(SeriesChart(chart_block(show="average"), context), context)
    assert series is not None
    assert list(series.frame["x"]) == [pd.Timestamp(2023, 6, 1)]
    assert list(series.frame["y"].round(2)) == [22.33]


def test_series_are_those_of_the_chart(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    block = chart_block(by="shop", series=1)  # B has 105, A 90
    chart = SeriesChart(block, context)
    assert set(chart.colors) == {"B", "A"}
    series = compared_series(chart, context)
    assert series is not None
    figures = zip(series.frame["series"], series.frame["period"], series.frame["y"], strict=True)
    assert sorted(figures) == [
        ("A", "Feb 2023", 20),
        ("A", "Jan 2023", 10),
        ("B", "Jan 2023", 30),
        ("Others", "Mar 2023", 7),  # of C, which the chart lacks
    ]
    totals = compared_totals(chart, context)
    assert totals is not None
    assert list(totals.frame["y"]) == [40, 20, 7]


def test_names_that_the_chart_lacks_are_counted(open_context: OpenContext) -> None:
    context = compared(open_context(SALES))
    series = compared_series(SeriesChart(chart_block(x="shop"), context), context)
    assert series is not None
    assert list(zip(series.frame["x"], series.frame["y"], strict=True)) == [("A", 30), ("B", 30)]
    assert series.note == f"1 figure of {LABEL} is not drawn: it has no counterpart."


def test_without_a_comparison_or_figures_there_is_nothing(open_context: OpenContext) -> None:
    context = open_context(SALES)
    assert compared_series(SeriesChart(chart_block(), context), context) is None


def test_only_sums_of_sums_are_totals() -> None:
    assert can_total(chart_block())
    assert can_total(chart_block(show="total"))
    assert not can_total(chart_block(y="mean(value)"))
    assert not can_total(chart_block(show="share"))


def test_a_line_is_dashed_and_has_a_key(open_context: OpenContext) -> None:
    rendered = charts.line(chart_block(), compared(open_context(SALES)))
    lines = [each.glyph for each in rendered.figure.renderers if isinstance(each.glyph, Line)]
    assert [list(line.line_dash) for line in lines] == [[], [4, 4], [6, 4]]
    assert LABEL in rendered.legend
    assert "stroke-dasharray" in rendered.legend
    assert rendered.figure.y_range.end > 85


def test_an_area_has_the_sum_as_a_line(open_context: OpenContext) -> None:
    rendered = charts.area(chart_block(by="shop"), compared(open_context(SALES)))
    dashed = [
        each
        for each in rendered.figure.renderers
        if isinstance(each.glyph, Line) and list(each.glyph.line_dash) == [6, 4]
    ]
    (line,) = dashed
    assert list(line.data_source.data["y"]) == [40, 20, 7]
    assert any(isinstance(each.glyph, Scatter) for each in rendered.figure.renderers)


def test_bars_are_next_to_each_other(open_context: OpenContext) -> None:
    for horizontal, glyph in ((False, VBar), (True, HBar)):
        block = chart_block(Bar, horizontal=horizontal)
        rendered = charts.bar(block, compared(open_context(SALES)))  # type: ignore[arg-type]
        former, own = (each for each in rendered.figure.renderers if isinstance(each.glyph, glyph))
        assert list(former.data_source.data["x"]) == ["Apr 2023", "May 2023", "Jun 2023"]
        assert list(former.data_source.data["top"]) == [40, 20, 7]
        assert list(own.data_source.data["top"]) == [85, 50, 60]
        assert "mark" not in former.data_source.data  # a click on it is none on the page's rows
        assert LABEL in rendered.legend


def test_bars_of_means_have_no_sum_to_compare(open_context: OpenContext) -> None:
    block = chart_block(Bar, y="mean(value)", by="shop")
    rendered = charts.bar(block, compared(open_context(SALES)))  # type: ignore[arg-type]
    assert LABEL not in rendered.legend
    assert rendered.note == "Not compared: the figures of its series cannot be combined."
