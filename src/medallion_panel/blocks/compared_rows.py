"""The rows that those of a table block are compared with: their counterparts by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medallion.contracts import Filter, Query
from medallion_panel.blocks.block_context import BlockContext

_NUMBERS = ("integer", "decimal", "float")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ComparedRows:
    """For each row of a page, the row that it is compared with, or None, and the `columns` to show
    of them.
    """

    columns: tuple[str, ...] = ()
    rows: Sequence[Row | None] = field(default_factory=tuple)


NOT_COMPARED = ComparedRows()


def compared_rows(
    table: str, rows: Sequence[Row], fields: Sequence[str], context: BlockContext
) -> ComparedRows:
    """The counterparts of rows: those of the same key in another release, or in another period
    where that is a part of the key. Empty where rows cannot be compared.
    """
    other, comparison = context.compared(table), context.comparison
    key = context.served(table).key
    if other is None or comparison is None or not key or not set(key) <= set(fields):
        return NOT_COMPARED
    shift = comparison.periods
    if shift is not None and shift.column not in key:
        return NOT_COMPARED
    kinds = other.kinds(table)
    columns = tuple(
        name
        for name in fields
        if name not in key
        and name in kinds
        and kinds[name].name in _NUMBERS
        and context.format(table, name) != "text"
    )
    if not columns or not rows:
        return ComparedRows(columns, [None] * len(rows))
    own = [
        tuple(
            shift.backward_value(row[name]) if shift and name == shift.column else row[name]
            for name in key
        )
        for row in rows
    ]
    known = [values for values in own if None not in values]
    if not known:
        return ComparedRows(columns, [None] * len(rows))
    filters = tuple(
        Filter(name, "in", tuple(dict.fromkeys(values)))
        for name, values in zip(key, zip(*known, strict=True), strict=True)
    )
    found = other.store.points(table, Query(filters, fields=(*key, *columns)))
    by_key = {tuple(row[name] for name in key): row for row in found}
    return ComparedRows(columns, [by_key.get(values) for values in own])
