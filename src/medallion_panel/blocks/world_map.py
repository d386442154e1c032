"""The world, each country coloured by its figure."""

from __future__ import annotations

from collections.abc import Callable
from operator import add
from typing import Any

from bokeh.models import ColumnDataSource, Range1d

from medallion.contracts import Query, Sort
from medallion.query.metrics import metric_call
from medallion_panel.block_settings import WorldMap
from medallion_panel.blocks.axes import Looks, new_figure
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, drawable, missing
from medallion_panel.blocks.legend import Picture, scale_legend
from medallion_panel.data.world import country_key, shapes
from medallion_panel.ui.formats import and_more
from medallion_panel.ui.theme import INK, PRIMARY, strength


def world_map(block: WorldMap, reading: BlockContext) -> Picture:
    """The map, framed around the countries that have a figure. Raises NoRowsError."""
    values, unknown, notes = by_country(block, reading)
    elsewhere = f"Not on the map: {and_more(sorted(unknown), _NAMED)}" if unknown else ""
    if not values:
        raise NoRowsError(elsewhere)
    write = reading.writer(block.table, block.value, block.format, short=True)
    lowest, highest = min(0, *values.values()), max(values.values()) or 1
    drawn, blank = [], []
    for shape in shapes():
        value = values.get(shape["key"])
        part = {"x": shape["xs"], "y": shape["ys"], "country": shape["name"]}
        if value is None:
            blank.append(part)
        else:
            alpha = 0.1 + 0.9 * strength(float(value), float(lowest), float(highest))
            drawn.append({**part, "strength": alpha, "text": write(value)})
    (left, right), (low, high) = _frame(drawn)
    plot = new_figure(
        block.height, x_range=Range1d(left, right), y_range=Range1d(low, high), match_aspect=True
    )
    plot.axis.visible = plot.grid.visible = False
    plot.patches(
        "x",
        "y",
        source=_source(blank),
        fill_color=INK,
        fill_alpha=0.16,
        line_color=INK,
        line_alpha=0.35,
    )
    countries = plot.patches("x", "y", source=_source(drawn), fill_color=PRIMARY, fill_alpha="strength",
                             line_color="white", line_width=0.6)  # fmt: skip
    Looks(reading.formats).tips(
        plot, [("", "@country"), (reading.formats.label(block.value), "@text")], [countries]
    )
    return Picture(plot, scale_legend(write(lowest), write(highest), elsewhere), " ".join(notes))


_NAMED = 8
_MOST_NAMES = 20_000
_TOGETHER: dict[str, Callable[[Any, Any], Any]] = {"count": add, "sum": add, "min": min, "max": max}
"""What the figures of two names of one country are together; of a mean nobody can say."""


def _source(parts: list[dict[str, Any]]) -> ColumnDataSource:
    names = parts[0] if parts else {"x": [], "y": []}
    return ColumnDataSource({name: [part[name] for part in parts] for name in names})


def by_country(
    block: WorldMap, reading: BlockContext
) -> tuple[dict[str, Any], list[str], list[str]]:
    """The figure of every country on the map, the names that are on no map, and notes on what is left out."""
    query = Query(
        reading.filters(block.table), (Sort("_value", descending=True),), limit=_MOST_NAMES + 1
    )
    groups = reading.figures.group(block.table, (block.country,), {"_value": block.metric}, query)
    notes = (
        [f"Only the {_MOST_NAMES:,} largest figures are read."] if len(groups) > _MOST_NAMES else []
    )
    if any(not missing(row["_value"]) and not drawable(row["_value"]) for row in groups):
        notes.append("Infinite values are not drawn.")
    values: dict[str, Any] = {}
    unknown: list[str] = []
    together = _TOGETHER.get(metric_call(block.metric).function)
    for row in groups[:_MOST_NAMES]:
        name, value = row[block.country], row["_value"]
        key = country_key(str(name)) if name is not None else None
        if key is None or (key in values and together is None):
            unknown.append("no country" if name is None else str(name))
        elif drawable(value):
            values[key] = together(values[key], value) if together and key in values else value
    return values, unknown, notes


def _frame(drawn: list[dict[str, Any]]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Bounds around the main parts of the countries with figures, so that overseas islands do not widen them."""
    largest: dict[str, dict[str, Any]] = {}
    for part in drawn:
        if part["country"] not in largest or _extent(part) > _extent(largest[part["country"]]):
            largest[part["country"]] = part
    xs = [x for part in largest.values() for x in part["x"]]
    ys = [y for part in largest.values() for y in part["y"]]
    room_x, room_y = max(4.0, (max(xs) - min(xs)) * 0.12), max(3.0, (max(ys) - min(ys)) * 0.08)
    return (min(xs) - room_x, max(xs) + room_x), (min(ys) - room_y, max(ys) + room_y)


def _extent(part: dict[str, Any]) -> float:
    return float((max(part["x"]) - min(part["x"])) * (max(part["y"]) - min(part["y"])))
