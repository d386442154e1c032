"""A world map with points at the places of rows, whose areas show a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from bokeh.models import ColumnDataSource, Range1d

from medallion.contracts import Query, Sort
from medallion_panel.blocks.axes import ChartStyle
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable
from medallion_panel.blocks.chart_figures import FigureColumn, metric_column
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.map_frame import new_map
from medallion_panel.blocks.marks import Mark, Marks, mark_of
from medallion_panel.data.world import mercator, shapes
from medallion_panel.plot_settings import PointMap
from medallion_panel.ui.theme import INK

if TYPE_CHECKING:
    from bokeh.plotting import figure

_MAX_PLACES = 5_000
_LEAST, _MOST = 9, 38  # the diameters of the largest point, in pixels
_CROWD = 240  # pixels by the root of the number of points
_POLE = 84.0  # degrees of latitude beyond which the map shows nothing


@dataclass(frozen=True)
class _Places:
    """The places on a map, which all charts of it share and only read.

    `rows` are the figures by place, `points` the data of the chart, and the `note` says what is not
    drawn.
    """

    rows: Sequence[dict[str, Any]]
    points: dict[str, list[Any]]
    note: str


def point_map(block: PointMap, context: BlockContext) -> RenderedChart:
    """A point for each place, the largest behind the others. Raises NoRowsError."""
    formats = context.formats  # kept with the places, so that its id stands for it
    key = ("places", block, context.filters(block.table), id(formats))
    _, places = context.store.derived(
        key,
        lambda: (formats, _places(block, context)),
        lambda pair: len(pair[1].rows) * len(pair[1].points),
    )
    rows, points = places.rows, places.points
    plot = _plot(block, points, context)

    def mark(number: int) -> Mark:
        row = rows[number]
        names = [block.label] if block.label else [block.latitude, block.longitude]
        terms = [(name, [row[name]]) for name in names]
        kinds = context.kinds(block.table)
        return mark_of(kinds, points["place"][number], terms, points["text"][number])

    def figures() -> list[FigureColumn]:
        names = [*([block.label] if block.label else []), block.latitude, block.longitude]
        places = [
            metric_column(context, block.table, name, [row[name] for row in rows]) for name in names
        ]
        values = [row["_value"] for row in rows]
        return [*places, metric_column(context, block.table, block.value, values, block.format)]

    return RenderedChart(plot, figures, note=places.note, marks=Marks(len(rows), mark))


def _diameters(values: Sequence[float]) -> list[float]:
    """The diameters of points: areas are proportional to figures, and smaller for many points."""
    largest = min(_MOST, max(_LEAST, _CROWD / sqrt(len(values))))
    least, most = largest / 5, max(values)
    return [
        max(least, largest * sqrt(max(value, 0.0) / most)) if most > 0 else least
        for value in values
    ]


def _name(row: dict[str, Any], block: PointMap, context: BlockContext) -> str:
    """The name of a place, or its position."""
    if block.label:
        return context.series(row[block.label])
    latitude, longitude = float(row[block.latitude]), float(row[block.longitude])
    return (
        f"{abs(latitude):.2f}° {'S' if latitude < 0 else 'N'}, "
        f"{abs(longitude):.2f}° {'W' if longitude < 0 else 'E'}"
    )


def _places(block: PointMap, context: BlockContext) -> _Places:
    """The places on the map. Raises NoRowsError."""
    rows, notes = _figures_by_place(block, context)
    write = context.writer(block.table, block.value, block.format, short=True)
    xs, ys = mercator([(float(row[block.longitude]), float(row[block.latitude])) for row in rows])
    points: dict[str, list[Any]] = {
        "x": xs,
        "y": ys,
        "size": _diameters([float(row["_value"]) for row in rows]),
        "place": [_name(row, block, context) for row in rows],
        "text": [write(row["_value"]) for row in rows],
        "mark": list(range(len(rows))),
    }
    return _Places(rows, points, " ".join(notes))


def _figures_by_place(
    block: PointMap, context: BlockContext
) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures by place, the largest first, and notes on what is not drawn."""
    by = tuple(filter(None, (block.latitude, block.longitude, block.label)))
    by_size = (Sort("_value", descending=True),)
    query = Query(context.filters(block.table), by_size, limit=_MAX_PLACES + 1)
    metrics = {"_value": block.metric, "_rows": "count()"}
    groups = context.store.group(block.table, by, metrics, query)
    notes = []
    if len(groups) > _MAX_PLACES:
        message = "Only the {most} largest figures are drawn."
        notes.append(context.formats.say(message, most=_MAX_PLACES))
    rows = [row for row in groups[:_MAX_PLACES] if is_drawable(row["_value"])]
    located = [row for row in rows if _has_position(row, block)]
    if missing := sum(row["_rows"] for row in rows if not _has_position(row, block)):
        message = (
            "{count} row has no position on the map. | {count} rows have no position on the map."
        )
        notes.append(context.formats.say(message, count=missing))
    if not located:
        raise NoRowsError(" ".join(notes))
    return located, notes


def _has_position(row: dict[str, Any], block: PointMap) -> bool:
    latitude, longitude = row[block.latitude], row[block.longitude]
    if not (is_drawable(latitude) and is_drawable(longitude)):
        return False
    return abs(float(latitude)) <= _POLE and abs(float(longitude)) <= 180


def _plot(block: PointMap, points: dict[str, list[Any]], context: BlockContext) -> figure:
    x_range, y_range = _range(points["x"], 4.0), _range(points["y"], 3.0)
    plot = new_map(block.height, x_range, y_range)
    world = shapes()
    land = ColumnDataSource(
        {"x": [part["xs"] for part in world], "y": [part["ys"] for part in world]}
    )
    outline = {"line_color": INK, "line_alpha": 0.35}
    plot.patches("x", "y", source=land, fill_color=INK, fill_alpha=0.16, **outline)
    dots = plot.scatter(
        x="x",
        y="y",
        size="size",
        source=ColumnDataSource(dict(points)),
        color=context.palette.single,
        fill_alpha=0.45,
        hover_fill_alpha=0.8,
        line_width=1.2,
    )
    tooltips = [("", "@place"), (context.formats.label(block.value), "@text")]
    ChartStyle(context.formats).add_tooltips(plot, tooltips, [dots])
    return plot


def _range(values: Sequence[float], least: float) -> Range1d:
    """A range around values, with room at both ends."""
    room = max(least, (max(values) - min(values)) * 0.12)
    return Range1d(min(values) - room, max(values) + room)
