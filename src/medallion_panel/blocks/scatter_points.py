"""The points of a scatter plot, read once per release for all visitors with the same filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from medallion.contracts import Query
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.axes import in_order
from medallion_panel.blocks.block_context import (
    BlockContext,
    NoRowsError,
    is_drawable,
    is_missing,
)
from medallion_panel.blocks.scatter_axes import has_names
from medallion_panel.data.arrow_rows import ArrowRows
from medallion_panel.data.cached_store import BYTES_PER_VALUE
from medallion_panel.ui.formats import Formats

_HIDDEN = (
    "{count} point of zero or less is not drawn: the scale is logarithmic. | "
    "{count} points of zero or less are not drawn: the scale is logarithmic."
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ScatterPoints:
    """The points of a plot, which all charts of it share and only read.

    `rows` are those of the points; `series` has, by name, the columns x, y and mark of the points
    as Bokeh draws them, where a mark is the number of the row. `spans` are the least and the
    greatest x and y of logarithmic axes, and `names` those on other axes, in order, by side.
    `missing` rows have no place on the plot, and the `note` is on those that its scale hides.
    """

    rows: ArrowRows
    series: Mapping[str, Mapping[str, Any]]
    spans: Mapping[str, tuple[float, float]]
    names: Mapping[str, Sequence[str]]
    missing: int
    note: str

    @property
    def nbytes(self) -> int:
        """How many bytes of memory they take, about."""
        columns = (column for each in self.series.values() for column in each.values())
        sizes = (pd.Series(column).memory_usage(deep=True) for column in columns)
        return self.rows.nbytes + int(sum(sizes))


def scatter_points(
    block: Scatter, context: BlockContext, query: Query, logarithmic: Sequence[str]
) -> ScatterPoints:
    """The points of the rows that a query selects; `logarithmic` are the sides with that scale.

    Raises NoRowsError when there is nothing to draw.
    """
    formats = context.formats  # kept with the points, so that its id stands for it
    key = ("scatter", block.table, block.x, block.y, block.by, query, logarithmic, id(formats))
    _, points = context.store.derived(
        key,
        lambda: (formats, _read(block, context, query, logarithmic)),
        lambda pair: pair[1].nbytes // BYTES_PER_VALUE,
    )
    return points


def _read(
    block: Scatter, context: BlockContext, query: Query, logarithmic: Sequence[str]
) -> ScatterPoints:
    sides = {"x": block.x, "y": block.y}
    rows = context.store.points(block.table, query)
    located = [row for row in rows if all(is_drawable(row[name]) for name in sides.values())]
    drawn = [row for row in located if all(row[sides[side]] > 0 for side in logarithmic)]
    hidden = len(located) - len(drawn)
    note = context.formats.say(_HIDDEN, count=hidden) if hidden else ""
    if not drawn:
        raise NoRowsError(note)
    frame = pd.DataFrame(
        {
            side: [_point(row[name], context.formats) for row in drawn]
            for side, name in sides.items()
        }
    )
    kinds, names = context.kinds(block.table), {}
    for side, name in sides.items():
        if has_names(kinds[name]):
            words = map(context.formats.period, in_order(frame[side].tolist()))
            names[side] = list(dict.fromkeys(words))
            frame[side] = frame[side].map(context.formats.period)
    spans = {side: (frame[side].min(), frame[side].max()) for side in logarithmic}
    series = _series(drawn, frame, block, context)
    kept = rows if len(drawn) == len(rows) else ArrowRows.of(drawn, query.fields)
    return ScatterPoints(kept, series, spans, names, len(rows) - len(located), note)


def _series(
    rows: Sequence[Row], frame: pd.DataFrame, block: Scatter, context: BlockContext
) -> dict[str, dict[str, Any]]:
    """The points by series, the most frequent of many, in the order of their names."""
    if not block.by:
        return {context.formats.label(block.y): _columns(frame)}
    values = [row[block.by] for row in rows]
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
    words = words.where(words.isin(names), others)
    return {name: _columns(frame[words == name]) for name in names}


def _columns(points: pd.DataFrame) -> dict[str, Any]:
    columns = {"x": points["x"], "y": points["y"], "mark": points.index.astype(np.int32)}
    return {name: column.to_numpy() for name, column in columns.items()}


def _point(value: Any, formats: Formats) -> Any:
    """A value as Bokeh can draw it."""
    if not is_drawable(value):
        return None
    if isinstance(value, datetime):
        return formats.wall_time(value)
    is_number = isinstance(value, Decimal | int) and not isinstance(value, bool)
    return float(value) if is_number else value
