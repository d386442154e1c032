"""Histograms and heat maps."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bokeh.models import ColumnDataSource, FactorRange, Range1d

from medallion.contracts import Query, Sort
from medallion.query.column_types import Kind
from medallion_panel.block_settings import Heatmap, Histogram
from medallion_panel.blocks.axes import (
    ChartStyle,
    in_order,
    name_axes,
    new_figure,
    slant_crowded_names,
)
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable, is_missing
from medallion_panel.blocks.chart_figures import FigureColumn, metric_column
from medallion_panel.blocks.legend import RenderedChart, scale_legend
from medallion_panel.blocks.marks import Mark, Marks, mark_of, term_condition
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods
from medallion_panel.data.arrow_rows import ArrowRows
from medallion_panel.ui.rounding import bin_number, bin_start, round_width
from medallion_panel.ui.theme import strength

if TYPE_CHECKING:
    from bokeh.plotting import figure

_MAX_CELLS = 20_000
_MAX_BINS = 5_000


def histogram(block: Histogram, context: BlockContext) -> RenderedChart:
    """The number of rows in each bin, counted by the store. Raises NoRowsError."""
    # Of all rows, so that the bins stay the same as filters change.
    low, high = context.store.bounds(block.table, block.column)
    if low is None:
        raise NoRowsError
    width = round_width(low, high, block.bins, context.kinds(block.table)[block.column])
    query = Query(filters=context.filters(block.table), limit=_MAX_BINS)
    term = f"bin({block.column}, {width})"
    groups = context.store.group(block.table, (term,), {"_rows": "count()"}, query)
    bins: dict[int, list[dict[str, Any]]] = {}
    for row in groups:
        if is_drawable(row[block.column]):
            bins.setdefault(bin_number(row[block.column], width), []).append(row)
    if not bins:
        raise NoRowsError
    counts = {number: sum(row["_rows"] for row in rows) for number, rows in bins.items()}
    plot = _histogram_plot(block, counts, width, context)
    numbers, write = list(counts), context.formats.writer("integer")

    def mark(place: int) -> Mark:
        number = numbers[place]
        starts = [row[block.column] for row in bins[number]]
        condition = term_condition(context.kinds(block.table), term, starts)
        start = bin_start(number, width)
        label = _range(start, bin_start(number + 1, width), block, context)
        return Mark(label, write(counts[number]), condition, terms=((term, [start]),))

    others = sum(row["_rows"] for row in groups if not is_drawable(row[block.column]))
    note = ""
    if others:
        label = context.formats.label(block.column)
        message = "{rows} rows without a finite {column} are not counted."
        note = context.formats.say(message, rows=others, column=label)
    figures = partial(_bin_figures, block, counts, width, context)
    return RenderedChart(plot, figures, note=note, marks=Marks(len(numbers), mark))


def _bin_figures(
    block: Histogram, counts: Mapping[int, int], width: Decimal, context: BlockContext
) -> list[FigureColumn]:
    """The bounds of the bins, and how many rows each has."""
    say, label = context.formats.say, context.formats.label(block.column)
    write = context.writer(block.table, block.column, block.format)
    bins, number = sorted(counts), context.formats.writer("integer")
    kind = context.kinds(block.table)[block.column]
    starts, ends = ([_bound(each + end, width, kind) for each in bins] for end in (0, 1))
    return [
        FigureColumn(say("{column} from", column=label), starts, write),
        FigureColumn(say("{column} before", column=label), ends, write),
        FigureColumn(say("Rows"), [counts[each] for each in bins], number),
    ]


def _bound(number: int, width: Decimal, kind: Kind) -> int | Decimal:
    """The bound of a bin, as a value of the column is written, without an exponent."""
    bound = bin_start(number, width)
    return int(bound) if kind.name == "integer" else Decimal(f"{bound:f}")


def _histogram_plot(
    block: Histogram, counts: Mapping[int, int], width: Decimal, context: BlockContext
) -> figure:
    """The plot of the counts of rows by the number of their bin, all of one width."""
    bins = range(min(counts), max(counts) + 1)
    bounds = [bin_start(number, width) for number in range(bins.start, bins.stop + 1)]
    places = {number: place for place, number in enumerate(counts)}
    form = context.format(block.table, block.column, block.format)
    number = context.formats.writer("integer")
    rows = [counts.get(each, 0) for each in bins]
    source = ColumnDataSource(
        {
            "left": [float(bound) for bound in bounds[:-1]],
            "right": [float(bound) for bound in bounds[1:]],
            "rows": rows,
            "range": [_range(*ends, block, context) for ends in pairwise(bounds)],
            "text": [number(count) for count in rows],
            "mark": [places.get(each, -1) for each in bins],
        }
    )
    plot = new_figure(block.height, y_range=Range1d(0, max(rows) * 1.06))
    style = ChartStyle(context.formats)
    style.style_axes(plot, x=form, y="integer")
    plot.xgrid.grid_line_color = None
    name_axes(plot, x=context.formats.label(block.column))
    look = {
        "color": context.palette.single,
        "alpha": 0.9,
        "line_color": "white",
        "line_alpha": 0.35,
    }
    bars = plot.quad(
        left="left", right="right", bottom=0, top="rows", source=source, hover_alpha=1, **look
    )
    style.add_tooltips(plot, [("", "@range"), (context.formats.say("Rows"), "@text")], [bars])
    return plot


def _range(low: Decimal, high: Decimal, block: Histogram, context: BlockContext) -> str:
    """A bin in words."""
    write = context.writer(block.table, block.column, block.format, short=True)
    return context.formats.say("{low} to {high}", low=write(low), high=write(high))


def heatmap(block: Heatmap, context: BlockContext) -> RenderedChart:
    """A cell for every pair of x and y, darker for larger figures, outlined in unfinished periods.

    Raises NoRowsError when there is nothing to draw.
    """
    columns = [context.column(block.table, text) for text in (block.x, block.y)]
    rows, notes = _cells(block, columns, context)
    write = context.writer(block.table, block.value, block.format, short=True)
    axes = (_axis([row[column] for row in rows], column, block, context) for column in columns)
    names, unfinished = zip(*axes, strict=True)
    values = [float(row["_value"]) for row in rows]
    outlined = [
        any(row[column] in periods for column, periods in zip(columns, unfinished, strict=True))
        for row in rows
    ]
    cells: dict[str, list[Any]] = {
        "x": [names[0][row[columns[0]]] for row in rows],
        "y": [names[1][row[columns[1]]] for row in rows],
        "strength": [strength(value, min(values), max(values)) for value in values],
        "text": [write(row["_value"]) for row in rows],
        "outline": [0.9 if is_outlined else 0.0 for is_outlined in outlined],
        "mark": list(range(len(rows))),
    }
    x_names, y_names = (list(dict.fromkeys(texts.values())) for texts in names)
    plot = _heatmap_plot(block, cells, x_names, y_names, context)
    notes += [
        unfinished_note([texts[value] for value in periods], context.formats)
        for texts, periods in zip(names, unfinished, strict=True)
    ]
    low, high = (end(row["_value"] for row in rows) for end in (min, max))

    legend = scale_legend(context.palette.single, write(low), write(high))
    marks = _cell_marks(block, columns, rows, cells, context)
    kept = ArrowRows({"x": cells["x"], "y": cells["y"], "_value": [row["_value"] for row in rows]})

    def figures() -> list[FigureColumn]:
        names = [
            FigureColumn(context.formats.label(t), kept.column(side), str)
            for t, side in ((block.x, "x"), (block.y, "y"))
        ]
        values = kept.column("_value")
        return [*names, metric_column(context, block.table, block.value, values, block.format)]

    return RenderedChart(plot, figures, legend, " ".join(filter(None, notes)), marks)


def _cell_marks(
    block: Heatmap,
    columns: list[str],
    rows: list[dict[str, Any]],
    cells: dict[str, list[Any]],
    context: BlockContext,
) -> Marks:
    """A mark for each cell."""
    kept = ArrowRows({name: [row[name] for row in rows] for name in columns})
    words = ArrowRows({name: cells[name] for name in ("x", "y", "text")})

    def mark(number: int) -> Mark:
        row, word, kinds = kept[number], words[number], context.kinds(block.table)
        sides = zip((block.x, block.y), columns, strict=True)
        terms = [(term, [row[column]]) for term, column in sides]
        return mark_of(kinds, f"{word['x']} · {word['y']}", terms, word["text"])

    return Marks(len(kept), mark)


def _heatmap_plot(
    block: Heatmap,
    cells: dict[str, list[Any]],
    x_names: list[str],
    y_names: list[str],
    context: BlockContext,
) -> figure:
    """The plot of cells: the first name of x is at the left, that of y at the top."""
    ranges = {"x_range": FactorRange(*x_names), "y_range": FactorRange(*y_names[::-1])}
    plot = new_figure(block.height, **ranges)
    style = ChartStyle(context.formats)
    style.style_axes(plot)
    rectangles = plot.rect(
        x="x",
        y="y",
        width=0.94,
        height=0.9,
        source=ColumnDataSource(cells),
        fill_color=context.palette.single,
        fill_alpha="strength",
        line_color=context.palette.single,
        line_alpha="outline",
        line_dash="dashed",
    )
    label = context.formats.label
    tooltips = [(label(block.x), "@x"), (label(block.y), "@y"), (label(block.value), "@text")]
    style.add_tooltips(plot, tooltips, [rectangles])
    slant_crowded_names(plot, x_names)
    return plot


def _cells(
    block: Heatmap, columns: list[str], context: BlockContext
) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures of all pairs, the largest where there are too many, and notes on the others."""
    filters, metrics = context.filters(block.table), {"_value": block.metric}
    query = Query(filters, (Sort("_value", descending=True),), limit=_MAX_CELLS + 1)
    groups = context.store.group(block.table, (block.x, block.y), metrics, query)
    notes = []
    if len(groups) > _MAX_CELLS:
        message = "Only the {most} largest figures are drawn."
        notes.append(context.formats.say(message, most=_MAX_CELLS))
    if any(
        not is_missing(value) and not is_drawable(value) for row in groups for value in row.values()
    ):
        notes.append(context.formats.say("Infinite values are not drawn."))
    named = [
        {**row, **{name: None for name in columns if is_missing(row[name])}}
        for row in groups[:_MAX_CELLS]
    ]
    rows = [
        row
        for row in named
        if is_drawable(row["_value"])
        and all(row[name] is None or is_drawable(row[name]) for name in columns)
    ]
    if not rows:
        raise NoRowsError
    return rows, notes


def _axis(
    values: list[Any], column: str, block: Heatmap, context: BlockContext
) -> tuple[dict[Any, str], list[Any]]:
    """The distinct values of an axis in order with names, and those that are unfinished periods."""
    ordered = in_order([value for value in values if value is not None], block.order)
    last = [None] if None in values else []
    unfinished = unfinished_periods(ordered, column, context.store.last_release().created)
    names = {value: context.series(value) for value in (*ordered, *last)}
    return names, [value for value, is_open in zip(ordered, unfinished, strict=True) if is_open]
