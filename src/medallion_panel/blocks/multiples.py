"""Small multiples: one chart for each value of a column, all with the same axes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from bokeh.models import FactorRange, PlainText, Range1d, Row

from medallion.contracts import Filter, Query, Sort
from medallion.query.condition_text import all_of
from medallion_panel.blocks.axes import in_order, tick_logarithms
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable, is_missing
from medallion_panel.blocks.chart_figures import FigureColumn
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.marks import Mark, Marks, term_condition
from medallion_panel.blocks.series_chart import SeriesChart
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.theme import FONT, INK

if TYPE_CHECKING:
    from bokeh.plotting import figure

MAX_MULTIPLES = 12
_HEIGHT, _LEAST_WIDTH = 190, 230  # of each, in pixels
_TICKS = 3  # of the figures
_FEW_TICKS = 2  # of dates and numbers, whose words are longer
_MOST_LETTERS = 28  # of all names below a chart, until they are slanted
_ROOM = 0.03  # of the range of dates and numbers, at both of its ends

_GRID = {
    "display": "grid",
    "grid-template-columns": f"repeat(auto-fill, minmax({_LEAST_WIDTH}px, 1fr))",
    "gap": "8px 16px",
}
_REST = (
    "{count} more chart is not drawn, with a smaller figure. | "
    "{count} more charts are not drawn, with smaller figures."
)

Draw = Callable[[Any, BlockContext, SeriesChart | None], RenderedChart]


def with_multiples(draw: Draw) -> Callable[[Any, BlockContext], RenderedChart]:
    """A function that draws a chart, or one for each value of its column `multiples`."""

    def draw_all(block: Chart, context: BlockContext) -> RenderedChart:
        if block.multiples:
            return _multiples(draw, block, context)
        return draw(block, context, None)

    return draw_all


def _multiples(draw: Draw, block: Chart, context: BlockContext) -> RenderedChart:
    """The charts, that with the largest figure first. Raises NoRowsError."""
    values, notes = _values(block, context)
    single = block.model_copy(update={"multiples": None, "height": _HEIGHT})
    whole = SeriesChart(single, context, names_as_x=isinstance(block, Bar))
    notes += filter(None, [whole.note])
    charts = []
    for value in values:
        try:
            chart = draw(single, _context_of(value, block, context), whole)
        except NoRowsError:
            continue
        name = context.series(value)
        _set_title(chart.plots[0], name)
        charts.append((value, chart))
        notes += [f"{name}: {chart.note}"] if chart.note else []
    if not charts:
        raise NoRowsError
    plots = [chart.plots[0] for _, chart in charts]
    _share_figures(plots, whole)
    _share_axis(plots, whole)
    layout = Row(
        children=plots,
        sizing_mode="stretch_width",
        styles=_GRID,
    )
    legend = max((chart.legend for _, chart in charts), key=len)
    marks = _marks(charts, block, context)
    figures = partial(_figures, charts, block, context)
    return RenderedChart(layout, figures, legend, " ".join(notes), marks, whole.series_marks)


def _values(block: Chart, context: BlockContext) -> tuple[list[Any], list[str]]:
    """The values with the largest figures, and notes on the others.

    Names of weekdays and months are in the order of the calendar.
    """
    column, by_size = str(block.multiples), (Sort("_y", descending=True),)
    query = Query(context.filters(block.table), by_size)
    groups = context.store.group(block.table, (column,), {"_y": block.metric}, query)
    values = [row[column] for row in groups if is_drawable(row["_y"])]
    shown, rest = values[:MAX_MULTIPLES], len(values) - MAX_MULTIPLES
    if all(isinstance(value, str) for value in shown):
        ordered = in_order(shown)
        shown = ordered if ordered != sorted(shown) else shown
    if rest <= 0:
        return shown, []
    return shown, [context.formats.say(_REST, count=rest)]


def _context_of(value: Any, block: Chart, context: BlockContext) -> BlockContext:
    """The context of the rows with a value, and of those that they are compared with."""
    condition = Filter(str(block.multiples), "in", (value,))
    if is_missing(value):
        condition = Filter(str(block.multiples), "isnull", True)
    comparison = context.comparison
    if comparison is not None:
        comparison = replace(comparison, filters=(*comparison.filters, condition))
    filters = (*context.page_filters, condition)
    return replace(context, page_filters=filters, page_totals={}, comparison=comparison)


def _set_title(plot: figure, name: str) -> None:
    plot.title.text = PlainText(text=name)
    plot.title.update(text_font=FONT, text_font_size="13px", text_color=INK, text_font_style="bold")


def _share_figures(plots: Sequence[figure], whole: SeriesChart) -> None:
    """Give all charts one range of figures."""
    side = "x_range" if whole.horizontal else "y_range"
    ranges = [getattr(plot, side) for plot in plots]
    span = Range1d(min(each.start for each in ranges), max(each.end for each in ranges))
    for plot in plots:
        setattr(plot, side, span)
        axis, grid = (plot.xaxis, plot.xgrid) if whole.horizontal else (plot.yaxis, plot.ygrid)
        if whole.logarithmic:
            tick_logarithms(axis[0], grid[0], span.start, span.end)
        else:
            axis[0].ticker.desired_num_ticks = _TICKS


def _share_axis(plots: Sequence[figure], whole: SeriesChart) -> None:
    """Give all charts the x of the whole."""
    frame, shared = whole.frame, None
    if not whole.has_scale:
        names = whole.names[::-1] if whole.horizontal else whole.names
        shared = FactorRange(*names)
    elif frame["x"].nunique() > 1:
        low, high = frame["x"].min(), frame["x"].max()
        room = (high - low) * _ROOM
        shared = Range1d(low - room, high + room)
    for plot in plots:
        if shared is not None:
            setattr(plot, "y_range" if whole.horizontal else "x_range", shared)
        if whole.has_scale:
            plot.xaxis[0].ticker.desired_num_ticks = _FEW_TICKS
        elif not whole.horizontal and sum(map(len, whole.names)) > _MOST_LETTERS:
            plot.xaxis.major_label_orientation = 0.9


def _figures(
    charts: Sequence[tuple[Any, RenderedChart]], block: Chart, context: BlockContext
) -> list[FigureColumn]:
    """The figures of all charts as a table, with the value of each chart first."""
    parts = [(value, chart.figures()) for value, chart in charts]
    longest = max((columns for _, columns in parts), key=len)
    names = [value for value, columns in parts for _ in columns[0].values]
    label = context.formats.label(str(block.multiples))
    merged = [FigureColumn(label, names, context.series)]
    for place, column in enumerate(longest):
        figures: list[Any] = []
        for _, columns in parts:
            # A chart has no figures of its own to compare with.
            missing = [None] * len(columns[0].values)
            figures += columns[place].values if place < len(columns) else missing
        merged.append(FigureColumn(column.title, figures, column.write))
    return merged


def _marks(
    charts: Sequence[tuple[Any, RenderedChart]], block: Chart, context: BlockContext
) -> Marks:
    """The marks of all charts, numbered one after the other, in the data of the charts too."""
    column, kinds = str(block.multiples), context.kinds(block.table)
    counts = [chart.marks.count if chart.marks else 0 for _, chart in charts]
    starts = [0, *accumulate(counts)]
    for (_, chart), start in zip(charts, starts, strict=False):
        for renderer in chart.plots[0].renderers:
            data = renderer.data_source.data
            if "mark" in data:
                data["mark"] = [number + start for number in data["mark"]]

    def mark(number: int) -> Mark:
        place = bisect_right(starts, number) - 1
        value, chart = charts[place]
        assert chart.marks is not None  # noqa: S101 (its numbers are those of marks)
        part, term = chart.marks.at(number - starts[place]), (column, [value])
        condition = all_of([part.condition, term_condition(kinds, *term)])
        label = f"{context.series(value)} · {part.label}"
        return replace(part, label=label, condition=condition, terms=(*part.terms, term))

    return Marks(starts[-1], mark)
