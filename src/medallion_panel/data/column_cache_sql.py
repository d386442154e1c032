"""A checked question as SQL over held columns: decimals are whole numbers of their last digit, timestamps UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from medallion.contracts import Filter, Sort, quote
from medallion.query.aggregation import Grouping, Metric, Term
from medallion.query.column_types import Kind
from medallion.query.text_folding import search_pattern

TABLE = "held"

Condition = tuple[str, list[Any]]

_EXACT = Context(prec=80)
_BEYOND = 10**38  # above every whole number of DuckDB
_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def group_sql(asked: Grouping) -> Condition:
    """One row a group, its columns in the order of `asked.kinds`, which are told apart by their place: DuckDB takes
    names that differ in case alone for one."""
    where, values = _where(asked.filters, asked.columns)
    made = [*map(_term, asked.terms), *(_figure(metric, asked.columns) for metric in asked.metrics)]
    sql = f"select {', '.join(made)} from {TABLE} as t where {where}"
    if asked.terms:
        sql += f" group by {', '.join(str(place) for place in range(1, len(asked.terms) + 1))}"
    if asked.order:
        sql += f" order by {_order(asked.order, list(asked.kinds))}"
    return f"{sql} limit {asked.limit}", values


def rows_sql(
    fields: Sequence[str], filters: Iterable[Filter], kinds: Mapping[str, Kind]
) -> Condition:
    """These columns of the rows that meet checked filters."""
    where, values = _where(filters, kinds)
    return (
        f"select {', '.join(f't.{quote(name)}' for name in fields)} from {TABLE} as t where {where}",
        values,
    )


def _where(filters: Iterable[Filter], kinds: Mapping[str, Kind]) -> Condition:
    """Checked filters as one condition."""
    parts: list[str] = []
    values: list[Any] = []
    for condition in filters:
        part, bound = _condition(condition, kinds[condition.field])
        parts.append(part)
        values += bound
    return " and ".join(parts) or "true", values


def _order(sorts: Iterable[Sort], names: Sequence[str]) -> str:
    ways = {False: "asc nulls first", True: "desc nulls last"}
    return ", ".join(f"{names.index(sort.field) + 1} {ways[sort.descending]}" for sort in sorts)


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


def _figure(metric: Metric, kinds: Mapping[str, Kind]) -> str:
    match metric.function:
        case "ratio":
            above, below = (_part(part, kinds) for part in metric.parts)
            return _valid(f"{above} / nullif({below}, 0)")
        case "quantile":
            return _valid(f"quantile_cont({_real(metric.column, kinds)}, {metric.fraction!r})")
        case "mean" if metric.weight:
            value, weight = _real(metric.column, kinds), _real(metric.weight, kinds)
            weights = f"sum({weight}) filter ({value} is not null)"
            return _valid(f"sum({value} * {weight}) / nullif({weights}, 0)")
    if metric.column is None:
        return "count(*)"
    figure = f"{'avg' if metric.function == 'mean' else metric.function}(t.{quote(metric.column)})"
    scale = kinds[metric.column].scale
    return f"{figure} / {10**scale}::double" if metric.function == "mean" and scale else figure


def _valid(figure: str) -> str:
    """A figure, null where infinite values make it none."""
    return f"nullif({figure}, 'nan'::double)"


def _part(metric: Metric, kinds: Mapping[str, Kind]) -> str:
    """A part of a ratio, as floating point."""
    return "count(*)::double" if metric.column is None else f"sum({_real(metric.column, kinds)})"


def _real(column: str | None, kinds: Mapping[str, Kind]) -> str:
    """A column's number as floating point."""
    scale = kinds[column or ""].scale
    return f"(t.{quote(column or '')}::double{f' / {10**scale}' if scale else ''})"


def _condition(condition: Filter, kind: Kind) -> Condition:
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
            values = [item for item in (_bound(kind, each) for each in value) if not _between(item)]
            return (
                (f"{column} in ({', '.join('?' * len(values))})", values)
                if values
                else ("false", [])
            )
    return _compare(column, condition.operator, _bound(kind, value))


def _compare(column: str, operator: str, value: Any) -> Condition:
    """Compare with a value; whole numbers also with one that lies between two of them, or beyond all."""
    if not _between(value):
        return f"{column} {_COMPARE[operator]} ?", [value]
    above = value > 0 if abs(value) >= _BEYOND else None
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


def _bound(kind: Kind, value: Any) -> Any:
    """One value of a query as it is held; a decimal that no column could hold stays a Decimal."""
    if kind.name == "decimal":
        scaled = value.scaleb(kind.scale, _EXACT)
        return (
            int(scaled)
            if scaled == scaled.to_integral_value() and abs(scaled) < _BEYOND
            else scaled
        )
    return value.replace(tzinfo=None) if kind.zoned else value


def _between(value: Any) -> bool:
    return isinstance(value, Decimal)
