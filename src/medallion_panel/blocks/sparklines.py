"""Columns of sparklines in a table: the figures behind each of its rows, by period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from medallion.contracts import Filter, Query
from medallion_panel.blocks.axes import in_order
from medallion_panel.blocks.block_context import BlockContext, is_drawable, is_missing
from medallion_panel.blocks.periods import unfinished_periods
from medallion_panel.table_settings import SparklineColumn

_MAX_GROUPS = 20_000


def sparkline_cells(
    column: SparklineColumn, context: BlockContext, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The cell of each row: {line, label}, its figures and what they say in words."""
    values = list(dict.fromkeys(row[column.by] for row in rows if not is_missing(row[column.by])))
    lines: dict[Any, dict[Any, Any]] = defaultdict(dict)
    x = context.column(column.table, column.x)
    if values:
        of_rows = Filter(column.by, "in", tuple(values))
        query = Query((*context.filters(column.table), of_rows), limit=_MAX_GROUPS)
        by = (column.by, column.x)
        for group in context.store.group(column.table, by, {"_y": column.y}, query):
            if is_drawable(group["_y"]) and not is_missing(group[x]):
                lines[group[column.by]][group[x]] = group["_y"]
    return [_cell(lines.get(row[column.by], {}), x, column, context) for row in rows]


def _cell(
    figures: Mapping[Any, Any], x: str, column: SparklineColumn, context: BlockContext
) -> dict[str, Any]:
    """The cell of a row, without periods that are not over."""
    xs = in_order(list(figures))
    unfinished = unfinished_periods(xs, x, context.store.last_release().created)
    xs = [each for each, is_open in zip(xs, unfinished, strict=True) if not is_open]
    if not xs:
        return {"line": [], "label": context.formats.say("No figures")}
    write = context.writer(column.table, column.y, short=True)
    first, last = (
        f"{context.formats.period(each)}: {write(figures[each])}" for each in (xs[0], xs[-1])
    )
    least, most = (write(end(figures[each] for each in xs)) for end in (min, max))
    words = {"first": first, "last": last, "least": least, "most": most}
    message = "{first}, {last}; from {least} to {most}"
    label = context.formats.say(message, **words) if len(xs) > 1 else first
    return {"line": [float(figures[each]) for each in xs], "label": label}
