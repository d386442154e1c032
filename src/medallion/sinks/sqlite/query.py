"""A checked query as SQL. Values are always bound; names are quoted and known."""

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
_LARGEST = 2**63 - 1


def find_sql(table: str, checked: ValidatedQuery, nulls: Collection[str]) -> Condition:
    """The page a query asks for, and one row more, which tells whether there is a next.

    `nulls` are the columns that hold a null: for all others a bound lets the index jump to the place.
    """
    where, values = where_sql(checked)
    if checked.after is not None:
        after = [
            _exact(bound(checked.kinds[s.field], v))
            for s, v in zip(checked.order, checked.after, strict=True)
        ]
        beyond, more = _beyond(checked.order, after, nulls)
        where, values = f"{where} and {beyond}", [*values, *more]
    columns = ", ".join(quote(name) for name in checked.reads)
    sql = f"select {columns} from {quote(table)} where {where} order by {order_sql(checked.order)} limit ?"
    return sql, [*values, checked.limit + 1]


def where_sql(checked: ValidatedQuery) -> Condition:
    """The filters of a query as one condition."""
    return conditions_sql(checked.filters, checked.kinds)


def conditions_sql(
    filters: Iterable[Filter], kinds: Mapping[str, Kind], *, indexed: bool = True
) -> Condition:
    """Checked filters as one condition; not `indexed`, ranges are judged row by row."""
    parts, values = ["true"], []
    for condition in filters:
        part, bound_values = _condition(condition, kinds[condition.field])
        if not indexed and condition.operator in RANGES:
            part = part.replace(quote(condition.field), f"+{quote(condition.field)}")
        parts.append(part)
        values += bound_values
    return " and ".join(parts), values


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
            values = _kept(bound(kind, item) for item in value)
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
    """Compare whole numbers with a number that may lie between two of them, or beyond all."""
    floor = int(value.to_integral_value(ROUND_FLOOR))
    if abs(floor) > _LARGEST:
        always = ("lt", "lte", "ne") if value > 0 else ("gt", "gte", "ne")
        return f"{column} is not null" if operator in always else "false", []
    if floor == value:
        return f"{column} {_COMPARE[operator]} ?", [floor]
    match operator:
        case "gt" | "gte":
            return f"{column} > ?", [floor]
        case "lt" | "lte":
            return f"{column} <= ?", [floor]
    return f"{column} is not null" if operator == "ne" else "false", []


def _kept(values: Iterable[Any]) -> list[Any]:
    """Those of the values that a column can hold at all."""
    numbers = (
        int(value) if isinstance(value, Decimal) and value == int(value) else value
        for value in values
    )
    return [value for value in numbers if not isinstance(value, Decimal) and not _too_large(value)]


def _too_large(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > _LARGEST


def _beyond(order: Sequence[Sort], after: Sequence[Any], nulls: Collection[str]) -> Condition:
    """The rows that come after the last page's end: equal in the first columns of the order, beyond in the next."""
    ways: list[str] = []
    values: list[Any] = []
    for number, (sort, value) in enumerate(zip(order, after, strict=True)):
        same = [f"{quote(former.field)} is ?" for former in order[:number]]
        step, step_values = _step(sort, value, nullable=sort.field in nulls)
        ways.append(" and ".join([*same, step]))
        values += [*after[:number], *step_values]
    jump, jump_values = _jump(order[0], after[0], nullable=order[0].field in nulls)
    return f"{jump} and ({' or '.join(ways)})", [*jump_values, *values]


def _exact(value: Any) -> Any:
    return max(-_LARGEST, min(_LARGEST, int(value))) if isinstance(value, Decimal) else value


def _step(sort: Sort, value: Any, *, nullable: bool) -> Condition:
    column = quote(sort.field)
    if value is None:
        return ("false" if sort.descending else f"{column} is not null"), []
    if not sort.descending:
        return f"{column} > ?", [value]
    return (f"({column} < ? or {column} is null)" if nullable else f"{column} < ?"), [value]


def _jump(sort: Sort, value: Any, *, nullable: bool) -> Condition:
    """What follows for the first column alone; an index can begin there instead of at the first row."""
    column = quote(sort.field)
    if value is None:
        return (f"{column} is null" if sort.descending else "true"), []
    if not sort.descending:
        return f"{column} >= ?", [value]
    return ("true", []) if nullable else (f"{column} <= ?", [value])
