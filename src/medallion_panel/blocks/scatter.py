"""Points: one a row, or how densely they lie where they are too many to tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import holoviews as hv
import hvplot.xarray  # noqa: F401 (gives arrays their .hvplot)
import numpy as np
import pandas as pd
import xarray as xr
from bokeh.models import ColumnDataSource, FactorRange

from medallion.contracts import Query
from medallion.query.column_types import Kind
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.axes import Looks, in_order, name_axes, new_figure, turn_crowded
from medallion_panel.blocks.block_context import (
    NO_VALUE,
    BlockContext,
    NoRowsError,
    drawable,
    missing,
)
from medallion_panel.blocks.legend import Picture, names_legend, scale_legend
from medallion_panel.ui.rounding import down, nice_width
from medallion_panel.ui.series_colors import OTHERS
from medallion_panel.ui.theme import PRIMARY, SERIES, strength

if TYPE_CHECKING:
    from bokeh.plotting import figure

RASTER = 50_000

_ACROSS, _UP = 120, 80
_CELLS = 20_000
_NUMBERS = ("integer", "decimal", "float")
_TIMES = ("date", "timestamp")


def scatter(block: Scatter, reading: BlockContext) -> Picture:
    """One point a row; of more than RASTER the store counts how many lie in each cell of a grid."""
    fields = (block.x, block.y, *([block.by] if block.by else []))
    query = Query(filters=reading.filters(block.table), fields=tuple(dict.fromkeys(fields)))
    rows = reading.count(block.table, query.filters)
    if not rows:
        raise NoRowsError
    if rows > RASTER:
        return _density(block, reading, query)
    points = reading.figures.points(block.table, query)
    placed = [row for row in points if drawable(row[block.x]) and drawable(row[block.y])]
    if not placed:
        raise NoRowsError
    frame = pd.DataFrame(
        [{name: _point(row[name]) for name in {block.x, block.y}} for row in placed]
    )
    kinds = reading.figures.kinds(block.table)
    sides = (("x", block.x), ("y", block.y))
    axes = [_axis(way, frame, column, reading, kinds[column]) for way, column in sides]
    plot = new_figure(block.height, **axes[0], **axes[1])
    _labelled(plot, block, reading)
    colors = {reading.formats.label(block.y): PRIMARY}
    names = pd.Series(next(iter(colors)), index=frame.index)
    if block.by:
        colors, names = _series([row[block.by] for row in placed], block, reading)
    for name, color in colors.items():
        part = frame[names == name]
        source = ColumnDataSource({"x": part[block.x], "y": part[block.y]})
        plot.scatter(x="x", y="y", source=source, size=6, color=color, alpha=0.5, line_width=0)
    return Picture(plot, names_legend(colors), _unplaced(len(points) - len(placed), block, reading))


def _series(
    values: Sequence[Any], block: Scatter, reading: BlockContext
) -> tuple[dict[str, str], pd.Series]:
    """The colour of every series, of many values the most frequent, and the name of the series of each point."""
    words = pd.Series([reading.series(value) for value in values])
    frequent = list(words.value_counts().index[: len(SERIES)])
    known = in_order([value for value in values if not missing(value)])
    ordered = [
        name for name in dict.fromkeys([*map(reading.series, known), NO_VALUE]) if name in frequent
    ]
    shown = ordered + ([OTHERS] if words.nunique() > len(ordered) else [])
    colors = reading.colors(block.table, str(block.by), shown)
    return colors, words.map(lambda name: name if name in colors else OTHERS)


def _unplaced(rows: int, block: Scatter, reading: BlockContext) -> str:
    """What to say of rows that have no place."""
    x, y = map(reading.formats.label, (block.x, block.y))
    return (
        f"{reading.formats.writer('integer')(rows)} rows without a finite {x} or {y} are not drawn."
        if rows
        else ""
    )


def _axis(
    way: str, frame: pd.DataFrame, column: str, reading: BlockContext, kind: Kind
) -> dict[str, Any]:
    """What kind of axis a column needs; names stand in their own order, as text."""
    if kind.name in _NUMBERS:
        return {}
    if kind.name in _TIMES:
        return {f"{way}_axis_type": "datetime"}
    names = in_order(frame[column].tolist())
    frame[column] = frame[column].map(reading.formats.period)
    return {f"{way}_range": FactorRange(*dict.fromkeys(map(reading.formats.period, names)))}


def _point(value: Any) -> Any:
    """A value as the browser can place it."""
    if not drawable(value):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return (
        float(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value
    )


def _density(block: Scatter, reading: BlockContext, query: Query) -> Picture:
    """All points as one image of counts, whatever their number."""
    (x, wide), (y, high) = (_bins(block.table, column, cells, reading)
                            for column, cells in ((block.x, _ACROSS), (block.y, _UP)))  # fmt: skip
    grouped = Query(filters=query.filters, limit=_CELLS)
    groups = reading.figures.group(block.table, (x, y), {"_rows": "count()"}, grouped)
    cells = [row for row in groups if drawable(row[block.x]) and drawable(row[block.y])]
    columns, lines = (
        [round((Decimal(str(row[name])) - low) / width) for row in cells]
        for name, low, width in ((block.x, *wide), (block.y, *high))
    )
    counts = np.full((max(lines) + 1, max(columns) + 1), np.nan)
    counts[lines, columns] = [row["_rows"] for row in cells]
    grid = xr.DataArray(
        counts, dims=("y", "x"), name="rows",
        coords={"x": _middles(*wide, counts.shape[1]), "y": _middles(*high, counts.shape[0])},
    )  # fmt: skip
    shades = [f"{PRIMARY}{round(255 * strength(part, 0, 31)):02x}" for part in range(32)]
    image = grid.hvplot.image(x="x", y="y", cmap=shades, cnorm="log", clim=(1, max(2.0, float(np.nanmax(counts)))),
                              colorbar=False, height=block.height, responsive=True, hover=False)  # fmt: skip
    plot = hv.render(image, backend="bokeh")
    plot.toolbar_location, plot.tools = None, []
    _labelled(plot, block, reading)
    write = reading.formats.writer("integer")
    most = write(int(np.nanmax(counts)))
    notes = [
        _unplaced(sum(row["_rows"] for row in groups) - int(np.nansum(counts)), block, reading)
    ]
    if block.by:
        notes.append(
            f"Not coloured by {reading.formats.label(block.by)}: there are too many points to draw each."
        )
    legend = scale_legend("1", most, "rows in a spot, because they are too many to draw each")
    return Picture(plot, legend, " ".join(filter(None, notes)))


def _bins(
    table: str, column: str, cells: int, reading: BlockContext
) -> tuple[str, tuple[Decimal, Decimal]]:
    """How to ask the store for about `cells` bins of a column, and where they begin and how wide they are."""
    kind = reading.figures.kinds(table)[column]
    if kind.name not in _NUMBERS:
        raise NoRowsError(f"More than {RASTER:,} rows can only be drawn by numbers, and {column} is a {kind.name}: "
                          "choose fewer by the filters.")  # fmt: skip
    low, high = reading.figures.bounds(table, column)
    if low is None:
        raise NoRowsError
    width = nice_width(low, high, cells, kind)
    return f"bin({column}, {width})", (down(low, width), width)


def _middles(low: Decimal, width: Decimal, number: int) -> list[float]:
    return [float(low + width * place + width / 2) for place in range(number)]


def _labelled(plot: figure, block: Scatter, reading: BlockContext) -> None:
    looks: Any = Looks(reading.formats)
    kinds = reading.figures.kinds(block.table)
    x, y = (
        reading.format(block.table, name) if kinds[name].name in _NUMBERS else None
        for name in (block.x, block.y)
    )
    looks.axes(plot, x=x, y=y)
    if isinstance(plot.x_range, FactorRange):
        turn_crowded(plot, plot.x_range.factors)
    name_axes(plot, x=reading.formats.label(block.x), y=reading.formats.label(block.y))
    plot.background_fill_color = plot.border_fill_color = None
    plot.outline_line_color = None
