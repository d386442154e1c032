"""Histograms, heat maps and points."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import floor, log10
from typing import TYPE_CHECKING, Any

import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, Range1d
from bokeh.transform import linear_cmap

from medallion.contracts import Query
from medallion.kinds import Kind
from medallion_panel.blocks.axes import Looks, cut, in_order, new_figure
from medallion_panel.blocks.reading import NoRowsError, Reading
from medallion_panel.section import Heatmap, Histogram, Scatter
from medallion_panel.theme import PRIMARY, SEQUENTIAL, SERIES

if TYPE_CHECKING:
    from bokeh.plotting import figure

RASTER = 50_000

_MOST_POINTS = 2_000_000
_MOST_CELLS = 20_000


def histogram(block: Histogram, reading: Reading) -> figure:
    """How many rows fall in each bin; the store counts them."""
    query = Query(filters=reading.filters(block.table), limit=5000)
    low, high = reading.figures.bounds(block.table, block.column, query)
    if low is None:
        raise NoRowsError
    width = nice_width(float(high) - float(low), block.bins, reading.figures.kinds(block.table)[block.column])
    found = reading.figures.group(block.table, (f"bin({block.column}, {width})",), {"_rows": "count()"}, query)
    counts = {Decimal(str(row[block.column])): row["_rows"] for row in found if row[block.column] is not None}
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
    plot.xaxis.axis_label = reading.formats.label(block.column)
    bars = plot.quad(left="left", right="right", bottom=0, top="rows", source=source, color=PRIMARY, alpha=0.9,
                     hover_alpha=1, line_color="white", line_alpha=0.35)  # fmt: skip
    looks.tips(plot, [("", "@range"), ("Rows", "@text")], [bars])
    return plot


def nice_width(extent: float, bins: int, kind: Kind) -> Decimal:
    """The width of about `bins` bins, as people would choose it: 1, 2 or 5 times a power of ten."""
    rough = extent / bins or 1.0
    power = floor(log10(rough))
    width = next(Decimal(step).scaleb(power) for step in (1, 2, 5, 10) if step * 10.0**power >= rough * 0.999)
    return width if kind.name == "float" else max(width, Decimal(1).scaleb(-kind.scale))


def heatmap(block: Heatmap, reading: Reading) -> figure:
    """Every pair of x and y, the darker the more."""
    query = Query(filters=reading.filters(block.table), limit=_MOST_CELLS)
    found = reading.figures.group(block.table, (block.x, block.y), {"_value": block.value}, query)
    rows = [row for row in found if None not in (row[block.x], row[block.y], row["_value"])]
    if not rows:
        raise NoRowsError
    write, label = reading.writer(block.table, block.value, block.format, short=True), reading.formats.label
    xs, ys = (_names(in_order([row[name] for row in rows]), reading) for name in (block.x, block.y))
    columns: Mapping[str, list[Any]] = {
        "x": [xs[row[block.x]] for row in rows],
        "y": [ys[row[block.y]] for row in rows],
        "v": [float(row["_value"]) for row in rows],
        "text": [write(row["_value"]) for row in rows],
    }
    plot = new_figure(block.height, x_range=FactorRange(*xs.values()), y_range=FactorRange(*list(ys.values())[::-1]))
    looks = Looks(reading.formats)
    looks.axes(plot)
    color = linear_cmap("v", list(SEQUENTIAL), min(columns["v"]), max(columns["v"]))
    cells = plot.rect(x="x", y="y", width=0.94, height=0.9, source=ColumnDataSource(dict(columns)), color=color,
                      line_color=None)  # fmt: skip
    looks.tips(plot, [(label(block.x), "@x"), (label(block.y), "@y"), (label(block.value), "@text")], [cells])
    if sum(map(len, xs.values())) > 60:
        plot.xaxis.major_label_orientation = 0.7
    return plot


def scatter(block: Scatter, reading: Reading) -> Any:
    """One point a row, or their density where they are too many to draw."""
    fields = (block.x, block.y, *([block.by] if block.by else []))
    query = Query(filters=reading.filters(block.table), fields=tuple(dict.fromkeys(fields)))
    rows = reading.figures.count(block.table, query)
    if not rows:
        raise NoRowsError
    if rows > _MOST_POINTS:
        raise NoRowsError(f"{rows:,} points are more than can be drawn: choose fewer by the filters.")
    found = [row for batch in reading.figures.scan(block.table, query) for row in batch]
    frame = pd.DataFrame(found).map(lambda value: float(value) if isinstance(value, Decimal) else value)
    if rows > RASTER:
        return _density(block, reading, frame)
    plot = new_figure(block.height)
    looks = _labelled(plot, block, reading)
    names = in_order([str(value) for value in frame[block.by]])[: len(SERIES)] if block.by else [""]
    drawn = []
    for name, color in zip(names, SERIES, strict=False):
        part = frame[frame[block.by].map(str) == name] if block.by else frame
        source = ColumnDataSource({"x": part[block.x], "y": part[block.y]})
        drawn.append(plot.scatter(x="x", y="y", source=source, size=6, color=color, alpha=0.5, line_width=0))
    if block.by:
        looks.legend(plot, list(zip(map(cut, names), drawn, strict=True)))
    return plot


def _density(block: Scatter, reading: Reading, frame: pd.DataFrame) -> Any:
    """All points as one image, drawn by datashader."""
    import hvplot.pandas  # noqa: F401 (gives frames their .hvplot)

    plot = frame.hvplot.scatter(
        x=block.x, y=block.y, rasterize=True, dynamic=False, cmap=list(SEQUENTIAL), cnorm="eq_hist", colorbar=False,
        hover=False, responsive=True, height=block.height, legend=False,
    )  # fmt: skip
    return plot.opts(toolbar=None, hooks=[lambda drawn, _: _labelled(drawn.state, block, reading)])


def _labelled(plot: figure, block: Scatter, reading: Reading) -> Looks:
    looks = Looks(reading.formats)
    looks.axes(plot, x=reading.format(block.table, block.x), y=reading.format(block.table, block.y))
    plot.xaxis.axis_label, plot.yaxis.axis_label = reading.formats.label(block.x), reading.formats.label(block.y)
    plot.background_fill_color = plot.border_fill_color = None
    plot.outline_line_color = None
    return looks


def _names(values: list[Any], reading: Reading) -> dict[Any, str]:
    return {value: cut(reading.formats.period(value)) for value in values}
