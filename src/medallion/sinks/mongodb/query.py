"""A checked query in MongoDB's terms. Values only ever stand where MongoDB takes them for values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from medallion.contracts import ROW, Filter, Sort
from medallion.query.column_types import Kind
from medallion.query.text_folding import search_pattern
from medallion.query.validation import ValidatedQuery, beyond_prefix
from medallion.sinks.mongodb.documents import kept

Condition = dict[str, Any]

RANGES = ("lt", "lte", "gt", "gte")


def stored_name(name: str, key: Sequence[str]) -> str:
    """The field that holds a column: `_id` for the position of a row, and for a key of one column, as it is indexed."""
    return "_id" if name == ROW or (name,) == tuple(key) else name


def where(checked: ValidatedQuery, key: Sequence[str]) -> Condition:
    """The filters of a query as one condition."""
    return conditions(checked.filters, checked.kinds, key)


def conditions(
    filters: Sequence[Filter], kinds: Mapping[str, Kind], key: Sequence[str]
) -> Condition:
    """Checked filters as one condition."""
    parts = [_condition(stored_name(part.field, key), part, kinds[part.field]) for part in filters]
    return {"$and": parts} if parts else {}


def projection(fields: Sequence[str]) -> Condition:
    """The columns to read; the position of a row is its `_id`."""
    shown = {name: 1 for name in fields if name != ROW}
    return {"_id": int(ROW in fields or not shown), **shown}


def order(checked: ValidatedQuery, key: Sequence[str]) -> list[tuple[str, int]]:
    return [(stored_name(sort.field, key), -1 if sort.descending else 1) for sort in checked.order]


def beyond(checked: ValidatedQuery, key: Sequence[str], nulls: Collection[str]) -> Condition:
    """The rows after the last page's end: equal in the first columns of the order, beyond in the next.

    `nulls` are the columns that hold a null: for all others a bound lets the index jump to the place.
    """
    if checked.after is None:
        return {}
    names = [stored_name(sort.field, key) for sort in checked.order]
    values = [
        None if value is None else kept(checked.kinds[sort.field], value)
        for sort, value in zip(checked.order, checked.after, strict=True)
    ]
    ways = []
    for number, sort in enumerate(checked.order):
        same = [
            {name: {"$eq": value}}
            for name, value in zip(names[:number], values[:number], strict=True)
        ]
        steps = _steps(names[number], sort, values[number], nullable=sort.field in nulls)
        ways += [{"$and": [*same, step]} for step in steps]
    return {"$and": [*_jump(names[0], checked.order[0], values[0], nulls), {"$or": ways}]}


def _steps(name: str, sort: Sort, value: Any, *, nullable: bool) -> list[Condition]:
    if value is None:
        return [] if sort.descending else [{name: {"$ne": None}}]
    if not sort.descending:
        return [{name: {"$gt": value}}]
    return [{name: {"$lt": value}}, *([{name: {"$eq": None}}] if nullable else [])]


def _jump(name: str, sort: Sort, value: Any, nulls: Collection[str]) -> list[Condition]:
    if value is None:
        return [{name: {"$eq": None}}] if sort.descending else []
    if not sort.descending:
        return [{name: {"$gte": value}}]
    return [] if sort.field in nulls else [{name: {"$lte": value}}]


def _condition(name: str, condition: Filter, kind: Kind) -> Condition:
    value = condition.value
    match condition.operator:
        case "isnull":
            return {name: {"$eq" if value else "$ne": None}}
        case "in":
            return {name: {"$in": [kept(kind, item) for item in value]}}
        case "contains":
            return {"$expr": {"$gte": [{"$indexOfBytes": [f"${name}", {"$literal": value}]}, 0]}}
        case "search":
            return {name: {"$regex": search_pattern(value)}}
        case "startswith":
            end = beyond_prefix(value)
            return {name: {"$gte": value} if end is None else {"$gte": value, "$lt": end}}
        case "ne":
            return {name: {"$nin": [kept(kind, value), None]}}
    return {name: {f"${condition.operator}": kept(kind, value)}}
