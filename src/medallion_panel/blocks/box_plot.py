"""Box plots: quantiles of a column in each group, computed by the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from bokeh.models import ColumnDataSource, FactorRange, Range1d

from medallion.contracts import Query
from medallion_panel.blocks.axes import ChartStyle, in_order, new_figure, slant_crowded_names
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable, is_missing
from medallion_panel.blocks.chart_figures import FigureColumn
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.marks import Mark, Marks, mark_of
from medallion_panel.plot_settings import BoxPlot
from medallion_panel.ui.theme import INK

if TYPE_CHECKING:
    from bokeh.plotting import figure

_MAX_GROUPS = 5_000
_BOX_WIDTH = 0.55  # as a share of the room of a box
_CAP_WIDTH = 0.25
_ENDS = ("low", "q1", "median", "q3", "high")


def box_plot(block: BoxPlot, context: BlockContext) -> RenderedChart:
    """A box for each x. Raises NoRowsError when there is nothing to draw."""
    rows, notes = _rows(block, context)
    column = context.column(block.table, block.x)
    names = [context.series(row[column]) for row in rows]
    write = context.writer(block.table, block.y, block.format, short=True)
    boxes: dict[str, list[Any]] = {
        "x": names,
        "mark": list(range(len(rows))),
        "rows": [context.formats.writer("integer")(row["rows"]) for row in rows],
    }
    for part, width in (("box", _BOX_WIDTH), ("cap", _CAP_WIDTH)):  # as places next to names
        boxes[f"{part}_from"] = [(name, -width / 2) for name in names]
        boxes[f"{part}_to"] = [(name, width / 2) for name in names]
    for end in _ENDS:
        boxes[end] = [float(row[end]) for row in rows]
        boxes[f"{end}_text"] = [write(row[end]) for row in rows]
    plot = _plot(block, boxes, context)

    def mark(number: int) -> Mark:
        words = f"{boxes['median_text'][number]} ({_range(boxes, number)})"
        terms = [(block.x, [rows[number][column]])]
        return mark_of(context.kinds(block.table), names[number], terms, words)

    notes.append(_legend(block, context))
    figures = partial(_figures, block, rows, names, context)
    return RenderedChart(plot, figures, note=" ".join(notes), marks=Marks(len(rows), mark))


def _figures(
    block: BoxPlot, rows: Sequence[Mapping[str, Any]], names: Sequence[str], context: BlockContext
) -> list[FigureColumn]:
    """The names of x, the quantiles and the number of rows."""
    say, write = context.formats.say, context.writer(block.table, block.y, block.format)
    percent, whole = context.formats.writer("percent"), context.formats.writer("integer")
    fractions = (block.whiskers, 0.25, 0.5, 0.75, 1 - block.whiskers)
    titles = [say("Median") if each == 0.5 else percent(each) for each in fractions]
    return [
        FigureColumn(context.formats.label(block.x), names, str),
        *(
            FigureColumn(title, [row[end] for row in rows], write)
            for title, end in zip(titles, _ENDS, strict=True)
        ),
        FigureColumn(say("Rows"), [row["rows"] for row in rows], whole),
    ]


def _range(boxes: Mapping[str, list[Any]], number: int) -> str:
    return f"{boxes['q1_text'][number]} – {boxes['q3_text'][number]}"


def _legend(block: BoxPlot, context: BlockContext) -> str:
    """What the parts of a box mean."""
    say, percent = context.formats.say, context.formats.writer("percent")
    if not block.whiskers:
        message = (
            "Boxes have the middle half of the rows and their median; lines reach from the least "
            "to the greatest value."
        )
        return say(message)
    message = (
        "Boxes have the middle half of the rows and their median; lines reach from {low} to {high} "
        "of the rows."
    )
    return say(message, low=percent(block.whiskers), high=percent(1 - block.whiskers))


def _rows(block: BoxPlot, context: BlockContext) -> tuple[list[dict[str, Any]], list[str]]:
    """The quantiles by x in order, and notes on what is left out."""
    fractions = (block.whiskers, 0.25, 0.5, 0.75, 1 - block.whiskers)
    metrics = {
        end: f"quantile({block.y}, {fraction})"
        for end, fraction in zip(_ENDS, fractions, strict=True)
    }
    query = Query(filters=context.filters(block.table), limit=_MAX_GROUPS + 1)
    groups = context.store.group(block.table, (block.x,), {**metrics, "rows": "count()"}, query)
    rows = [row for row in groups if all(is_drawable(row[end]) for end in _ENDS)]
    if not rows:
        raise NoRowsError
    notes, say, label = [], context.formats.say, context.formats.label
    if len(rows) < len(groups):
        words = {"x": label(block.x), "y": label(block.y)}
        notes.append(say("{x} without a finite {y} is not drawn.", **words))
    rows = _sorted(rows, block, context.column(block.table, block.x))
    if len(rows) > block.limit:
        message = "The first {limit} of {total}; {rest} more are not drawn."
        counts = {"limit": block.limit, "total": len(rows), "rest": len(rows) - block.limit}
        notes.append(say(message, **counts))
    return rows[: block.limit], notes


def _sorted(rows: Sequence[dict[str, Any]], block: BoxPlot, column: str) -> list[dict[str, Any]]:
    """The rows in the order of x, a missing one last, or by their median."""
    if block.sort.endswith("y"):
        return sorted(rows, key=lambda row: row["median"], reverse=block.sort == "-y")
    values = in_order([row[column] for row in rows if not is_missing(row[column])], block.order)
    places = {value: place for place, value in enumerate(values[:: -1 if "-" in block.sort else 1])}
    return sorted(rows, key=lambda row: places.get(row[column], len(places)))


def _plot(block: BoxPlot, boxes: dict[str, list[Any]], context: BlockContext) -> figure:
    low, high = min(0.0, *boxes["low"]), max(boxes["high"])
    room = (high - low) * 0.06 or 1.0
    names = list(dict.fromkeys(boxes["x"]))
    y_range = Range1d(low - room if low < 0 else 0, high + room)
    plot = new_figure(block.height, x_range=FactorRange(*names), y_range=y_range)
    style = ChartStyle(context.formats)
    style.style_axes(plot, y=context.format(block.table, block.y, block.format))
    plot.xgrid.grid_line_color = None
    slant_crowded_names(plot, names)
    source = ColumnDataSource(boxes)
    whisker = {"source": source, "line_color": INK, "line_width": 1.5}
    plot.segment(x0="x", x1="x", y0="low", y1="high", **whisker)
    for end in ("low", "high"):
        plot.segment(x0="cap_from", x1="cap_to", y0=end, y1=end, **whisker)
    color = context.palette.single
    fill = {"fill_color": color, "fill_alpha": 0.55, "hover_fill_alpha": 0.8}
    body = plot.vbar(
        x="x",
        bottom="q1",
        top="q3",
        width=_BOX_WIDTH,
        source=source,
        line_color=color,
        **fill,
    )
    line = {"source": source, "line_color": INK, "line_width": 2.5}
    plot.segment(x0="box_from", x1="box_to", y0="median", y1="median", **line)
    say = context.formats.say
    tooltips = [
        ("", "@x"),
        (say("Median"), "@median_text"),
        (say("Middle half"), "@q1_text – @q3_text"),
        (say("Line"), "@low_text – @high_text"),
        (say("Rows"), "@rows"),
    ]
    style.add_tooltips(plot, tooltips, [body])
    return plot
