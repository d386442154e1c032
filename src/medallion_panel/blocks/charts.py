"""Line, area and bar charts of aggregated figures.

They are built with Bokeh directly: hvplot takes 0.2 to 1 s for each, which adds up on a page of
ten.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, Range1d
from bokeh.transform import dodge

from medallion_panel.blocks.axes import slant_crowded_names
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.chart_figures import ChartFigures
from medallion_panel.blocks.compared_series import (
    ComparedSeries,
    can_total,
    compared_figures,
    compared_series,
    compared_tooltips,
    compared_totals,
    draw_compared_lines,
)
from medallion_panel.blocks.legend import NO_KEY, RenderedChart, names_legend
from medallion_panel.blocks.reference_lines import draw_reference_lines
from medallion_panel.blocks.series_chart import SeriesChart, is_adjacent
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.theme import REST

if TYPE_CHECKING:
    from bokeh.plotting import figure

_UNFINISHED_ALPHA = 0.45  # of a period that is not over yet
_BAR_WIDTH = 0.7  # as a share of the room of a bar


def line(block: Chart, context: BlockContext, whole: SeriesChart | None = None) -> RenderedChart:
    """One line per series, with gaps where periods are missing, dashed into a period not over yet.

    Parameters: `whole` is the chart of all rows, of which this one shows a part. Raises NoRowsError
    when there is nothing to draw.
    """
    chart = SeriesChart(block, context, whole)
    plot = chart.figure()
    frame = chart.frame
    legend_colors = chart.legend_colors
    if "raw" in frame and len(legend_colors) == 1:  # the values behind a moving average
        (name,) = legend_colors
        average = context.formats.say("Average of {window}", window=block.window)
        legend_colors = {average: chart.colors[name], name: REST}
        raw = _source(chart.with_gaps(frame.assign(y=frame["raw"])))
        plot.line(x="x", y="y", source=raw, color=REST, line_width=1.5, line_dash="dotted")
    markers = [
        _draw_line(plot, chart, frame[frame["series"] == name], color)
        for name, color in chart.colors.items()
    ]
    chart.style.add_tooltips(plot, chart.tooltips, markers)
    drawn = [frame["y"], frame["raw"]] if "raw" in frame else [frame["y"]]
    compared = compared_series(chart, context)
    if compared is not None and not compared.frame.empty:
        several = len(chart.colors) > 1
        draw_compared_lines(plot, chart, compared, color="" if several else REST)
        drawn.append(compared.frame["y"])
    chart.set_range(plot, pd.concat(drawn))
    if legend_colors is not chart.legend_colors:
        legend = names_legend(legend_colors, compared.key() if compared else NO_KEY)
        draw_reference_lines(plot, chart)
        figures = _figures(chart, compared)
        return RenderedChart(plot, figures, legend, _note(chart, compared), chart.marks)
    return _rendered(plot, chart, compared)


def _draw_line(plot: figure, chart: SeriesChart, series: pd.DataFrame, color: str) -> Any:
    """Draw one series; returns the markers, visible at isolated points and under the pointer."""
    finished = series.assign(y=series["y"].mask(series["unfinished"]))
    unfinished = series.assign(y=series["y"].where(is_adjacent(series["unfinished"])))
    look = {"color": color, "line_width": 2.5, "line_join": "round"}
    plot.line(x="x", y="y", source=_source(chart.with_gaps(finished)), **look)
    plot.line(x="x", y="y", source=_source(chart.with_gaps(unfinished)), line_dash=[4, 4], **look)
    known = series.dropna(subset=["y"])
    points = _source(known.assign(alpha=chart.isolated(known).astype(float)))
    return plot.scatter(
        x="x", y="y", source=points, color=color, size=9, alpha="alpha", hover_alpha=1
    )


def area(block: Chart, context: BlockContext) -> RenderedChart:
    """Stacked areas, faint into a period that is not over yet.

    Figures that are not additive or negative are drawn as lines, and a single x as a bar. Raises
    NoRowsError when there is nothing to draw.
    """
    chart = SeriesChart(block, context)
    frame = chart.frame.dropna(subset=["y"])
    if not chart.stacked or (frame["y"] < 0).any():
        return line(block, context)
    if frame["x"].nunique() == 1:
        return bar(Bar.model_validate(block.model_dump()), context)
    plot = chart.figure()
    names = list(chart.colors)
    order = chart.with_gap_edges(pd.Index(frame.sort_values("position")["x"].unique()))
    wide = frame.pivot(index="x", columns="series", values="y").reindex(order)[names].fillna(0)
    wide = wide.rename_axis("x")
    unfinished = pd.Series(wide.index.isin(frame["x"][frame["unfinished"]]), index=wide.index)
    if not unfinished.is_monotonic_increasing:  # only the end of an area can be drawn separately
        unfinished[:] = False
    parts = ((wide[~unfinished], 0.8), (wide[is_adjacent(unfinished)], _UNFINISHED_ALPHA))
    for part, alpha in parts:
        look = {"color": list(chart.colors.values()), "alpha": alpha}
        if not part.empty:
            plot.varea_stack(names, x="x", source=_source(part.reset_index()), **look)
    tops = wide.cumsum(axis=1)
    compared = _totals(chart, context)
    top = float(tops.iloc[:, -1].max())
    if compared is not None and not compared.frame.empty:
        top = max(top, compared.top)
    plot.y_range = Range1d(0, top * 1.02 or 1)
    tops_of_rows = [float(tops.loc[x, name]) for x, name in frame[["x", "series"]].to_numpy()]
    points = _source(frame.assign(top=tops_of_rows))
    color = context.palette.single
    look = {"size": 9, "alpha": 0, "hover_alpha": 1, "color": color}
    markers = plot.scatter(x="x", y="top", source=points, **look)
    chart.style.add_tooltips(plot, chart.tooltips, [markers])
    if compared is not None and not compared.frame.empty:
        draw_compared_lines(plot, chart, compared, color=REST, outlined=True)
    return _rendered(plot, chart, compared)


def bar(block: Bar, context: BlockContext, whole: SeriesChart | None = None) -> RenderedChart:
    """Bars by x; several series are stacked where they are additive, else grouped.

    Parameters: `whole` is the chart of all rows, of which this one shows a part. Raises NoRowsError
    when there is nothing to draw.
    """
    chart = SeriesChart(block, context, whole, names_as_x=True)
    frame, factors = chart.frame, (whole or chart).names
    horizontal = block.horizontal
    plot = chart.figure(factors=FactorRange(*(factors[::-1] if horizontal else factors)))
    # Where the next stacked bar starts, at each x: below zero (-1) and above (1).
    ends = {sign: pd.Series(0.0, index=factors) for sign in (-1, 1)}
    compared = _totals(chart, context)
    former = [compared.frame["y"]] if compared is not None else []
    slots = (1 if chart.stacked else len(chart.colors)) + len(former)
    if compared is not None and not compared.frame.empty:
        _draw_compared_bars(plot, chart, compared, slots)
    bars = []
    for number, (name, color) in enumerate(chart.colors.items()):
        part = frame[frame["series"] == name]
        above, below = (ends[sign].reindex(part["x"]).to_numpy() for sign in (1, -1))
        base = np.where(part["y"] >= 0, above, below) if chart.stacked else np.zeros(len(part))
        alpha = np.where(part["unfinished"], _UNFINISHED_ALPHA, 0.9)
        top = base + part["y"].to_numpy()
        source = _source(part.assign(base=chart.base or base, top=top, alpha=alpha))
        heights = part.set_index("x")["y"]
        ends = {
            sign: end.add(heights[heights * sign > 0], fill_value=0) for sign, end in ends.items()
        }
        slot = (0 if chart.stacked else number) + len(former)
        bars.append(_draw_bars(plot, source, color, chart, (slot, slots)))
    chart.style.add_tooltips(plot, chart.tooltips, bars)
    tops = pd.concat([*(ends.values() if chart.stacked else [frame["y"]]), *former])
    chart.set_range(plot, tops)
    if not horizontal:
        slant_crowded_names(plot, factors)
    return _rendered(plot, chart, compared)


def _totals(chart: SeriesChart, context: BlockContext) -> ComparedSeries | None:
    """The sums of series to compare with, or a note that they have none."""
    if (can_total(chart.block) and chart.stacked) or len(chart.colors) == 1:
        return compared_totals(chart, context)
    if context.compared(chart.block.table) is not None:
        message = "Not compared: the figures of its series cannot be combined."
        chart.note = f"{chart.note} {context.formats.say(message)}".strip()
    return None


def _draw_bars(
    plot: figure, source: ColumnDataSource, color: str, chart: SeriesChart, slot: tuple[int, int]
) -> Any:
    """Draw the bars of a series; `slot` is its number, and how many are next to each other."""
    number, count = slot
    width = _BAR_WIDTH / count
    shift = (number - (count - 1) / 2) * (-width if chart.horizontal else width)
    factors = plot.x_range if isinstance(plot.x_range, FactorRange) else plot.y_range
    position: Any = "x" if count == 1 else dodge("x", shift, range=factors)
    look = {"color": color, "line_width": 0, "alpha": "alpha", "hover_alpha": 1}
    thickness = width * 0.95
    if chart.horizontal:
        ends = {"left": "base", "right": "top"}
        return plot.hbar(y=position, height=thickness, source=source, **ends, **look)
    ends = {"bottom": "base", "top": "top"}
    return plot.vbar(x=position, width=thickness, source=source, **ends, **look)


def _draw_compared_bars(
    plot: figure, chart: SeriesChart, compared: ComparedSeries, slots: int
) -> None:
    """Draw the figures that bars are compared with, before them."""
    frame = compared.frame.assign(base=chart.base, top=compared.frame["y"], alpha=_UNFINISHED_ALPHA)
    bars = _draw_bars(plot, _source(frame), REST, chart, (0, slots))
    chart.style.add_tooltips(plot, compared_tooltips(chart, compared), [bars])


def _rendered(
    plot: figure, chart: SeriesChart, compared: ComparedSeries | None = None
) -> RenderedChart:
    series = chart.series_marks
    key = compared.key(bars=isinstance(chart.block, Bar)) if compared is not None else NO_KEY
    legend = names_legend(chart.legend_colors, key, clickable=bool(series))
    draw_reference_lines(plot, chart)
    figures, note = _figures(chart, compared), _note(chart, compared)
    return RenderedChart(plot, figures, legend, note, chart.marks, series)


def _figures(chart: SeriesChart, compared: ComparedSeries | None) -> ChartFigures:
    if compared is None:
        return chart.figures
    return partial(compared_figures, chart, compared)


def _note(chart: SeriesChart, compared: ComparedSeries | None) -> str:
    return " ".join(filter(None, (chart.note, compared.note if compared is not None else "")))


def _source(frame: pd.DataFrame) -> ColumnDataSource:
    """The columns of a frame; Bokeh's own conversion triggers deprecation warnings of pandas."""
    return ColumnDataSource({name: values.to_numpy() for name, values in frame.items()})
