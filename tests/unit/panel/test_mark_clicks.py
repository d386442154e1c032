"""What can be clicked: buttons in HTML, and glyphs with a tooltip."""

from __future__ import annotations

from bokeh.models import ColumnDataSource, HoverTool, TapTool

from medallion_panel.blocks.axes import new_figure
from medallion_panel.ui.mark_clicks import (
    WHOLE,
    Click,
    MarkClicks,
    behind_button,
    make_clickable,
)
from tests.unit.panel.tables import SAY


def test_a_click_reports_its_card_and_mark() -> None:
    clicked: list[Click] = []
    clicks = MarkClicks(clicked.append)
    clicks._handle_msg({"card": 2, "mark": 7, "narrow": False, "behind": False})
    clicks._handle_msg({"card": 2, "mark": WHOLE, "narrow": True, "behind": True})
    clicks._handle_msg({"card": 1, "mark": 0, "cell": 3})
    clicks._handle_msg({"card": 1, "mark": 4, "series": True})
    assert clicked == [
        Click(2, 7),
        Click(2, WHOLE, behind=True, narrow=True),
        Click(1, 0, cell=3),
        Click(1, 4, series=True),
    ]


def test_a_button_names_its_card_and_mark() -> None:
    assert "data-rows-behind='1' data-mark='5'" in behind_button(1, 5, "Rows behind this row")


def test_what_has_a_tooltip_is_clickable() -> None:
    plot = new_figure(200)
    source = ColumnDataSource({"x": [1], "y": [1], "mark": [0]})
    plot.line(x="x", y="y", source=source)
    bars = plot.vbar(x="x", top="y", source=source)
    plot.add_tools(HoverTool(renderers=[bars], tooltips=[("", "@x")]))
    make_clickable(plot, 4, SAY)
    (tap,) = (tool for tool in plot.tools if isinstance(tool, TapTool))
    assert (tap.renderers, tap.behavior, tap.callback.args) == ([bars], "inspect", {"card": 4})
    (hover,) = (tool for tool in plot.tools if isinstance(tool, HoverTool))
    assert hover.tooltips[-1] == ("", "Click to filter")


def test_the_tooltip_says_how_to_see_the_rows_behind() -> None:
    plot = new_figure(200)
    plot.add_tools(HoverTool(tooltips=[("", "@x")], renderers=[]))
    make_clickable(plot, 4, SAY, explained=True)
    (hover,) = (tool for tool in plot.tools if isinstance(tool, HoverTool))
    assert hover.tooltips[-1] == ("", "Click to filter, Shift-click for the rows behind")


def test_points_without_tooltips_are_clickable_too() -> None:
    plot = new_figure(200)
    make_clickable(plot, 0, SAY)
    (tap,) = (tool for tool in plot.tools if isinstance(tool, TapTool))
    assert tap.renderers == "auto"
