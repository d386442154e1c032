"""Validated queries as SQL over cached columns.

A decimal is cached as an integer of its last digit (12.34 is 1234), a timestamp in UTC without a
zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from medallion.contracts import Filter, Sort, quote
from medallion.query.aggregation import Grouping, Metric, Term
from medallion.query.column_types import Kind
from medallion.query.text_folding import search_pattern

TABLE = "cached"

Statement = tuple[str, list[Any]]

_EXACT = Context(prec=80)
_INTEGER_LIMIT = 10**38  # above every integer of DuckDB
_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def group_sql(grouping: Grouping) -> Statement:
    """One row per group, its columns in the order of `grouping.kinds`.

    Columns are referred to by position, because DuckDB's names are case-insensitive.
    """
    where, values = _where(grouping.filters, grouping.columns)
    terms = map(_term, grouping.terms)
    metrics = (_metric(metric, grouping.columns) for metric in grouping.metrics)
    sql = f"select {', '.join([*terms, *metrics])} from {TABLE} as t where {where}"
    if grouping.terms:
        sql += f" group by {', '.join(str(place) for place in range(1, len(grouping.terms) + 1))}"
    if grouping.order:
        sql += f" order by {_order(grouping.order, list(grouping.kinds))}"
    return f"{sql} limit {grouping.limit}", values


def rows_sql(
    fields: Sequence[str], filters: Iterable[Filter], kinds: Mapping[str, Kind]
) -> Statement:
    """These columns of the rows that match validated filters."""
    where, values = _where(filters, kinds)
    columns = ", ".join(f"t.{quote(name)}" for name in fields)
    return f"select {columns} from {TABLE} as t where {where}", values


def _where(filters: Iterable[Filter], kinds: Mapping[str, Kind]) -> Statement:
    """Validated filters as one condition."""
    parts: list[str] = []
    values: list[Any] = []
    for condition in filters:
        part, bound = _condition(condition, kinds[condition.field])
        parts.append(part)
        values += bound
    return " and ".join(parts) or "true", values


def _order(sorts: Iterable[Sort], names: Sequence[str]) -> str:
    directions = {False: "asc nulls first", True: "desc nulls last"}
    return ", ".join(
        f"{names.index(sort.field) + 1} {directions[sort.descending]}" for sort in sorts
    )


def _term(term: Term) -> str:
    column = f"t.{quote(term.column)}"
    if term.form == "plain":
        return column
    if term.form != "bin":
        return f"date_trunc('{term.form}', {column})"
    if term.kind.name == "float":
        width: Any = f"{float(term.width)!r}::double"
        return f"floor({column} / {width}) * {width}"
    width = int(term.width.scaleb(term.kind.scale, _EXACT))
    return f"({column} - (({column} % {width}) + {width}) % {width})"


def _metric(metric: Metric, kinds: Mapping[str, Kind]) -> str:
    match metric.function:
        case "ratio":
            numerator, denominator = (_ratio_part(part, kinds) for part in metric.parts)
            return _nan_as_null(f"{numerator} / nullif({denominator}, 0)")
        case "quantile":
            return _nan_as_null(
                f"quantile_cont({_real(metric.column, kinds)}, {metric.fraction!r})"
            )
        case "mean" if metric.weight:
            value, weight = _real(metric.column, kinds), _real(metric.weight, kinds)
            weights = f"sum({weight}) filter ({value} is not null)"
            return _nan_as_null(f"sum({value} * {weight}) / nullif({weights}, 0)")
    if metric.column is None:
        return "count(*)"
    aggregate = (
        f"{'avg' if metric.function == 'mean' else metric.function}(t.{quote(metric.column)})"
    )
    scale = kinds[metric.column].scale
    return (
        f"{aggregate} / {10**scale}::double" if metric.function == "mean" and scale else aggregate
    )


def _nan_as_null(expression: str) -> str:
    """An expression, null where infinite values make it NaN."""
    return f"nullif({expression}, 'nan'::double)"


def _ratio_part(metric: Metric, kinds: Mapping[str, Kind]) -> str:
    """A part of a ratio, as floating point."""
    return "count(*)::double" if metric.column is None else f"sum({_real(metric.column, kinds)})"


def _real(column: str | None, kinds: Mapping[str, Kind]) -> str:
    """A column as floating point."""
    scale = kinds[column or ""].scale
    return f"(t.{quote(column or '')}::double{f' / {10**scale}' if scale else ''})"


def _condition(condition: Filter, kind: Kind) -> Statement:
    column, value = f"t.{quote(condition.field)}", condition.value
    match condition.operator:
        case "isnull":
            return f"{column} is {'' if value else 'not '}null", []
        case "contains":
            return f"contains({column}, ?)", [value]
        case "search":
            return f"regexp_matches({column}, ?)", [search_pattern(value)]
        case "startswith":
            return f"starts_with({column}, ?)", [value]
        case "in":
            values = [
                item
                for item in (_encode(kind, each) for each in value)
                if not _unrepresentable(item)
            ]
            return (
                (f"{column} in ({', '.join('?' * len(values))})", values)
                if values
                else ("false", [])
            )
    return _compare(column, condition.operator, _encode(kind, value))


def _compare(column: str, operator: str, value: Any) -> Statement:
    """Compare with a value; an integer column also with one that it cannot contain."""
    if not _unrepresentable(value):
        return f"{column} {_COMPARE[operator]} ?", [value]
    above = value > 0 if abs(value) >= _INTEGER_LIMIT else None  # all integers, or below all
    if (
        operator == "eq"
        or (above is False and operator in ("lt", "lte"))
        or (above and operator in ("gt", "gte"))
    ):
        return "false", []
    if operator == "ne" or above is not None:
        return f"{column} is not null", []
    floor = int(value.to_integral_value(ROUND_FLOOR))
    return f"{column} {'>' if operator in ('gt', 'gte') else '<='} ?", [floor]


def _encode(kind: Kind, value: Any) -> Any:
    """A value of a query as the cache stores it, still a Decimal where no integer equals it."""
    if kind.name == "decimal":
        scaled = value.scaleb(kind.scale, _EXACT)
        return (
            int(scaled)
            if scaled == scaled.to_integral_value() and abs(scaled) < _INTEGER_LIMIT
            else scaled
        )
    return value.replace(tzinfo=None) if kind.zoned else value


def _unrepresentable(value: Any) -> bool:
    return isinstance(value, Decimal)
