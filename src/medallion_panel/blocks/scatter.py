"""Scatter plots: one point per row, or an image of their density where there are too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import holoviews as hv
import hvplot.xarray  # noqa: F401 (adds .hvplot to arrays)
import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource

from medallion.contracts import Query
from medallion.query.column_types import Kind
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.axes import new_figure
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable
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
from medallion_panel.blocks.scatter_points import scatter_points
from medallion_panel.data.arrow_rows import ArrowRows
from medallion_panel.ui.rounding import bin_number, down, round_width
from medallion_panel.ui.theme import strength

if TYPE_CHECKING:
    from bokeh.plotting import figure

MAX_POINTS = 50_000

_GRID_COLUMNS, _GRID_ROWS = 120, 80
_MAX_CELLS = 20_000


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
    points = scatter_points(block, context, query, logarithmic)
    axes = [
        axis(side, kinds[column], points.names.get(side, ()))
        for side, column in (("x", block.x), ("y", block.y))
    ]
    scales = {f"{side}_axis_type": "log" for side in logarithmic}
    plot = new_figure(block.height, **{**axes[0], **axes[1], **scales})
    style_plot(plot, block, context)
    set_logarithmic(plot, points.spans)
    names = list(points.series)
    colors = dict.fromkeys(names, context.palette.single)
    if block.by:
        colors = context.colors(block.table, block.by, names)
    look: dict[str, Any] = {"size": 6, "alpha": 0.5, "line_width": 0}
    for name, data in points.series.items():
        source = ColumnDataSource(dict(data))
        plot.scatter(x="x", y="y", source=source, color=colors[name], **look)
    note = " ".join(filter(None, (missing_note(points.missing, block, context), points.note)))
    figures = partial(_figures, points.rows, query.fields, block, context)
    marks = _marks(points.rows, query.fields, block, context)
    return RenderedChart(plot, figures, names_legend(colors), note, marks)


def _figures(
    rows: ArrowRows, names: Sequence[str], block: Scatter, context: BlockContext
) -> list[FigureColumn]:
    """The columns that the points are of."""
    return [metric_column(context, block.table, name, rows.column(name)) for name in names]


def _logarithmic(block: Scatter, kinds: Mapping[str, Kind], context: BlockContext) -> list[str]:
    """The sides with logarithmic axes. Raises NoRowsError where one has no numbers."""
    axes = (("x", block.x, block.x_scale), ("y", block.y, block.scale))
    logarithmic = {side: column for side, column, scale in axes if scale == "log"}
    for column in logarithmic.values():
        if kinds[column].name not in NUMBERS:
            message = "A logarithmic scale needs numbers, and {column} is of type {kind}."
            words = {"column": column, "kind": kinds[column].name}
            raise NoRowsError(context.formats.say(message, **words))
    return list(logarithmic)


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
        [bin_number(row[name], bins.width, bins.low) for row in cells]
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
