"""A checked query as SQL. Values are always bound; names are validated and quoted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from medallion.contracts import Filter, Sort, quote
from medallion.query.column_types import Kind
from medallion.query.text_folding import fold
from medallion.query.validation import ValidatedQuery, beyond_prefix
from medallion.sinks.sqlite.database import FOLD
from medallion.sinks.sqlite.row_encoder import bound

Condition = tuple[str, list[Any]]

_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
RANGES = ("lt", "lte", "gt", "gte")
_MAX_INTEGER = 2**63 - 1


def find_sql(checked: ValidatedQuery, nulls: Collection[str]) -> Condition:
    """The page of a query, and one more row, which shows whether there is a next page.

    `nulls` are the columns with a null; for all others a bound lets the index begin at the cursor.
    """
    where, values = where_sql(checked)
    if checked.after is not None:
        cursor_values = [
            _in_range(bound(checked.kinds[s.field], v))
            for s, v in zip(checked.order, checked.after, strict=True)
        ]
        rows_after, more_values = _after_cursor(checked.order, cursor_values, nulls)
        where, values = f"{where} and {rows_after}", [*values, *more_values]
    columns = ", ".join(quote(name) for name in checked.reads)
    order = order_sql(checked.order)
    table = quote(checked.served.name)
    sql = f"select {columns} from {table} where {where} order by {order} limit ?"
    return sql, [*values, checked.limit + 1]


def where_sql(checked: ValidatedQuery) -> Condition:
    """The filters of a query as one condition."""
    return conditions_sql(checked.filters, checked.kinds)


def conditions_sql(
    filters: Iterable[Filter], kinds: Mapping[str, Kind], *, indexed: bool = True
) -> Condition:
    """Checked filters as one condition; unless `indexed`, range filters do not use an index.

    A unary plus before a column keeps SQLite from using its index.
    """
    conditions, values = ["true"], []
    for condition in filters:
        condition_sql, bound_values = _condition(condition, kinds[condition.field])
        if not indexed and condition.operator in RANGES:
            condition_sql = condition_sql.replace(
                quote(condition.field), f"+{quote(condition.field)}"
            )
        conditions.append(condition_sql)
        values += bound_values
    return " and ".join(conditions), values


def order_sql(order: Iterable[Sort]) -> str:
    return ", ".join(
        f"{quote(sort.field)} {'desc' if sort.descending else 'asc'}" for sort in order
    )


def _condition(condition: Filter, kind: Kind) -> Condition:
    column, value = quote(condition.field), condition.value
    match condition.operator:
        case "isnull":
            return f"{column} is {'' if value else 'not '}null", []
        case "in":
            values = _storable(bound(kind, item) for item in value)
            return f"{column} in ({', '.join('?' * len(values))})", values
        case "contains":
            return f"instr({column}, ?) > 0", [value]
        case "search":
            return f"instr({FOLD}({column}), ?) > 0", [fold(value)]
        case "startswith":
            return _startswith(column, value)
    return _compare(column, condition.operator, bound(kind, value))


def _startswith(column: str, prefix: str) -> Condition:
    end = beyond_prefix(prefix)
    return (
        (f"{column} >= ?", [prefix])
        if end is None
        else (f"({column} >= ? and {column} < ?)", [prefix, end])
    )


def _compare(column: str, operator: str, value: Any) -> Condition:
    if isinstance(value, Decimal):
        return _compare_scaled(column, operator, value)
    return f"{column} {_COMPARE[operator]} ?", [value]


def _compare_scaled(column: str, operator: str, value: Decimal) -> Condition:
    """Compare stored integers with a number that may be between two of them, or outside 64 bits."""
    floor = int(value.to_integral_value(ROUND_FLOOR))
    if abs(floor) > _MAX_INTEGER:
        matching_operators = ("lt", "lte", "ne") if value > 0 else ("gt", "gte", "ne")
        return f"{column} is not null" if operator in matching_operators else "false", []
    if floor == value:
        return f"{column} {_COMPARE[operator]} ?", [floor]
    match operator:
        case "gt" | "gte":
            return f"{column} > ?", [floor]
        case "lt" | "lte":
            return f"{column} <= ?", [floor]
    return f"{column} is not null" if operator == "ne" else "false", []


def _storable(values: Iterable[Any]) -> list[Any]:
    """The values that an integer column can have; others match no row."""
    integers = (
        int(value) if isinstance(value, Decimal) and value == int(value) else value
        for value in values
    )
    return [value for value in integers if not isinstance(value, Decimal) and not _too_large(value)]


def _too_large(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > _MAX_INTEGER


def _after_cursor(
    order: Sequence[Sort], cursor_values: Sequence[Any], nulls: Collection[str]
) -> Condition:
    """The rows after the cursor: equal in the first n columns of the order, after in the next."""
    alternatives: list[str] = []
    values: list[Any] = []
    for number, (sort, value) in enumerate(zip(order, cursor_values, strict=True)):
        equal = [f"{quote(previous.field)} is ?" for previous in order[:number]]
        next_values, next_operands = _next_values(sort, value, nullable=sort.field in nulls)
        alternatives.append(" and ".join([*equal, next_values]))
        values += [*cursor_values[:number], *next_operands]
    index_bound, bound_operands = _index_bound(
        order[0], cursor_values[0], nullable=order[0].field in nulls
    )
    return f"{index_bound} and ({' or '.join(alternatives)})", [*bound_operands, *values]


def _in_range(value: Any) -> Any:
    return (
        max(-_MAX_INTEGER, min(_MAX_INTEGER, int(value))) if isinstance(value, Decimal) else value
    )


def _next_values(sort: Sort, value: Any, *, nullable: bool) -> Condition:
    column = quote(sort.field)
    if value is None:
        return ("false" if sort.descending else f"{column} is not null"), []
    if not sort.descending:
        return f"{column} > ?", [value]
    return (f"({column} < ? or {column} is null)" if nullable else f"{column} < ?"), [value]


def _index_bound(sort: Sort, value: Any, *, nullable: bool) -> Condition:
    """A condition on the first column, so that an index does not begin at the first row."""
    column = quote(sort.field)
    if value is None:
        return (f"{column} is null" if sort.descending else "true"), []
    if not sort.descending:
        return f"{column} >= ?", [value]
    return ("true", []) if nullable else (f"{column} <= ?", [value])
