"""A checked query as MongoDB conditions, in which a caller's value is never read as an operator."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from medallion.contracts import ROW, Filter, Sort
from medallion.query.column_types import Kind
from medallion.query.text_folding import search_pattern
from medallion.query.validation import ValidatedQuery, beyond_prefix
from medallion.sinks.mongodb.documents import stored_value

Condition = dict[str, Any]

RANGES = ("lt", "lte", "gt", "gte")


def stored_name(name: str, key: Sequence[str]) -> str:
    """The field of a column: `_id`, which is indexed, for the row number or a key of one column."""
    return "_id" if name == ROW or (name,) == tuple(key) else name


def where(checked: ValidatedQuery) -> Condition:
    """The filters of a query as one condition."""
    return conditions(checked.filters, checked.kinds, checked.served.key)


def conditions(
    filters: Sequence[Filter], kinds: Mapping[str, Kind], key: Sequence[str]
) -> Condition:
    """Checked filters as one condition."""
    matches = [
        _condition(stored_name(condition.field, key), condition, kinds[condition.field])
        for condition in filters
    ]
    return {"$and": matches} if matches else {}


def projection(fields: Sequence[str]) -> Condition:
    """The projection to some columns; the row number is `_id`."""
    included = {name: 1 for name in fields if name != ROW}
    return {"_id": int(ROW in fields or not included), **included}


def order(checked: ValidatedQuery) -> list[tuple[str, int]]:
    key = checked.served.key
    return [(stored_name(sort.field, key), -1 if sort.descending else 1) for sort in checked.order]


def after_cursor(checked: ValidatedQuery, nulls: Collection[str]) -> Condition:
    """The rows after the cursor: equal in the first n columns of the order, after it in the next.

    `nulls` are the columns with a null; for all others a bound lets the index begin at the cursor.
    """
    if checked.after is None:
        return {}
    names = [stored_name(sort.field, checked.served.key) for sort in checked.order]
    values = [
        None if value is None else stored_value(checked.kinds[sort.field], value)
        for sort, value in zip(checked.order, checked.after, strict=True)
    ]
    alternatives = []
    for number, sort in enumerate(checked.order):
        equal = [
            {name: {"$eq": value}}
            for name, value in zip(names[:number], values[:number], strict=True)
        ]
        next_values = _next_values(
            names[number], sort, values[number], nullable=sort.field in nulls
        )
        alternatives += [{"$and": [*equal, step]} for step in next_values]
    return {
        "$and": [*_index_bound(names[0], checked.order[0], values[0], nulls), {"$or": alternatives}]
    }


def _next_values(name: str, sort: Sort, value: Any, *, nullable: bool) -> list[Condition]:
    if value is None:
        return [] if sort.descending else [{name: {"$ne": None}}]
    if not sort.descending:
        return [{name: {"$gt": value}}]
    return [{name: {"$lt": value}}, *([{name: {"$eq": None}}] if nullable else [])]


def _index_bound(name: str, sort: Sort, value: Any, nulls: Collection[str]) -> list[Condition]:
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
            return {name: {"$in": [stored_value(kind, item) for item in value]}}
        case "contains":
            return {"$expr": {"$gte": [{"$indexOfBytes": [f"${name}", {"$literal": value}]}, 0]}}
        case "search":
            return {name: {"$regex": search_pattern(value)}}
        case "startswith":
            end = beyond_prefix(value)
            return {name: {"$gte": value} if end is None else {"$gte": value, "$lt": end}}
        case "ne":
            return {name: {"$nin": [stored_value(kind, value), None]}}
    return {name: {f"${condition.operator}": stored_value(kind, value)}}
