"""Lines, areas and bars of figures the store has aggregated.

They are Bokeh figures made directly: by hvplot each took 0.2 to 1 s to build, which a page of ten would feel.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, Range1d
from bokeh.transform import dodge

from medallion.query.metrics import metric_call
from medallion_panel.block_settings import Bar, Chart, FormatName
from medallion_panel.blocks.axes import Looks, new_figure, turn_crowded
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.legend import Picture, names_legend
from medallion_panel.blocks.periods import breaks
from medallion_panel.blocks.series import series_data
from medallion_panel.ui.formats import is_month
from medallion_panel.ui.theme import PRIMARY, REST

if TYPE_CHECKING:
    from bokeh.plotting import figure

_FAINT = 0.45  # how opaque a period is that is not over yet
_BAR = 0.7  # of the room of a bar


def line(block: Chart, reading: BlockContext) -> Picture:
    """One line a series, broken where periods are missing and dashed into one that is not over yet."""
    chart = _SeriesChart(block, reading)
    plot = chart.figure()
    frame = chart.frame
    keys = chart.colors
    if "raw" in frame and len(keys) == 1:
        (name,) = keys
        keys = {f"Average of {block.window}": chart.colors[name], name: REST}
        raw = _source(chart.broken(frame.assign(y=frame["raw"])))
        plot.line(x="x", y="y", source=raw, color=REST, line_width=1.5, line_dash="dotted")
    hovered = []
    for name, color in chart.colors.items():
        series = frame[frame["series"] == name]
        over = series.assign(y=series["y"].mask(series["unfinished"]))
        going = series.assign(y=series["y"].where(_touches(series["unfinished"])))
        look = {"color": color, "line_width": 2.5, "line_join": "round"}
        plot.line(x="x", y="y", source=_source(chart.broken(over)), **look)
        plot.line(x="x", y="y", source=_source(chart.broken(going)), line_dash=[4, 4], **look)
        dots = _source(series.assign(alpha=chart.alone(series).astype(float)))
        hovered.append(
            plot.scatter(
                x="x", y="y", source=dots, color=color, size=9, alpha="alpha", hover_alpha=1
            )
        )
    chart.looks.tips(plot, chart.tips, hovered)
    high = frame["raw"].max() if "raw" in frame else frame["y"].max()
    plot.y_range = _from_zero(frame["y"].min(), max(high, frame["y"].max()))
    return Picture(plot, names_legend(keys), chart.note)


def area(block: Chart, reading: BlockContext) -> Picture:
    """Areas, one on the other, faint into a period that is not over yet. What does not add up or falls below 0 is
    drawn as lines, and a single x as a bar."""
    chart = _SeriesChart(block, reading)
    frame = chart.frame.dropna(subset=["y"])
    if not chart.stacked or (frame["y"] < 0).any():
        return line(block, reading)
    if frame["x"].nunique() == 1:
        return bar(Bar.model_validate(block.model_dump()), reading)
    plot = chart.figure()
    names = list(chart.colors)
    order = chart.with_missing(pd.Index(frame.sort_values("place")["x"].unique()))
    wide = frame.pivot(index="x", columns="series", values="y").reindex(order)[names].fillna(0)
    wide = wide.rename_axis("x")
    going = pd.Series(wide.index.isin(frame["x"][frame["unfinished"]]), index=wide.index)
    if not going.is_monotonic_increasing:  # only what ends an area can be another one
        going[:] = False
    for part, alpha in ((wide[~going], 0.8), (wide[_touches(going)], _FAINT)):
        look = {"color": list(chart.colors.values()), "alpha": alpha}
        if not part.empty:
            plot.varea_stack(names, x="x", source=_source(part.reset_index()), **look)
    tops = wide.cumsum(axis=1)
    plot.y_range = Range1d(0, float(tops.iloc[:, -1].max()) * 1.02 or 1)
    dots = frame.assign(
        top=[float(tops.loc[x, name]) for x, name in frame[["x", "series"]].to_numpy()]
    )
    hovered = plot.scatter(
        x="x", y="top", source=_source(dots), size=9, alpha=0, hover_alpha=1, color=PRIMARY
    )
    chart.looks.tips(plot, chart.tips, [hovered])
    return Picture(plot, names_legend(chart.colors), chart.note)


def bar(block: Bar, reading: BlockContext) -> Picture:
    """Bars by x; several series stand on each other where they add up, else next to each other."""
    chart = _SeriesChart(block, reading, named=True)
    frame = chart.frame
    factors = chart.names
    across = block.horizontal
    plot = chart.figure(factors=FactorRange(*(factors[::-1] if across else factors)))
    stacked = chart.stacked
    ends = {
        sign: pd.Series(0.0, index=factors) for sign in (-1, 1)
    }  # of the bars below 0 and above
    width = _BAR if stacked else _BAR / len(chart.colors)
    hovered = []
    for place, (name, color) in enumerate(chart.colors.items()):
        part = frame[frame["series"] == name]
        above, below = (ends[sign].reindex(part["x"]).to_numpy() for sign in (1, -1))
        base = np.where(part["y"] >= 0, above, below) if stacked else np.zeros(len(part))
        alpha = np.where(part["unfinished"], _FAINT, 0.9)
        source = _source(part.assign(base=base, top=base + part["y"].to_numpy(), alpha=alpha))
        heights = part.set_index("x")["y"]
        ends = {
            sign: end.add(heights[heights * sign > 0], fill_value=0) for sign, end in ends.items()
        }
        shift = (place - (len(chart.colors) - 1) / 2) * (-width if across else width)
        at: Any = "x" if stacked else dodge("x", shift, range=_factors(plot))
        look = {
            "source": source,
            "color": color,
            "line_width": 0,
            "alpha": "alpha",
            "hover_alpha": 1,
        }
        if across:
            hovered.append(plot.hbar(y=at, left="base", right="top", height=width * 0.95, **look))
        else:
            hovered.append(plot.vbar(x=at, bottom="base", top="top", width=width * 0.95, **look))
    chart.looks.tips(plot, chart.tips, hovered)
    tops = pd.concat([*ends.values()]) if stacked else frame["y"]
    values = _from_zero(min(tops.min(), 0), max(tops.max(), 0))
    if across:
        plot.x_range = values
    else:
        plot.y_range = values
        turn_crowded(plot, factors)
    return Picture(plot, names_legend(chart.colors), chart.note)


class _SeriesChart:
    """The figures of one chart, with what its tooltips say and how its axes are written."""

    def __init__(self, block: Chart, reading: BlockContext, *, named: bool = False) -> None:
        data = series_data(block, reading)
        frame = data.frame
        if frame.empty:
            raise NoRowsError
        self.block = block
        ratio = block.show in ("share", "growth")
        self.form: FormatName = (
            "percent" if ratio else reading.format(block.table, block.y, block.format)
        )
        self._x_form = reading.format(block.table, block.x)
        write = reading.formats.writer(self.form, short=True)
        frame["text"] = [write(value) for value in frame["y"]]
        frame["period"] = [reading.formats.period(value) for value in frame["x"]]
        self.note = " ".join(data.notes)
        self.stacked = metric_call(block.metric).additive and block.show != "growth"
        self.times = not named and all(
            is_month(value) or hasattr(value, "isoformat") for value in frame["x"]
        )
        self._months = self.times and all(is_month(value) for value in frame["x"])
        if self.times:
            frame["x"] = pd.to_datetime(frame["x"], utc=True).dt.tz_localize(None)
        elif named or not all(map(_numeric, frame["x"])):
            frame["x"] = frame["period"]
        self.names = list(dict.fromkeys(frame.sort_values("place")["period"]))
        self.frame = frame
        self.looks = Looks(reading.formats)
        names = list(dict.fromkeys(frame["series"]))
        self.colors = (
            reading.colors(block.table, block.by, names)
            if block.by
            else dict.fromkeys(names, PRIMARY)
        )
        several = [("", "@series")] if len(names) > 1 else []
        label = reading.formats.label
        self.tips = [*several, (label(block.x), "@period"), (label(block.y), "@text")]

    def figure(self, factors: FactorRange | None = None) -> figure:
        """An empty figure with the axes of the block."""
        across = isinstance(self.block, Bar) and self.block.horizontal
        ranges: dict[str, Any] = {}
        if self.times:
            ranges["x_axis_type"] = "datetime"
            if self.frame["x"].nunique() == 1:  # a range of no width has no ticks
                (only,), month = self.frame["x"].unique(), pd.Timedelta(days=31)
                ranges["x_range"] = Range1d(pd.Timestamp(only) - month, pd.Timestamp(only) + month)
        elif factors is not None:
            ranges["y_range" if across else "x_range"] = factors
        elif any(isinstance(value, str) for value in self.frame["x"]):
            ranges["x_range"] = FactorRange(*self.names)
        plot = new_figure(self.block.height, **ranges)
        if across:
            self.looks.axes(plot, x=self.form, ticks=4)
        else:
            numbers = not self.times and not isinstance(plot.x_range, FactorRange)
            self.looks.axes(plot, x=self._x_form if numbers else None, y=self.form)
            plot.xgrid.grid_line_color = None
        return plot

    def _breaks(self, series: pd.DataFrame) -> list[bool]:
        """Of every point of a series in the order of x, whether periods are missing before it."""
        if not self.times or self.block.sort.endswith("y"):
            return [False] * len(series)
        return breaks(list(series["x"].sort_values()), months=self._months)

    def broken(self, series: pd.DataFrame) -> pd.DataFrame:
        """A series with a row of nothing wherever periods are missing, so that no line runs across."""
        if not any(missing := self._breaks(series)):
            return series
        ordered = series.sort_values("x").reset_index(drop=True)
        gaps = ordered[missing].assign(y=np.nan)
        gaps.index = gaps.index - 0.5
        return pd.concat([ordered, gaps]).sort_index().reset_index(drop=True)

    def alone(self, series: pd.DataFrame) -> pd.Series:
        """Which points no line leads to or from, so that only a dot shows them."""
        missing = pd.Series(self._breaks(series), index=series["x"].sort_values().index, dtype=bool)
        first = pd.Series([True, *missing.iloc[1:]], index=missing.index)
        last = pd.Series([*missing.iloc[1:], True], index=missing.index)
        return (first & last).reindex(series.index)

    def with_missing(self, index: pd.Index) -> pd.Index:
        """The x of an area with a missing period on either side of every gap, where the figures are 0."""
        if not self.times:
            return index
        times = list(index.sort_values())
        step = pd.DateOffset(months=1) if self._months else min(b - a for a, b in pairwise(times))
        missing = breaks(times, months=self._months)
        edges = [
            edge
            for n, gap in enumerate(missing)
            if gap
            for edge in (times[n - 1] + step, times[n] - step)
        ]
        return pd.DatetimeIndex(sorted({*times, *edges}))


def _touches(unfinished: pd.Series) -> pd.Series:
    """The unfinished points and those next to them."""
    return (
        unfinished | unfinished.shift(-1, fill_value=False) | unfinished.shift(1, fill_value=False)
    )


def _numeric(value: Any) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def _factors(plot: figure) -> FactorRange:
    return plot.x_range if isinstance(plot.x_range, FactorRange) else plot.y_range


def _source(frame: pd.DataFrame) -> ColumnDataSource:
    """A frame's columns for Bokeh, whose own way from a frame warns of what pandas will no longer do."""
    return ColumnDataSource({name: values.to_numpy() for name, values in frame.items()})


def _from_zero(low: float, high: float) -> Range1d:
    """A range that has zero in it and leaves room above."""
    room = (float(high) - min(float(low), 0)) * 0.06 or 1.0
    return Range1d(float(low) - room if low < 0 else 0, float(high) + room)
