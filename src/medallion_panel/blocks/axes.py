"""Figures, axes and tooltips in the style that all charts share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from babel import dates
from bokeh.models import (
    CustomJS,
    CustomJSTickFormatter,
    DatetimeAxis,
    FactorRange,
    FixedTicker,
    HoverTool,
    NoOverlap,
    PlainText,
    Range1d,
)
from bokeh.plotting import figure

from medallion_panel.block_models import FormatName
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.theme import FONT, INK

_LANGUAGES = ("en", "fr", "de", "es")
_FEW_POWERS, _MAX_POWERS = 4, 8  # of ten, on a logarithmic axis
_MAX_LETTERS = 26  # of a name
_MAX_LETTERS_BELOW = 60  # of all names below a chart, until they are slanted
_MAX_NAMES_BELOW = 40
_NAME_HEIGHT = 14  # pixels of a name at the left of a chart
_TICKS_APART = 8  # pixels between numbers along an axis
_SLANTED_HEIGHT = 120  # pixels of slanted names below a chart
_LETTER_WIDTH = 6.5  # pixels

_SLANT = """
const sizes = plot.x_range.factors.map((name) => Math.min(String(name).length, longest))
const letters = sizes.reduce((one, other) => one + other, 0)
const place = plot.inner_width / sizes.length
const narrow = place > 0 && Math.max(...sizes) * letter + 8 > place
const orientation = letters > most || narrow ? 0.9 : "horizontal"
if (axis.major_label_orientation !== orientation) axis.major_label_orientation = orientation
"""


def in_order(values: Sequence[Any], first: Sequence[str] = ()) -> list[Any]:
    """Distinct values in order: names of weekdays and months by the calendar, all others sorted.

    Those that `first` lists come first, in its order.
    """
    distinct = list(dict.fromkeys(values))
    if first:
        places = {text: place for place, text in enumerate(first)}
        listed = [value for value in distinct if str(value) in places]
        others = [value for value in distinct if str(value) not in places]
        return [*sorted(listed, key=lambda value: places[str(value)]), *in_order(others)]
    for order in _calendar_orders() if distinct else ():
        if all(isinstance(value, str) and _name_key(value) in order for value in distinct):
            return sorted(distinct, key=lambda value: order[_name_key(value)])
    return sorted(distinct)


def _name_key(name: str) -> str:
    return name.rstrip(".").casefold()


@cache
def _calendar_orders() -> list[dict[str, int]]:
    """The places of weekdays and of months by their names, in full and short, by language."""
    return [
        {_name_key(str(name)): place for place, name in names.items()}
        for language in _LANGUAGES
        for get_names in (dates.get_day_names, dates.get_month_names)
        for width in ("wide", "abbreviated")
        for names in [get_names(width, "stand-alone", language)]
    ]


def shorten(text: str) -> str:
    """A text on one line, short enough for an axis."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LETTERS else line[: _MAX_LETTERS - 1] + "…"


# `shorten` in the browser: the factors of an axis stay whole, so that names with the same beginning
# remain distinct. Of more names than fit, only every n-th is written.
_SHORTEN_TICK = f"""
if (index % Math.ceil(ticks.length / most)) return ""
const letters = [...tick.trim().replace(/\\s+/g, " ")]
if (letters.length <= {_MAX_LETTERS}) return letters.join("")
return letters.slice(0, {_MAX_LETTERS - 1}).join("") + "…"
"""


# Intl takes 0.1 ms to make a format, and a chart writes its ticks several times as it is laid out:
# all charts share the formats, by their options.
_SHARED_FORMAT = """
const format = (type, tag, options) => {
  const formats = (globalThis.medallionFormats ??= new Map())
  const key = type + tag + JSON.stringify(options)
  if (!formats.has(key)) formats.set(key, new Intl[type](tag, options))
  return formats.get(key).format(tick)
}
"""

# A time as the locale writes it, as coarse as the ticks are apart.
_TIME_TICK = (
    _SHARED_FORMAT
    + """
const day = 86400000, step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : day
const form = step >= 300 * day ? {year: "numeric"}
  : step >= 25 * day ? {month: "short", year: "numeric"}
  : step >= day ? {day: "numeric", month: "short"} : {hour: "2-digit", minute: "2-digit"}
return format("DateTimeFormat", tag, {...form, timeZone: "UTC"})
"""
)

_NUMBER_TICK = (
    _SHARED_FORMAT
    + """
const size = Math.abs(tick)
const vast = size >= 1e15 || (size > 0 && size < 1e-4) ? {notation: "scientific"} : {}
return format("NumberFormat", tag, {...options, ...vast})
"""
)


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
    """Label the axes with plain text: Bokeh renders a string that contains `$$` as mathematics."""
    plot.xaxis.axis_label = PlainText(text=x)
    if y is not None:
        plot.yaxis.axis_label = PlainText(text=y)


def log_range(low: float, high: float) -> Range1d:
    """A range of a logarithmic axis with room at both ends."""
    return Range1d(float(low) / 1.4, float(high) * 1.4)


def tick_logarithms(axis: Any, grid: Any, low: float, high: float) -> None:
    """Place the ticks of a logarithmic axis at 1, 2 and 5 of each power, fewer where it is long."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    parts = (1, 2, 5) if len(powers) <= _FEW_POWERS else (1,)
    step = math.ceil(len(powers) / _MAX_POWERS)
    places = [part * 10.0**power for power in powers[::step] for part in parts]
    axis.ticker = grid.ticker = FixedTicker(ticks=[tick for tick in places if low <= tick <= high])


def slant_crowded_names(plot: figure, names: Iterable[str]) -> None:
    """Slant the names below a chart where they do not fit next to each other.

    Many letters do not fit on any screen, and fewer not on a narrow one, which the browser knows.
    """
    crowded = sum(len(shorten(name)) for name in names) > _MAX_LETTERS_BELOW
    plot.xaxis.major_label_orientation = 0.9 if crowded else "horizontal"
    if crowded and isinstance(plot.y_range, FactorRange):
        plot.yaxis.formatter = _name_formatter((plot.height - _SLANTED_HEIGHT) // _NAME_HEIGHT)
    axis = plot.xaxis[0]
    limits = {"most": _MAX_LETTERS_BELOW, "longest": _MAX_LETTERS, "letter": _LETTER_WIDTH}
    slant = CustomJS(args={"plot": plot, "axis": axis, **limits}, code=_SLANT)
    plot.js_on_change("outer_width", slant)
    axis.js_on_change("major_label_orientation", slant)  # of a chart that is updated


def _name_formatter(most: int) -> CustomJSTickFormatter:
    return CustomJSTickFormatter(args={"most": most}, code=_SHORTEN_TICK)


class ChartStyle:
    """Styles axes and adds tooltips. Parameters: `formats`, those of the dashboard."""

    def __init__(self, formats: Formats) -> None:
        self._formats = formats

    def style_axes(
        self,
        plot: figure,
        *,
        x: FormatName | None = None,
        y: FormatName | None = None,
        ticks: int = 5,
    ) -> None:
        """Style both axes.

        Parameters: `x` and `y` are the formats of numeric axes, None for names and times; `ticks`
        is about how many numbers to write on an axis.
        """
        max_names = plot.height // _NAME_HEIGHT
        sides = (
            (plot.xaxis[0], plot.xgrid, x, plot.x_range, _MAX_NAMES_BELOW),
            (plot.yaxis[0], plot.ygrid, y, plot.y_range, max_names),
        )
        for axis, grid, form, span, most in sides:
            axis.axis_line_color = axis.major_tick_line_color = axis.minor_tick_line_color = None
            axis.major_label_text_font = axis.axis_label_text_font = FONT
            axis.major_label_text_font_size = axis.axis_label_text_font_size = "12px"
            axis.major_label_text_color = axis.axis_label_text_color = INK
            axis.axis_label_text_font_style = "normal"
            grid.grid_line_color = INK if form else None
            grid.grid_line_alpha = 0.18
            if isinstance(span, FactorRange):
                axis.formatter = _name_formatter(most)
            elif isinstance(axis, DatetimeAxis):
                axis.formatter = CustomJSTickFormatter(
                    args={"tag": self._formats.tag}, code=_TIME_TICK
                )
                axis.ticker.desired_num_ticks = 5
                axis.major_label_policy = NoOverlap(min_distance=_TICKS_APART)
            elif form:
                axis.formatter = self._number_formatter(form)
                axis.ticker.desired_num_ticks = ticks
                if form == "integer":
                    axis.ticker.min_interval = 1
                axis.major_label_policy = NoOverlap(min_distance=_TICKS_APART)

    def add_tooltips(
        self, plot: figure, tooltips: Sequence[tuple[str, str]], renderers: Sequence[Any]
    ) -> None:
        """Show (label, template) pairs for the mark under the pointer; data is text, never HTML."""
        hover = HoverTool(
            tooltips=list(tooltips), renderers=list(renderers), point_policy="snap_to_data"
        )
        plot.add_tools(hover)

    def _number_formatter(self, name: FormatName) -> CustomJSTickFormatter:
        """A formatter of short numbers in the dashboard's locale."""
        options: Mapping[str, Any] = {
            "notation": "compact",
            "maximumSignificantDigits": 3,
            "useGrouping": "always",
        }
        if name == "currency":
            options = {**options, "style": "currency", "currency": self._formats.currency}
        elif name == "percent":
            options = {"style": "percent", "maximumSignificantDigits": 3}
        elif name in ("text", "date"):  # numbers that identify, such as years
            options = {"useGrouping": False, "maximumFractionDigits": 3}
        return CustomJSTickFormatter(
            args={"tag": self._formats.tag, "options": dict(options)}, code=_NUMBER_TICK
        )
