"""A world map, with countries coloured by their figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from bokeh.models import ColumnDataSource, Range1d

from medallion.contracts import Query, Sort
from medallion.query.metrics import metric_call
from medallion.query.stored_integers import EXACT
from medallion_panel.block_settings import WorldMap
from medallion_panel.blocks.axes import ChartStyle
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable, is_missing
from medallion_panel.blocks.chart_figures import FigureColumn, metric_column
from medallion_panel.blocks.legend import RenderedChart, scale_legend
from medallion_panel.blocks.map_frame import new_map
from medallion_panel.blocks.marks import Mark, Marks, mark_of
from medallion_panel.data.world import country_key, shapes
from medallion_panel.ui.theme import INK, strength

_MAX_LISTED = 8
_MAX_NAMES = 20_000


def _sum(one: Any, other: Any) -> Any:
    """The sum of two figures, exact for decimals of any length."""
    return EXACT.add(one, other) if isinstance(one, Decimal) else one + other


# How to combine the figures of two names of one country; those of a mean cannot be.
_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "count": _sum,
    "sum": _sum,
    "min": min,
    "max": max,
}


def world_map(block: WorldMap, context: BlockContext) -> RenderedChart:
    """The map, framed around the countries that have a figure. Raises NoRowsError."""
    values, names, unknown, notes = by_country(block, context)
    numbers = {key: number for number, key in enumerate(values)}
    remark = ""
    if unknown:
        listed = context.formats.and_more(sorted(unknown), _MAX_LISTED)
        remark = context.formats.say("Not on the map: {names}", names=listed)
    if not values:
        raise NoRowsError(remark)
    write = context.writer(block.table, block.value, block.format, short=True)
    low, high = min(0, *values.values()), max(values.values()) or 1
    coloured, blank = [], []
    for shape in shapes():
        value = values.get(shape["key"])
        part = {"x": shape["xs"], "y": shape["ys"], "country": shape["name"]}
        if value is None:
            blank.append(part)
        else:
            alpha = 0.1 + 0.9 * strength(float(value), float(low), float(high))
            part |= {"strength": alpha, "text": write(value), "mark": numbers[shape["key"]]}
            coloured.append(part)
    x_range, y_range = _frame(coloured)
    plot = new_map(block.height, x_range, y_range)
    outline = {"line_color": INK, "line_alpha": 0.35}
    plot.patches("x", "y", source=_source(blank), fill_color=INK, fill_alpha=0.16, **outline)
    color = context.palette.single
    look = {"fill_color": color, "fill_alpha": "strength", "line_color": "white"}
    countries = plot.patches("x", "y", source=_source(coloured), line_width=0.6, **look)
    tooltips = [("", "@country"), (context.formats.label(block.value), "@text")]
    ChartStyle(context.formats).add_tooltips(plot, tooltips, [countries])

    def mark(number: int) -> Mark:
        key, value = list(values.items())[number]
        label = next(part["country"] for part in coloured if part["mark"] == number)
        kinds = context.kinds(block.table)
        return mark_of(kinds, label, [(block.country, names[key])], write(value))

    figures = partial(_figures, values, coloured, block, context)
    legend = scale_legend(color, write(low), write(high), remark)
    return RenderedChart(plot, figures, legend, " ".join(notes), Marks(len(values), mark))


def _figures(
    values: Mapping[str, Any],
    coloured: list[dict[str, Any]],
    block: WorldMap,
    context: BlockContext,
) -> list[FigureColumn]:
    """The countries that are drawn, and their figures."""
    names = {part["mark"]: part["country"] for part in coloured}
    drawn = [(names[place], value) for place, value in enumerate(values.values()) if place in names]
    label, figures = context.formats.label(block.country), [value for _, value in drawn]
    value = metric_column(context, block.table, block.value, figures, block.format)
    return [FigureColumn(label, [name for name, _ in drawn], str), value]


def _source(parts: list[dict[str, Any]]) -> ColumnDataSource:
    columns = parts[0] if parts else {"x": [], "y": []}
    return ColumnDataSource({name: [part[name] for part in parts] for name in columns})


class CountryFigures(NamedTuple):
    """The figures by country, and the `names` that have each in the table; the names that are not
    on the map; notes on what is left out.
    """

    values: dict[str, Any]
    names: dict[str, list[str]]
    unknown: list[str]
    notes: list[str]


def by_country(block: WorldMap, context: BlockContext) -> CountryFigures:
    """The figures of a map."""
    groups = _groups(block, context)
    say, notes = context.formats.say, []
    if len(groups) > _MAX_NAMES:
        notes.append(say("Only the {most} largest figures are read.", most=_MAX_NAMES))
    if any(not is_missing(row["_value"]) and not is_drawable(row["_value"]) for row in groups):
        notes.append(say("Infinite values are not drawn."))
    figures = CountryFigures({}, {}, [], notes)
    values = figures.values
    combine = _COMBINE.get(metric_call(block.metric).function)
    for row in groups[:_MAX_NAMES]:
        name, value = row[block.country], row["_value"]
        key = country_key(str(name)) if name is not None else None
        if key is None or (key in values and combine is None):
            figures.unknown.append(say("no country") if name is None else str(name))
        elif is_drawable(value):
            values[key] = combine(values[key], value) if combine and key in values else value
            figures.names.setdefault(key, []).append(name)
    return figures


def _groups(block: WorldMap, context: BlockContext) -> list[dict[str, Any]]:
    """The figures by name of a country, largest first."""
    query = Query(
        context.filters(block.table), (Sort("_value", descending=True),), limit=_MAX_NAMES + 1
    )
    return context.store.group(block.table, (block.country,), {"_value": block.metric}, query)


def _frame(shapes: list[dict[str, Any]]) -> tuple[Range1d, Range1d]:
    """The ranges of x and y around the main part of every country, without overseas islands."""
    largest: dict[str, dict[str, Any]] = {}
    for part in shapes:
        if part["country"] not in largest or _extent(part) > _extent(largest[part["country"]]):
            largest[part["country"]] = part
    xs = [x for part in largest.values() for x in part["x"]]
    ys = [y for part in largest.values() for y in part["y"]]
    room_x, room_y = max(4.0, (max(xs) - min(xs)) * 0.12), max(3.0, (max(ys) - min(ys)) * 0.08)
    x_range = Range1d(min(xs) - room_x, max(xs) + room_x)
    return x_range, Range1d(min(ys) - room_y, max(ys) + room_y)


def _extent(part: dict[str, Any]) -> float:
    return float((max(part["x"]) - min(part["x"])) * (max(part["y"]) - min(part["y"])))
