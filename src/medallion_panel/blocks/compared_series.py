"""The figures that those of a line, area or bar chart are compared with, at the same places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import localcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd
from bokeh.models import ColumnDataSource
from markupsafe import Markup

from medallion.query.metrics import metric_call
from medallion.query.stored_integers import EXACT
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.chart_figures import FigureColumn
from medallion_panel.blocks.comparison import Comparison
from medallion_panel.blocks.series import series_data
from medallion_panel.blocks.series_chart import SeriesChart
from medallion_panel.messages.messages import Messages
from medallion_panel.series_settings import Chart
from medallion_panel.ui.theme import REST

if TYPE_CHECKING:
    from bokeh.plotting import figure

_LINE_KEY = Markup(
    "<span><svg width='22' height='10' aria-hidden='true'>"
    "<line x1='0' y1='5' x2='22' y2='5' stroke='{1}' stroke-width='2' stroke-dasharray='5 3'/>"
    "</svg>{0}</span>"
)
_BAR_KEY = Markup("<span><i style='background:{1};opacity:.45'></i>{0}</span>")


@dataclass(frozen=True)
class ComparedSeries:
    """Figures at the x of a chart that they correspond to.

    `frame` has the columns x, y, series, text (y in words) and period (their own x in words).
    `exact` are the y as the release has them, `label` names what the chart is compared with, and
    `note` says what is not drawn. Visitors who see the same share them, and only read them.
    """

    frame: pd.DataFrame
    exact: Sequence[Any]
    label: str
    note: str = ""

    @property
    def top(self) -> float:
        """The greatest figure."""
        return float(self.frame["y"].max())

    def key(self, *, bars: bool = False) -> Markup:
        """The entry of a legend, empty where nothing is drawn."""
        key = _BAR_KEY if bars else _LINE_KEY
        return Markup("") if self.frame.empty else key.format(self.label, REST)


_Read: TypeAlias = Callable[[SeriesChart, BlockContext, BlockContext, Comparison], ComparedSeries]


def compared_series(chart: SeriesChart, context: BlockContext) -> ComparedSeries | None:
    """The figures that a chart is compared with, one series for each of its own; None without any.

    Figures at an x that the chart lacks are left out, except between dates and numbers.
    """
    return _shared("series", chart, context, _series)


def compared_totals(chart: SeriesChart, context: BlockContext) -> ComparedSeries | None:
    """The same as one series: the sums where the series of the chart are stacked."""
    return _shared("totals", chart, context, _totals)


def _shared(
    form: str, chart: SeriesChart, context: BlockContext, read: _Read
) -> ComparedSeries | None:
    """What `read` gives, computed once for all visitors who see the same in the chart."""
    comparison, other = context.comparison, context.compared(chart.block.table)
    if other is None or comparison is None:
        return None
    block, formats = chart.block, context.formats  # kept with it: its id stands for them
    axis = (chart.data.term, tuple(chart.data.axis), tuple(chart.colors), chart.has_scale)
    compared_with = (
        other.store.last_release().id,
        other.filters(block.table),
        comparison.label,
        comparison.periods,
    )
    filters = context.filters(block.table)
    key = ("compared", form, block, filters, axis, compared_with, id(formats))
    _, compared = context.store.derived(
        key,
        lambda: (formats, read(chart, context, other, comparison)),
        lambda pair: pair[1].frame.size,
    )
    return compared


def _series(
    chart: SeriesChart, context: BlockContext, other: BlockContext, comparison: Comparison
) -> ComparedSeries:
    block, label = chart.block, comparison.label
    try:
        data = series_data(block, other, chart.data)
    except NoRowsError:
        note = context.formats.say("No figures in {period}.", period=label)
        return ComparedSeries(pd.DataFrame(columns=["x", "y"]), (), label, note)
    column = context.column(block.table, block.x)
    moved = comparison.forward(column, list(data.frame["x"]))
    periods = [context.formats.period(value) for value in data.frame["x"]]
    frame = data.frame.assign(period=periods, exact=pd.Series(data.exact, dtype=object))
    frame = frame.assign(x=pd.Series(moved, index=frame.index, dtype=object))
    frame = frame[[value is not None for value in moved]].dropna(subset=["y"])
    frame = frame.assign(x=chart.axis_values(frame["x"]))
    drawn = frame if chart.has_scale else frame[frame["x"].isin(chart.names)]
    write = chart.write
    drawn = drawn.assign(text=[write(value) for value in drawn["y"]])
    rest = len(data.frame["y"].dropna()) - len(drawn)
    exact, note = list(drawn.pop("exact")), _left_out(rest, label, context.formats.say)
    return ComparedSeries(drawn.reset_index(drop=True), exact, label, note)


def _left_out(count: int, label: str, say: Messages) -> str:
    message = (
        "{count} figure of {period} is not drawn: it has no counterpart. | "
        "{count} figures of {period} are not drawn: they have no counterpart."
    )
    return say(message, count=count, period=label) if count else ""


def _totals(
    chart: SeriesChart, context: BlockContext, other: BlockContext, comparison: Comparison
) -> ComparedSeries:
    compared = _series(chart, context, other, comparison)
    if compared.frame.empty or compared.frame["series"].nunique() < 2:
        return compared
    frame = compared.frame.assign(exact=pd.Series(compared.exact, dtype=object))
    groups = frame.groupby("x", sort=False)
    with localcontext(EXACT):
        frame = groups.agg(y=("y", "sum"), period=("period", "first"), exact=("exact", "sum"))
    text = [chart.write(value) for value in frame["y"]]
    exact = list(frame.pop("exact"))
    frame = frame.reset_index().assign(text=text)
    return ComparedSeries(frame, exact, compared.label, compared.note)


def compared_figures(chart: SeriesChart, compared: ComparedSeries) -> list[FigureColumn]:
    """What a chart shows as a table, with what it is compared with: next to its own figures, or
    below them where it is the sums of its series.
    """
    columns, rows, frame = chart.figures(), chart.rows, compared.frame
    if frame.empty:
        return columns
    label, write = compared.label, columns[-1].write
    if "series" in frame:
        places = zip(frame["x"], frame["series"], strict=True)
        figures = dict(zip(places, compared.exact, strict=True))
        values = [figures.get(place) for place in zip(rows["x"], rows["series"], strict=True)]
        found = any(value is not None for value in values)
        return [*columns, FigureColumn(label, values, write)] if found else columns
    xs = dict(zip(rows["x"], columns[0].values, strict=True))
    sums = [
        (xs[place], label, value)
        for place, value in zip(frame["x"], compared.exact, strict=True)
        if place in xs
    ]
    if not sums:
        return columns
    return [
        FigureColumn(column.title, [*column.values, *further], column.write)
        for column, further in zip(columns, zip(*sums, strict=True), strict=True)
    ]


def can_total(block: Chart) -> bool:
    """Whether the sum of a chart's series is a figure of its own."""
    return metric_call(block.metric).additive and block.show in ("value", "total")


def draw_compared_lines(
    plot: figure,
    chart: SeriesChart,
    compared: ComparedSeries,
    *,
    color: str = "",
    outlined: bool = False,
) -> None:
    """Draw a dashed line for each series, in its colour or in one for all.

    Parameters: with `outlined`, the lines are legible on areas too.
    """
    markers = []
    frame = compared.frame
    names: Sequence[Any] = list(dict.fromkeys(frame["series"])) if "series" in frame else [None]
    for name in names:
        series = frame if name is None else frame[frame["series"] == name]
        series = series.sort_values("x") if chart.has_scale else series
        look = {"color": color or chart.colors.get(name, REST), "line_dash": [6, 4]}
        lines = _source(chart.with_gaps(series))
        if outlined:
            plot.line(x="x", y="y", source=lines, line_width=4, color="white", alpha=0.6)
        plot.line(x="x", y="y", source=lines, line_width=2, alpha=0.85, **look)
        points = _source(series.assign(alpha=chart.isolated(series).astype(float)))
        circle = {"size": 8, "alpha": "alpha", "hover_alpha": 1, "color": look["color"]}
        markers.append(plot.scatter(x="x", y="y", source=points, **circle))
    chart.style.add_tooltips(plot, compared_tooltips(chart, compared), markers)


def compared_tooltips(chart: SeriesChart, compared: ComparedSeries) -> list[tuple[str, str]]:
    """The tooltip of a figure that is compared with: where it is from, its x and itself."""
    name = compared.label.replace("@", "").replace("$", "")
    return [("", name), (chart.x_label, "@period"), (chart.y_label, "@text")]


def _source(frame: pd.DataFrame) -> ColumnDataSource:
    return ColumnDataSource({name: values.to_numpy() for name, values in frame.items()})
