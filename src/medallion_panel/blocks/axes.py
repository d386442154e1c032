"""What all charts share: quiet axes, figures written by locale, and series named where they end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bokeh.models import (
    CustomJSTickFormatter,
    DatetimeAxis,
    DatetimeTickFormatter,
    FactorRange,
    HoverTool,
    PlainText,
)
from bokeh.plotting import figure

from medallion_panel.block_settings import FormatName
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.theme import FONT, INK

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ORDERS = [
    {name[:length]: place for place, name in enumerate(names)}
    for names in (_WEEKDAYS, _MONTHS)
    for length in (3, None)
]
_LONGEST = 26
_ROOM = 60  # letters below a chart
_ACROSS = 40  # names below a chart
_HIGH = 14  # pixels that a name beside a chart takes
_SLANTED = 120  # pixels that names at a slant take from a chart


def in_order(values: Sequence[Any]) -> list[Any]:
    """Distinct values in their natural order: weekdays and months by the calendar, the rest by themselves."""
    distinct = list(dict.fromkeys(values))
    for order in _ORDERS:
        if distinct and all(value in order for value in distinct):
            return sorted(distinct, key=lambda value: order[value])
    return sorted(distinct)


def cut(text: str) -> str:
    """A text short enough for an axis, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


# The same in the browser: names that begin alike are told apart by an axis only when it holds them whole. Of more
# names than can be read, only some are written.
_CUT = f"""
if (index % Math.ceil(ticks.length / most)) return ""
const letters = [...tick.trim().replace(/\\s+/g, " ")]
return letters.length <= {_LONGEST} ? letters.join("") : letters.slice(0, {_LONGEST - 1}).join("") + "…"
"""


def new_figure(height: int, **ranges: Any) -> figure:
    """An empty figure as wide as its card."""
    plot = figure(
        height=height, sizing_mode="stretch_width", toolbar_location=None, tools="", **ranges
    )
    plot.background_fill_alpha = plot.border_fill_alpha = 0
    plot.background_fill_color = plot.border_fill_color = None
    plot.outline_line_color = None
    plot.min_border_left = plot.min_border_right = 6
    return plot


def name_axes(plot: figure, *, x: str, y: str | None = None) -> None:
    """Write names at the axes, as text: Bokeh takes a string with `$$` in it for mathematics."""
    plot.xaxis.axis_label = PlainText(text=x)
    if y is not None:
        plot.yaxis.axis_label = PlainText(text=y)


def turn_crowded(plot: figure, names: Iterable[str]) -> None:
    """Write the names below a chart at a slant where they would not have room side by side."""
    crowded = sum(len(cut(name)) for name in names) > _ROOM
    plot.xaxis.major_label_orientation = 0.9 if crowded else "horizontal"
    if crowded and isinstance(plot.y_range, FactorRange):
        plot.yaxis.formatter = _names((plot.height - _SLANTED) // _HIGH)


def _names(most: int) -> CustomJSTickFormatter:
    return CustomJSTickFormatter(args={"most": most}, code=_CUT)


class Looks:
    """How axes and tooltips are written. Parameters: `formats`, those of the dashboard."""

    def __init__(self, formats: Formats) -> None:
        self._formats = formats

    def axes(
        self,
        plot: figure,
        *,
        x: FormatName | None = None,
        y: FormatName | None = None,
        ticks: int = 5,
    ) -> None:
        """Quiet axes; `x` and `y` say how the numbers of an axis are written, None that it holds names or times;
        `ticks` is about how many numbers stand on an axis."""
        sides = ((plot.xaxis[0], plot.xgrid, x, plot.x_range, _ACROSS),
                 (plot.yaxis[0], plot.ygrid, y, plot.y_range, plot.height // _HIGH))  # fmt: skip
        for axis, grid, form, span, names in sides:
            axis.axis_line_color = axis.major_tick_line_color = axis.minor_tick_line_color = None
            axis.major_label_text_font = axis.axis_label_text_font = FONT
            axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
            axis.major_label_text_color = axis.axis_label_text_color = INK
            axis.axis_label_text_font_style = "normal"
            grid.grid_line_color = INK if form else None
            grid.grid_line_alpha = 0.18
            if isinstance(span, FactorRange):
                axis.formatter = _names(names)
            elif isinstance(axis, DatetimeAxis):
                axis.formatter = DatetimeTickFormatter(months="%b %Y", years="%Y", days="%d %b")
                axis.ticker.desired_num_ticks = 5
            elif form:
                axis.formatter = self._numbers(form)
                axis.ticker.desired_num_ticks = ticks

    def tips(self, plot: figure, tips: Sequence[tuple[str, str]], renderers: Sequence[Any]) -> None:
        """What shows below the pointer. Data stands in it as text, never as HTML."""
        plot.add_tools(
            HoverTool(tooltips=list(tips), renderers=list(renderers), point_policy="snap_to_data")
        )

    def _numbers(self, name: FormatName) -> CustomJSTickFormatter:
        """Figures as the reader's locale writes them, short."""
        options: Mapping[str, Any] = {"notation": "compact", "maximumSignificantDigits": 3}
        if name == "currency":
            options = {**options, "style": "currency", "currency": self._formats.currency}
        elif name == "percent":
            options = {"style": "percent", "maximumSignificantDigits": 3}
        elif name in ("text", "date"):  # numbers that identify, such as years
            options = {"useGrouping": False, "maximumFractionDigits": 3}
        code = """
        const size = Math.abs(tick)
        const vast = size >= 1e15 || (size > 0 && size < 1e-4) ? {notation: "scientific"} : {}
        return new Intl.NumberFormat(tag, {...options, ...vast}).format(tick)
        """
        return CustomJSTickFormatter(
            args={"tag": self._formats.tag, "options": dict(options)}, code=code
        )
