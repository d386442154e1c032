"""Filters of a query on rows that are in memory: for caches, and for stores without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from medallion.query.query import Filter
from medallion.query.text_folding import fold

Row = dict[str, Any]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
    "contains": lambda value, operand: operand in value,
    "startswith": lambda value, operand: value.startswith(operand),
}


def matching_rows(rows: Iterable[Row], filters: Sequence[Filter]) -> Iterator[Row]:
    """The rows that meet all filters, in their order; `filters` are those of a validated query."""
    matching = iter(rows)
    for condition in filters:
        matching = filter(_predicate(condition), matching)
    return matching


def _predicate(condition: Filter) -> Callable[[Row], bool]:
    name, operand = condition.field, condition.value
    if condition.operator == "isnull":
        return lambda row: (row[name] is None) is operand
    if condition.operator == "in":
        operands = frozenset(operand)
        return lambda row: row[name] in operands
    if condition.operator == "search":
        folded = fold(operand)
        return lambda row: row[name] is not None and folded in fold(row[name])
    compare = _COMPARISONS[condition.operator]
    return lambda row: row[name] is not None and compare(row[name], operand)
