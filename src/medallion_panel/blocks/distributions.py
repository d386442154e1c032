"""Histograms and heat maps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bokeh.models import ColumnDataSource, FactorRange, Range1d

from medallion.contracts import Query, Sort
from medallion_panel.block_settings import Heatmap, Histogram
from medallion_panel.blocks.axes import Looks, in_order, name_axes, new_figure, turn_crowded
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, drawable, missing
from medallion_panel.blocks.legend import Picture, scale_legend
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods
from medallion_panel.ui.rounding import nice_width
from medallion_panel.ui.theme import PRIMARY, strength

_MOST_CELLS = 20_000
_BINS = 5_000


def histogram(block: Histogram, reading: BlockContext) -> Picture:
    """How many rows fall in each bin; the store counts them."""
    query = Query(filters=reading.filters(block.table), limit=_BINS)
    low, high = reading.figures.bounds(
        block.table, block.column
    )  # of all rows, so that bins stay as filters change
    if low is None:
        raise NoRowsError
    width = nice_width(low, high, block.bins, reading.figures.kinds(block.table)[block.column])
    found = reading.figures.group(
        block.table, (f"bin({block.column}, {width})",), {"_rows": "count()"}, query
    )
    counts = {
        Decimal(str(row[block.column])): row["_rows"]
        for row in found
        if drawable(row[block.column])
    }
    others = sum(row["_rows"] for row in found if not drawable(row[block.column]))
    if not counts:
        raise NoRowsError
    first = min(counts)
    starts = [first + width * place for place in range(int((max(counts) - first) / width) + 1)]
    form = reading.format(block.table, block.column, block.format)
    write, number = reading.formats.writer(form, short=True), reading.formats.writer("integer")
    rows = [counts.get(start, 0) for start in starts]
    source = ColumnDataSource(
        {
            "left": [float(start) for start in starts],
            "right": [float(start + width) for start in starts],
            "rows": rows,
            "range": [f"{write(start)} to {write(start + width)}" for start in starts],
            "text": [number(value) for value in rows],
        }
    )
    plot = new_figure(block.height, y_range=Range1d(0, max(rows) * 1.06))
    looks = Looks(reading.formats)
    looks.axes(plot, x=form, y="integer")
    plot.xgrid.grid_line_color = None
    name_axes(plot, x=reading.formats.label(block.column))
    bars = plot.quad(left="left", right="right", bottom=0, top="rows", source=source, color=PRIMARY, alpha=0.9,
                     hover_alpha=1, line_color="white", line_alpha=0.35)  # fmt: skip
    looks.tips(plot, [("", "@range"), ("Rows", "@text")], [bars])
    label = reading.formats.label(block.column)
    return Picture(
        plot,
        note=f"{number(others)} rows without a finite {label} are not counted." if others else "",
    )


def heatmap(block: Heatmap, reading: BlockContext) -> Picture:
    """Every pair of x and y, the darker the more; outlined where a period is not over yet."""
    columns = [reading.column(block.table, text) for text in (block.x, block.y)]
    rows, notes = _cells(block, columns, reading)
    write, label = (
        reading.writer(block.table, block.value, block.format, short=True),
        reading.formats.label,
    )
    names, going = zip(
        *(_axis([row[column] for row in rows], column, reading) for column in columns), strict=True
    )
    low, high = (end(row["_value"] for row in rows) for end in (min, max))
    open_cells = [
        any(row[column] in values for column, values in zip(columns, going, strict=True))
        for row in rows
    ]
    cells: dict[str, list[Any]] = {
        "x": [names[0][row[columns[0]]] for row in rows],
        "y": [names[1][row[columns[1]]] for row in rows],
        "strength": [strength(float(row["_value"]), float(low), float(high)) for row in rows],
        "text": [write(row["_value"]) for row in rows],
        "outline": [0.9 if is_open else 0.0 for is_open in open_cells],
    }
    across, up = (list(dict.fromkeys(texts.values())) for texts in names)
    plot = new_figure(block.height, x_range=FactorRange(*across), y_range=FactorRange(*up[::-1]))
    looks = Looks(reading.formats)
    looks.axes(plot)
    drawn = plot.rect(x="x", y="y", width=0.94, height=0.9, source=ColumnDataSource(cells), fill_color=PRIMARY,
                      fill_alpha="strength", line_color=PRIMARY, line_alpha="outline", line_dash="dashed")  # fmt: skip
    looks.tips(
        plot,
        [(label(block.x), "@x"), (label(block.y), "@y"), (label(block.value), "@text")],
        [drawn],
    )
    turn_crowded(plot, across)
    notes += [
        unfinished_note([texts[value] for value in values])
        for texts, values in zip(names, going, strict=True)
    ]
    return Picture(plot, scale_legend(write(low), write(high)), " ".join(filter(None, notes)))


def _cells(
    block: Heatmap, columns: list[str], reading: BlockContext
) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures of all pairs, the largest where there are too many, and notes on what is left out."""
    filters, asked = reading.filters(block.table), {"_value": block.metric}
    query = Query(filters, (Sort("_value", descending=True),), limit=_MOST_CELLS + 1)
    groups = reading.figures.group(block.table, (block.x, block.y), asked, query)
    notes = []
    if len(groups) > _MOST_CELLS:
        notes.append(f"Only the {_MOST_CELLS:,} largest figures are drawn.")
    if any(not missing(value) and not drawable(value) for row in groups for value in row.values()):
        notes.append("Infinite values are not drawn.")
    named = [
        {**row, **{name: None for name in columns if missing(row[name])}}
        for row in groups[:_MOST_CELLS]
    ]
    rows = [
        row
        for row in named
        if drawable(row["_value"])
        and all(row[name] is None or drawable(row[name]) for name in columns)
    ]
    if not rows:
        raise NoRowsError
    return rows, notes


def _axis(
    values: list[Any], column: str, reading: BlockContext
) -> tuple[dict[Any, str], list[Any]]:
    """The distinct values of an axis in their order, each with its name, and those that are periods not over yet."""
    ordered = in_order([value for value in values if value is not None])
    last = [None] if None in values else []
    going = unfinished_periods(ordered, column, reading.figures.seen().created)
    names = {value: reading.series(value) for value in (*ordered, *last)}
    return names, [value for value, is_open in zip(ordered, going, strict=True) if is_open]
