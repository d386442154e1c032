"""What line, area and bar charts have in common: axes, names, gaps and tooltips."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from bokeh.models import DatetimeAxis, FactorRange

from medallion_panel.blocks.series_chart import SeriesChart, is_adjacent
from medallion_panel.palette import Palette
from medallion_panel.series_settings import Bar, Chart
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable


def chart_of(
    open_context: OpenContext, types: dict[str, str], rows: list[Any], **settings: Any
) -> SeriesChart:
    names_as_x = settings.pop("names_as_x", False)
    kind = Bar if "horizontal" in settings else Chart
    block = kind(table="t", **{"x": "x", "y": "sum(v)", **settings})
    table = SmallTable({**types, "v": "float64"}, [(*row, 1.5) for row in rows])
    return SeriesChart(block, open_context(table), names_as_x=names_as_x)


def test_months_are_times_with_names(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "text"}, [("2023-02",), ("2023-01",)])
    assert list(chart.frame["x"]) == [pd.Timestamp("2023-01-01"), pd.Timestamp("2023-02-01")]
    assert list(chart.frame["period"]) == chart.names == ["Jan 2023", "Feb 2023"]
    assert list(chart.frame["text"]) == ["1.50", "1.50"]
    assert isinstance(chart.figure().xaxis[0], DatetimeAxis)


def test_names_remain_names(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "text"}, [("b",), ("a",), (None,)])
    assert list(chart.frame["x"]) == ["a", "b", "No value"]
    plot = chart.figure()
    assert isinstance(plot.x_range, FactorRange)
    assert plot.x_range.factors == ["a", "b", "No value"]


def test_numbers_are_a_scale_unless_they_are_names(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "int64"}, [(2,), (1,)])
    assert list(chart.frame["x"]) == [1, 2]
    assert not isinstance(chart.figure().x_range, FactorRange)
    names = chart_of(open_context, {"x": "int64"}, [(2,), (1,)], names_as_x=True)
    assert list(names.frame["x"]) == ["1", "2"]


def test_a_single_day_has_a_month_on_both_sides(open_context: OpenContext) -> None:
    plot = chart_of(open_context, {"x": "date"}, [(date(2023, 3, 1),)]).figure()
    assert (plot.x_range.start, plot.x_range.end) == (
        pd.Timestamp("2023-01-29"),
        pd.Timestamp("2023-04-01"),
    )


def test_a_horizontal_chart_has_its_names_on_the_y_axis(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "text"}, [("a",)], horizontal=True)
    factors = FactorRange("a")
    assert chart.horizontal
    assert chart.figure(factors).y_range is factors


@pytest.mark.parametrize(
    ("settings", "is_stacked"),
    [({}, True), ({"y": "mean(v)"}, False), ({"show": "share"}, True)],
)
def test_only_what_adds_up_is_stacked(
    open_context: OpenContext, settings: dict[str, Any], is_stacked: bool
) -> None:
    chart = chart_of(open_context, {"x": "text"}, [("a",), ("b",)], **settings)
    assert chart.stacked is is_stacked


def test_shares_are_written_as_percent(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "text"}, [("a",), ("b",)], show="share")
    assert list(chart.frame["text"]) == ["50.0%", "50.0%"]


def test_several_series_have_colours_and_their_name_in_the_tooltip(
    open_context: OpenContext,
) -> None:
    single = chart_of(open_context, {"x": "text"}, [("a",)])
    assert single.colors == {"V": Palette().series[0]}
    assert single.tooltips == [("X", "@period"), ("V", "@text")]
    chart = chart_of(open_context, {"x": "text", "s": "text"}, [("a", "p"), ("a", "q")], by="s")
    assert set(chart.colors) == {"p", "q"}
    assert len(set(chart.colors.values())) == 2
    assert chart.tooltips[0] == ("", "@series")


DAYS = [date(2023, 1, day) for day in (1, 2, 3, 9, 20, 21)]


def test_a_line_breaks_where_days_are_missing(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "date"}, [(day,) for day in DAYS])
    with_gaps = chart.with_gaps(chart.frame)
    assert [y != y for y in with_gaps["y"]] == [
        *(False, False, False),
        *(True, False),
        *(True, False, False),
    ]
    assert list(chart.isolated(chart.frame)) == [False, False, False, True, False, False]


def test_an_area_is_0_from_the_first_to_the_last_missing_day(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "date"}, [(day,) for day in DAYS])
    edges = chart.with_gap_edges(pd.DatetimeIndex(chart.frame["x"]))
    assert [time.day for time in edges] == [1, 2, 3, 4, 8, 9, 10, 19, 20, 21]


def test_an_area_of_months_steps_by_months(open_context: OpenContext) -> None:
    rows = [(month,) for month in ("2022-01", "2022-02", "2022-03", "2022-11", "2022-12")]
    chart = chart_of(open_context, {"x": "text"}, rows)
    edges = chart.with_gap_edges(pd.DatetimeIndex(chart.frame["x"]))
    assert [time.month for time in edges] == [1, 2, 3, 4, 10, 11, 12]


def test_names_and_an_order_by_figures_have_no_gaps(open_context: OpenContext) -> None:
    chart = chart_of(open_context, {"x": "date"}, [(day,) for day in DAYS], sort="-y")
    assert chart.with_gaps(chart.frame) is chart.frame
    names = chart_of(open_context, {"x": "text"}, [("a",)])
    index = pd.Index(["a", "z"])
    assert names.with_gap_edges(index) is index


def test_points_next_to_an_unfinished_one() -> None:
    unfinished = pd.Series([False, False, True, False, False])
    assert list(is_adjacent(unfinished)) == [False, True, True, True, False]


def test_moments_are_at_the_time_of_the_dashboards_clocks(open_context: OpenContext) -> None:
    table = SmallTable(
        {"x": "timestamptz", "v": "float64"},
        [(datetime(2023, 7, 1, 22, tzinfo=UTC), 1.5), (datetime(2023, 1, 1, 23, tzinfo=UTC), 1.5)],
    )
    context = open_context(table)
    formats = replace(context.formats, time_zone="Europe/Paris")
    chart = SeriesChart(Chart(table="t", x="x", y="sum(v)"), replace(context, formats=formats))
    assert list(chart.frame["x"]) == [pd.Timestamp(2023, 1, 2), pd.Timestamp(2023, 7, 2)]
    assert list(chart.frame["period"]) == [
        "2 Jan 2023, 00:00:00 CET",
        "2 Jul 2023, 00:00:00 CEST",
    ]
