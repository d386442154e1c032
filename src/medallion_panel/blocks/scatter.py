"""Scatter plots: one point per row, or an image of their density where there are too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import holoviews as hv
import hvplot.xarray  # noqa: F401 (adds .hvplot to arrays)
import numpy as np
import pandas as pd
import xarray as xr
from bokeh.models import ColumnDataSource

from medallion.contracts import Query
from medallion.query.column_types import Kind
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.arrow_rows import ArrowRows
from medallion_panel.blocks.axes import (
    in_order,
    new_figure,
)
from medallion_panel.blocks.block_context import (
    BlockContext,
    NoRowsError,
    is_drawable,
    is_missing,
)
from medallion_panel.blocks.chart_figures import FigureColumn, metric_column
from medallion_panel.blocks.legend import RenderedChart, names_legend, scale_legend
from medallion_panel.blocks.marks import Mark, Marks, mark_of
from medallion_panel.blocks.scatter_axes import (
    NUMBERS,
    axis,
    missing_note,
    set_logarithmic,
    style_plot,
)
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.rounding import down, round_width
from medallion_panel.ui.theme import strength

if TYPE_CHECKING:
    from bokeh.plotting import figure

MAX_POINTS = 50_000

_GRID_COLUMNS, _GRID_ROWS = 120, 80
_MAX_CELLS = 20_000
_HIDDEN = (
    "{count} point of zero or less is not drawn: the scale is logarithmic. | "
    "{count} points of zero or less are not drawn: the scale is logarithmic."
)


def scatter(block: Scatter, context: BlockContext) -> RenderedChart:
    """One point per row; beyond MAX_POINTS, the store counts the rows in each cell of a grid.

    Raises NoRowsError when there is nothing to draw.
    """
    columns = tuple(dict.fromkeys(filter(None, (block.x, block.y, block.by))))
    query = Query(filters=context.filters(block.table), fields=columns)
    rows = context.count(block.table, query.filters)
    if not rows:
        raise NoRowsError
    kinds = context.kinds(block.table)
    logarithmic = _logarithmic(block, kinds, context)
    if rows > MAX_POINTS:
        return _density(block, context, query)
    points = context.store.points(block.table, query)
    located_rows = [
        row for row in points if is_drawable(row[block.x]) and is_drawable(row[block.y])
    ]
    missing = missing_note(len(points) - len(located_rows), block, context)
    located_rows, hidden = _positive(located_rows, logarithmic, context)
    if not located_rows:
        raise NoRowsError(hidden)
    sides, formats = (("x", block.x), ("y", block.y)), context.formats
    frame = pd.DataFrame(
        {name: [_point(row[name], formats) for row in located_rows] for _, name in sides}
    )
    axes = [axis(side, frame, column, context, kinds[column]) for side, column in sides]
    scales = {f"{side}_axis_type": "log" for side, column in sides if column in logarithmic}
    plot = new_figure(block.height, **{**axes[0], **axes[1], **scales})
    style_plot(plot, block, context)
    set_logarithmic(plot, frame, {side: name for side, name in sides if name in logarithmic})
    colors = {context.formats.label(block.y): context.palette.single}
    names = pd.Series(next(iter(colors)), index=frame.index)
    if block.by:
        colors, names = _series([row[block.by] for row in located_rows], block, context)
    for name, color in colors.items():
        part = frame[names == name]
        source = ColumnDataSource({"x": part[block.x], "y": part[block.y], "mark": part.index})
        plot.scatter(x="x", y="y", source=source, size=6, color=color, alpha=0.5, line_width=0)
    note = " ".join(filter(None, (missing, hidden)))
    kept = ArrowRows({name: [row[name] for row in located_rows] for name in columns})
    figures = partial(_figures, kept, columns, block, context)
    marks = _marks(kept, columns, block, context)
    return RenderedChart(plot, figures, names_legend(colors), note, marks)


def _figures(
    rows: ArrowRows, names: Sequence[str], block: Scatter, context: BlockContext
) -> list[FigureColumn]:
    """The columns that the points are of."""
    return [metric_column(context, block.table, name, rows.column(name)) for name in names]


def _logarithmic(block: Scatter, kinds: Mapping[str, Kind], context: BlockContext) -> list[str]:
    """The columns on logarithmic axes. Raises NoRowsError where one has no numbers."""
    sides = ((block.x, block.x_scale), (block.y, block.scale))
    columns = [column for column, scale in sides if scale == "log"]
    for column in columns:
        if kinds[column].name not in NUMBERS:
            message = "A logarithmic scale needs numbers, and {column} is of type {kind}."
            words = {"column": column, "kind": kinds[column].name}
            raise NoRowsError(context.formats.say(message, **words))
    return columns


def _positive(
    rows: list[dict[str, Any]], columns: Sequence[str], context: BlockContext
) -> tuple[list[dict[str, Any]], str]:
    """The rows that logarithmic axes of these columns can show, and a note on the others."""
    shown = [row for row in rows if all(row[name] > 0 for name in columns)]
    hidden = len(rows) - len(shown)
    return shown, context.formats.say(_HIDDEN, count=hidden) if hidden else ""


def _marks(kept: ArrowRows, names: Sequence[str], block: Scatter, context: BlockContext) -> Marks:
    """A mark for each point; points at the same place are one mark."""

    def mark(number: int) -> Mark:
        row, kinds = kept[number], context.kinds(block.table)
        texts = (
            f"{context.formats.label(name)} {context.writer(block.table, name)(row[name])}"
            for name in names
        )
        return mark_of(kinds, ", ".join(texts), [(name, [row[name]]) for name in names])

    return Marks(len(kept), mark)


def _series(
    values: Sequence[Any], block: Scatter, context: BlockContext
) -> tuple[dict[str, str], pd.Series]:
    """The colour of every series, the most frequent of many, and the series of every point."""
    words = pd.Series([context.series(value) for value in values])
    frequent = list(words.value_counts().index[: len(context.palette.series)])
    values_in_order = in_order([value for value in values if not is_missing(value)])
    ordered = [
        name
        for name in dict.fromkeys([*map(context.series, values_in_order), context.no_value])
        if name in frequent
    ]
    others = context.others
    names = ordered + ([others] if words.nunique() > len(ordered) else [])
    colors = context.colors(block.table, str(block.by), names)
    return colors, words.map(lambda name: name if name in colors else others)


def _point(value: Any, formats: Formats) -> Any:
    """A value as Bokeh can draw it."""
    if not is_drawable(value):
        return None
    if isinstance(value, datetime):
        return formats.wall_time(value)
    is_number = isinstance(value, Decimal | int) and not isinstance(value, bool)
    return float(value) if is_number else value


def _density(block: Scatter, context: BlockContext, query: Query) -> RenderedChart:
    """All points as one image of counts, whatever their number. Raises NoRowsError."""
    if "log" in (block.scale, block.x_scale):
        message = (
            "A logarithmic scale is drawn of at most {most} rows: select fewer with the filters."
        )
        raise NoRowsError(context.formats.say(message, most=MAX_POINTS))
    x_term, x_bins = _bins(block.table, block.x, _GRID_COLUMNS, context)
    y_term, y_bins = _bins(block.table, block.y, _GRID_ROWS, context)
    grouped = Query(filters=query.filters, limit=_MAX_CELLS)
    groups = context.store.group(block.table, (x_term, y_term), {"_rows": "count()"}, grouped)
    cells = [row for row in groups if is_drawable(row[block.x]) and is_drawable(row[block.y])]
    columns, rows = (
        [round((Decimal(str(row[name])) - bins.low) / bins.width) for row in cells]
        for name, bins in ((block.x, x_bins), (block.y, y_bins))
    )
    counts = np.full((max(rows) + 1, max(columns) + 1), np.nan)
    counts[rows, columns] = [row["_rows"] for row in cells]
    plot = _density_plot(counts, (x_bins, y_bins), block.height, context.palette.single)
    style_plot(plot, block, context)
    write = context.formats.writer("integer")
    rows_in_all = sum(row["_rows"] for row in groups)
    notes = [missing_note(rows_in_all - int(np.nansum(counts)), block, context)]
    if block.by:
        label = context.formats.label(block.by)
        message = "Not coloured by {column}: there are too many points to draw each."
        notes.append(context.formats.say(message, column=label))
    message = "rows per cell, because there are too many points to draw each"
    remark = context.formats.say(message)
    legend = scale_legend(context.palette.single, "1", write(int(np.nanmax(counts))), remark)
    figures = partial(_cell_figures, cells, block, context)
    return RenderedChart(plot, figures, legend, " ".join(filter(None, notes)))


def _cell_figures(
    cells: Sequence[Mapping[str, Any]], block: Scatter, context: BlockContext
) -> list[FigureColumn]:
    """Where the cells of a density begin, and how many rows each has."""
    say, label = context.formats.say, context.formats.label
    corners = (
        FigureColumn(
            say("{column} from", column=label(name)),
            [row[name] for row in cells],
            context.writer(block.table, name),
        )
        for name in (block.x, block.y)
    )
    rows = [row["_rows"] for row in cells]
    return [*corners, FigureColumn(say("Rows"), rows, context.formats.writer("integer"))]


@dataclass(frozen=True)
class _Bins:
    """Bins of one `width`; the first starts at `low`."""

    low: Decimal
    width: Decimal

    def centers(self, number: int) -> list[float]:
        """The centers of the first bins."""
        return [float(self.low + self.width * place + self.width / 2) for place in range(number)]


def _bins(table: str, column: str, number: int, context: BlockContext) -> tuple[str, _Bins]:
    """About `number` bins of a column, and the term that groups by them. Raises NoRowsError."""
    kind = context.kinds(table)[column]
    if kind.name not in NUMBERS:
        message = (
            "More than {most} rows need numeric columns, and {column} is of type {kind}: "
            "select fewer rows with the filters."
        )
        words = {"most": MAX_POINTS, "column": column, "kind": kind.name}
        raise NoRowsError(context.formats.say(message, **words))
    low, high = context.store.bounds(table, column)
    if low is None:
        raise NoRowsError
    width = round_width(low, high, number, kind)
    return f"bin({column}, {width})", _Bins(down(low, width), width)


def _density_plot(counts: Any, bins: tuple[_Bins, _Bins], height: int, color: str) -> figure:
    """An image of counts by row (y) and column (x), coloured on a logarithmic scale."""
    x_bins, y_bins = bins
    rows, columns = counts.shape
    coords = {"x": x_bins.centers(columns), "y": y_bins.centers(rows)}
    grid = xr.DataArray(counts, dims=("y", "x"), name="rows", coords=coords)
    shades = [f"{color}{round(255 * strength(part, 0, 31)):02x}" for part in range(32)]
    image = grid.hvplot.image(
        x="x",
        y="y",
        cmap=shades,
        cnorm="log",
        clim=(1, max(2.0, float(np.nanmax(counts)))),
        colorbar=False,
        height=height,
        responsive=True,
        hover=False,
    )
    plot = hv.render(image, backend="bokeh")
    plot.toolbar_location, plot.tools = None, []
    return plot
