"""Lines, areas and bars of figures the store has aggregated.

They are Bokeh figures made directly: by hvplot each took 0.2 to 1 s to build, which a page of ten would feel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, Range1d

from medallion_panel.blocks.axes import Looks, new_figure, turn_crowded
from medallion_panel.blocks.legends import Picture, names_legend
from medallion_panel.blocks.reading import NoRowsError, Reading
from medallion_panel.blocks.series import OTHERS, frame_of
from medallion_panel.formats import is_month
from medallion_panel.section import Bar, Chart, FormatName
from medallion_panel.theme import PRIMARY, REST, SERIES

if TYPE_CHECKING:
    from bokeh.plotting import figure


def line(block: Chart, reading: Reading) -> Picture:
    """One line a series."""
    drawn = _Drawn(block, reading)
    plot = drawn.figure()
    frame = drawn.frame
    keys = drawn.colors
    if "raw" in frame and len(keys) == 1:
        (name,) = keys
        keys = {f"Average of {block.window}": PRIMARY, name: REST}
        plot.line(x="x", y="raw", source=_source(frame), color=REST, line_width=1.5, line_dash="dotted")
    hovered = []
    for name, color in drawn.colors.items():
        source = _source(frame[frame["series"] == name])
        plot.line(x="x", y="y", source=source, color=color, line_width=2.5, line_join="round")
        dots = plot.scatter(x="x", y="y", source=source, color=color, size=9, alpha=0, hover_alpha=1)
        hovered.append(dots)
    drawn.looks.tips(plot, drawn.tips, hovered)
    high = frame["raw"].max() if "raw" in frame else frame["y"].max()
    plot.y_range = _from_nought(frame["y"].min(), max(high, frame["y"].max()))
    return Picture(plot, names_legend(keys))


def area(block: Chart, reading: Reading) -> Picture:
    """Areas, one on the other."""
    drawn = _Drawn(block, reading)
    plot = drawn.figure()
    names = list(drawn.colors)
    wide = drawn.frame.pivot(index="x", columns="series", values="y").fillna(0)[names]
    plot.varea_stack(names, x="x", color=list(drawn.colors.values()), alpha=0.8, source=_source(wide.reset_index()))
    tops = wide.cumsum(axis=1)
    plot.y_range = Range1d(0, float(tops.iloc[:, -1].max()) * 1.02 or 1)
    dots = drawn.frame.assign(top=[float(tops.loc[x, name]) for x, name in drawn.frame[["x", "series"]].to_numpy()])
    hovered = plot.scatter(x="x", y="top", source=_source(dots), size=9, alpha=0, hover_alpha=1, color=PRIMARY)
    drawn.looks.tips(plot, drawn.tips, [hovered])
    return Picture(plot, names_legend(drawn.colors))


def bar(block: Bar, reading: Reading) -> Picture:
    """Bars by x; several series stand on each other."""
    drawn = _Drawn(block, reading, times=False)
    frame = drawn.frame
    factors = list(dict.fromkeys(frame["period"]))
    frame = frame.assign(x=frame["period"])
    across = block.horizontal
    plot = drawn.figure(factors=FactorRange(*(factors[::-1] if across else factors)))
    low = pd.Series(0.0, index=factors)
    hovered = []
    for name, color in drawn.colors.items():
        part = frame[frame["series"] == name]
        base = low.reindex(part["x"]).to_numpy()
        source = _source(part.assign(base=base, top=base + part["y"].to_numpy()))
        low = low.add(part.set_index("x")["y"], fill_value=0)
        look = {"source": source, "color": color, "line_width": 0, "alpha": 0.9, "hover_alpha": 1}
        if across:
            hovered.append(plot.hbar(y="x", left="base", right="top", height=0.7, **look))
        else:
            hovered.append(plot.vbar(x="x", bottom="base", top="top", width=0.7, **look))
    drawn.looks.tips(plot, drawn.tips, hovered)
    values = _from_nought(min(low.min(), 0), max(low.max(), 0))
    if across:
        plot.x_range = values
    else:
        plot.y_range = values
        turn_crowded(plot, factors)
    return Picture(plot, names_legend(drawn.colors))


class _Drawn:
    """The figures of one chart, with what its tooltips say and how its axes are written."""

    def __init__(self, block: Chart, reading: Reading, *, times: bool = True) -> None:
        frame = frame_of(block, reading)
        if frame.empty:
            raise NoRowsError
        self.block = block
        ratio = block.show in ("share", "growth")
        self.form: FormatName = "percent" if ratio else reading.format(block.table, block.y, block.format)
        write = reading.formats.writer(self.form, short=True)
        frame["text"] = [write(value) for value in frame["y"]]
        frame["period"] = [reading.formats.period(value) for value in frame["x"]]
        self.times = times and all(is_month(value) or hasattr(value, "isoformat") for value in frame["x"])
        if self.times:
            frame["x"] = pd.to_datetime(frame["x"], utc=True).dt.tz_localize(None)
        self.frame = frame
        self.looks = Looks(reading.formats)
        names = list(dict.fromkeys(frame["series"]))
        self.colors = {
            name: REST if name == OTHERS else SERIES[place % len(SERIES)] for place, name in enumerate(names)
        }
        several = [("", "@series")] if len(names) > 1 else []
        label = reading.formats.label
        self.tips = [*several, (label(block.x), "@period"), (label(block.y), "@text")]

    def figure(self, factors: FactorRange | None = None) -> figure:
        """An empty figure with the axes of the block."""
        across = isinstance(self.block, Bar) and self.block.horizontal
        ranges: dict[str, Any] = {}
        if self.times:
            ranges["x_axis_type"] = "datetime"
        elif factors is not None:
            ranges["y_range" if across else "x_range"] = factors
        elif any(isinstance(value, str) for value in self.frame["x"]):
            ranges["x_range"] = FactorRange(*dict.fromkeys(self.frame["x"]))
        plot = new_figure(self.block.height, **ranges)
        if across:
            self.looks.axes(plot, x=self.form, ticks=4)
        else:
            self.looks.axes(plot, y=self.form)
        return plot


def _source(frame: pd.DataFrame) -> ColumnDataSource:
    """A frame's columns for Bokeh, whose own way from a frame warns of what pandas will no longer do."""
    return ColumnDataSource({name: values.to_numpy() for name, values in frame.items()})


def _from_nought(low: float, high: float) -> Range1d:
    """A range that holds nought and leaves room above."""
    room = (float(high) - min(float(low), 0)) * 0.06 or 1.0
    return Range1d(float(low) - room if low < 0 else 0, float(high) + room)
