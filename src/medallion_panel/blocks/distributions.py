"""Histograms and heat maps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bokeh.models import ColumnDataSource, FactorRange, Range1d

from medallion.contracts import Query
from medallion_panel.blocks.axes import Looks, in_order, name_axes, new_figure, turn_crowded
from medallion_panel.blocks.legends import Picture, scale_legend
from medallion_panel.blocks.reading import NoRowsError, Reading, drawable
from medallion_panel.rounding import nice_width
from medallion_panel.section import Heatmap, Histogram
from medallion_panel.theme import PRIMARY, strength

_MOST_CELLS = 20_000


def histogram(block: Histogram, reading: Reading) -> Picture:
    """How many rows fall in each bin; the store counts them."""
    query = Query(filters=reading.filters(block.table), limit=5000)
    low, high = reading.figures.bounds(block.table, block.column)  # of all rows, so that bins stay as filters change
    if low is None:
        raise NoRowsError
    width = nice_width(low, high, block.bins, reading.figures.kinds(block.table)[block.column])
    found = reading.figures.group(block.table, (f"bin({block.column}, {width})",), {"_rows": "count()"}, query)
    counts = {Decimal(str(row[block.column])): row["_rows"] for row in found if drawable(row[block.column])}
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
    return Picture(plot)


def heatmap(block: Heatmap, reading: Reading) -> Picture:
    """Every pair of x and y, the darker the more."""
    query = Query(filters=reading.filters(block.table), limit=_MOST_CELLS)
    found = reading.figures.group(block.table, (block.x, block.y), {"_value": block.metric}, query)
    rows = [row for row in found if all(map(drawable, (row[block.x], row[block.y], row["_value"])))]
    if not rows:
        raise NoRowsError
    write, label = reading.writer(block.table, block.value, block.format, short=True), reading.formats.label
    xs, ys = (_names(in_order([row[name] for row in rows]), reading) for name in (block.x, block.y))
    low, high = (end(row["_value"] for row in rows) for end in (min, max))
    cells: dict[str, list[Any]] = {
        "x": [xs[row[block.x]] for row in rows],
        "y": [ys[row[block.y]] for row in rows],
        "strength": [strength(float(row["_value"]), float(low), float(high)) for row in rows],
        "text": [write(row["_value"]) for row in rows],
    }
    across, up = (list(dict.fromkeys(names.values())) for names in (xs, ys))
    plot = new_figure(block.height, x_range=FactorRange(*across), y_range=FactorRange(*up[::-1]))
    looks = Looks(reading.formats)
    looks.axes(plot)
    drawn = plot.rect(x="x", y="y", width=0.94, height=0.9, source=ColumnDataSource(cells), fill_color=PRIMARY,
                      fill_alpha="strength", line_color=None)  # fmt: skip
    looks.tips(plot, [(label(block.x), "@x"), (label(block.y), "@y"), (label(block.value), "@text")], [drawn])
    turn_crowded(plot, across)
    return Picture(plot, scale_legend(write(low), write(high)))


def _names(values: list[Any], reading: Reading) -> dict[Any, str]:
    return {value: reading.formats.period(value) for value in values}
