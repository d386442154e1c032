"""Order and length of names on axes, and the look of figures."""

from __future__ import annotations

from typing import Any

import pytest
from bokeh.models import (
    CustomJSTickFormatter,
    FactorRange,
    HoverTool,
    NoOverlap,
    PlainText,
)

from medallion_panel.blocks.axes import (
    ChartStyle,
    in_order,
    name_axes,
    new_figure,
    shorten,
    slant_crowded_names,
    tick_logarithms,
)
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.unit.panel.tables import FORMATS


@pytest.mark.parametrize(
    ("values", "ordered"),
    [
        (["Sunday", "Monday", "Sunday"], ["Monday", "Sunday"]),
        (["Sun", "Tue", "Mon"], ["Mon", "Tue", "Sun"]),
        (["Dec", "Jan", "May"], ["Jan", "May", "Dec"]),
        (["April", "May", "March"], ["March", "April", "May"]),
        (["Sunday", "Sun"], ["Sun", "Sunday"]),
        (["sunday", "monday"], ["monday", "sunday"]),
        (["Mittwoch", "Montag", "Dienstag"], ["Montag", "Dienstag", "Mittwoch"]),
        (["août", "janvier", "mars"], ["janvier", "mars", "août"]),
        (["sáb", "lun", "mié"], ["lun", "mié", "sáb"]),
        ([3, 1, 2, 1], [1, 2, 3]),
        ([], []),
    ],
)
def test_weekdays_and_months_are_in_the_order_of_the_calendar(
    values: list[Any], ordered: list[Any]
) -> None:
    assert in_order(values) == ordered


def test_listed_values_come_first_in_their_order() -> None:
    assert in_order(["high", "low", "mid"], ("low", "mid", "high")) == ["low", "mid", "high"]
    assert in_order(["b", "high", "a", "low"], ("low", "high")) == ["low", "high", "a", "b"]
    assert in_order([3, 1, 2], ("2",)) == [2, 1, 3]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("x" * 26, "x" * 26),
        ("x" * 27, "x" * 25 + "…"),
        ("  two\nlines ", "two lines"),
        ("", ""),
        ("🙂" * 27, "🙂" * 25 + "…"),
    ],
)
def test_a_name_on_an_axis_is_one_short_line(text: str, short: str) -> None:
    assert shorten(text) == short


def test_labels_of_axes_are_never_mathematics() -> None:
    plot = new_figure(300)
    name_axes(plot, x="$$x$$", y="$$y$$")
    assert isinstance(plot.xaxis[0].axis_label, PlainText)
    assert (plot.xaxis[0].axis_label.text, plot.yaxis[0].axis_label.text) == ("$$x$$", "$$y$$")


def test_a_figure_has_no_tools_and_is_as_wide_as_its_card() -> None:
    plot = new_figure(250)
    assert (plot.height, plot.sizing_mode, plot.toolbar_location) == (250, "stretch_width", None)
    assert plot.tools == []


@pytest.mark.parametrize(
    ("names", "orientation"), [(["x" * 20] * 3, "horizontal"), (["x" * 20] * 3 + ["y"], 0.9)]
)
def test_names_are_slanted_when_they_do_not_fit(names: list[str], orientation: Any) -> None:
    plot = new_figure(300, x_range=FactorRange(*dict.fromkeys(names)), y_range=FactorRange("a"))
    ChartStyle(FORMATS).style_axes(plot)
    slant_crowded_names(plot, names)
    assert plot.xaxis[0].major_label_orientation == orientation
    assert "change:outer_width" in plot.js_property_callbacks  # narrow screens are tried in one
    most = plot.yaxis[0].formatter.args["most"]
    assert most == (300 // 14 if orientation == "horizontal" else (300 - 120) // 14)


def test_axes_write_names_times_and_numbers_each_in_their_way() -> None:
    plot = new_figure(280, x_axis_type="datetime", y_range=FactorRange("a", "b"))
    ChartStyle(FORMATS).style_axes(plot)
    assert plot.xaxis[0].formatter.args == {"tag": "en-IE"}
    assert plot.yaxis[0].formatter.args == {"most": 20}
    assert plot.xgrid[0].grid_line_color is None
    assert isinstance(plot.xaxis[0].major_label_policy, NoOverlap)
    numbers = new_figure(280)
    ChartStyle(FORMATS).style_axes(numbers, x="integer", y="currency", ticks=4)
    assert isinstance(numbers.yaxis[0].formatter, CustomJSTickFormatter)
    assert numbers.xaxis[0].ticker.desired_num_ticks == 4
    assert numbers.xaxis[0].ticker.min_interval == 1  # no half of what is counted
    assert numbers.yaxis[0].ticker.min_interval == 0
    assert numbers.xgrid[0].grid_line_color is not None


@pytest.mark.parametrize(
    ("form", "options"),
    [
        (
            "integer",
            {"notation": "compact", "maximumSignificantDigits": 3, "useGrouping": "always"},
        ),
        (
            "currency",
            {
                "notation": "compact",
                "maximumSignificantDigits": 3,
                "useGrouping": "always",
                "style": "currency",
                "currency": "CHF",
            },
        ),
        ("percent", {"style": "percent", "maximumSignificantDigits": 3}),
        ("text", {"useGrouping": False, "maximumFractionDigits": 3}),
    ],
)
def test_numbers_of_an_axis_have_the_locale_and_the_format(
    form: Any, options: dict[str, Any]
) -> None:
    plot = new_figure(280)
    formats = Formats.of(Dashboard(locale="de_CH", currency="CHF"))
    ChartStyle(formats).style_axes(plot, y=form)
    assert plot.yaxis[0].formatter.args == {"tag": "de-CH", "options": options}


def test_a_tooltip_belongs_to_its_marks() -> None:
    plot = new_figure(280)
    line = plot.line([1, 2], [1, 2])
    ChartStyle(FORMATS).add_tooltips(plot, [("Rows", "@text")], [line])
    (hover,) = plot.tools
    assert isinstance(hover, HoverTool)
    assert (hover.tooltips, hover.renderers) == ([("Rows", "@text")], [line])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (4_000, 130_000, [5e3, 1e4, 2e4, 5e4, 1e5]),
        (1, 5_000_000, [1, 10, 100, 1e3, 1e4, 1e5, 1e6]),
        (1, 1e12, [1, 100, 1e4, 1e6, 1e8, 1e10, 1e12]),
    ],
)
def test_ticks_of_a_logarithmic_axis(low: float, high: float, ticks: list[float]) -> None:
    plot = new_figure(300, y_axis_type="log")
    tick_logarithms(plot.yaxis[0], plot.ygrid[0], low, high)
    assert plot.yaxis[0].ticker.ticks == ticks
    assert plot.ygrid[0].ticker is plot.yaxis[0].ticker
