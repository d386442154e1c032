"""A checked `group` query as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context
from typing import Any

from medallion.contracts import quote
from medallion.query.aggregation import LENGTHS, Grouping, Metric, Term
from medallion.query.column_types import Kind
from medallion.query.metrics import quantile_of
from medallion.sinks.sqlite.query import Condition, conditions_sql
from medallion.sinks.sqlite.row_encoder import restorer

SELECTIVE_SHARE = 10  # an index pays off for less than one row in ten
QUANTILE = "medallion_quantile"  # SQLite has no quantile
OVERFLOW = "integer overflow"  # SQLite's error message for a sum that leaves 64 bits
_LOW_BITS = 2**32 - 1
_EXACT = Context(prec=80)


class QuantileAggregate:
    """An aggregate function for SQLite: the quantile of a column, interpolated linearly."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._fraction = 0.5

    def step(self, value: float | None, fraction: float) -> None:
        if value is not None:
            self._values.append(value)
        self._fraction = fraction

    def finalize(self) -> float | None:
        return quantile_of(self._values, self._fraction)


def group_sql(table: str, grouping: Grouping, *, indexed: bool, wide: bool = False) -> Condition:
    """One row per group, with the columns in the order of `grouping.kinds`.

    Parameters: `indexed` lets range filters use an index. With `wide`, sums of integers are exact
    beyond 64 bits, where SQLite's own sum fails: their columns have the bits above the lowest 32,
    and further columns at the end, in the same order, have the lowest 32 bits.
    """
    where, values = conditions_sql(grouping.filters, grouping.columns, indexed=indexed)
    terms = [_term(term) for term in grouping.terms]
    metrics = [_metric(metric, grouping.columns, wide=wide) for metric in grouping.metrics]
    if wide:
        metrics += [
            f"{_low_bits_sql(metric)} & {_LOW_BITS}"
            for metric in grouping.metrics
            if _is_integer_sum(metric)
        ]
    groups = f"select {', '.join([*terms, *metrics])} from {quote(table)} as t where {where}"
    if terms:
        groups += f" group by {', '.join(str(number) for number in range(1, len(terms) + 1))}"
    order = f" order by {_order(grouping, wide=wide)}" if grouping.order else ""
    return f"select * from ({groups}){order} limit ?", [*values, grouping.limit]


def selectivity_sql(table: str, grouping: Grouping) -> Condition:
    """Whether the filters match few enough rows for an index.

    For more rows, SQLite reads the whole table faster, but its planner does not know how many
    match.
    """
    where, values = conditions_sql(grouping.filters, grouping.columns)
    name = quote(table)
    share = f"(select max(rowid) from {name}) / {SELECTIVE_SHARE}"
    return (
        f"select count(*) < {share} from (select 1 from {name} as t where {where} limit {share})",
        values,
    )


def group_rows(grouping: Grouping, tuples: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The result rows of a `group` query from the tuples of its SQL."""
    if tuples and len(tuples[0]) > len(grouping.kinds):
        tuples = [_with_wide_sums(grouping, row) for row in tuples]
    readers = [restorer(kind) for kind in grouping.kinds.values()]
    return [
        {
            name: restore(value) if restore and value is not None else value
            for name, restore, value in zip(grouping.kinds, readers, row, strict=True)
        }
        for row in tuples
    ]


def _with_wide_sums(grouping: Grouping, row: Sequence[Any]) -> Sequence[Any]:
    """A row with the two parts of each wide sum combined."""
    values = list(row[: len(grouping.kinds)])
    for position, low_bits in zip(_integer_sums(grouping), row[len(grouping.kinds) :], strict=True):
        if values[position] is not None:
            values[position] = (values[position] << 32) + low_bits
    return values


def _integer_sums(grouping: Grouping) -> list[int]:
    """The positions of integer sums in a row."""
    first_metric = len(grouping.terms)
    return [
        first_metric + position
        for position, metric in enumerate(grouping.metrics)
        if _is_integer_sum(metric)
    ]


def _is_integer_sum(metric: Metric) -> bool:
    return metric.function == "sum" and metric.kind.name in ("integer", "decimal")


def _low_bits_sql(metric: Metric) -> str:
    return f"sum(t.{quote(metric.column or '')} & {_LOW_BITS})"


def _order(grouping: Grouping, *, wide: bool) -> str:
    names, sums = list(grouping.kinds), _integer_sums(grouping) if wide else []
    keys = []
    for sort in grouping.order:
        position = names.index(sort.field)
        positions = [position, *([len(names) + sums.index(position)] if position in sums else [])]
        keys += [f"{number + 1} {'desc' if sort.descending else 'asc'}" for number in positions]
    return ", ".join(keys)


def _term(term: Term) -> str:
    column = f"t.{quote(term.column)}"
    if term.form == "plain":
        return column
    if term.form == "bin":
        return _bin(column, term)
    return f"substr({column}, 1, {LENGTHS[term.form]})"


def _bin(column: str, term: Term) -> str:
    if term.kind.name == "float":
        return f"floor({column} / {float(term.width)!r}) * {float(term.width)!r}"
    width = int(term.width.scaleb(term.kind.scale, _EXACT))
    return f"({column} - (({column} % {width}) + {width}) % {width})"


def _metric(metric: Metric, kinds: Mapping[str, Kind], *, wide: bool) -> str:
    match metric.function:
        case "ratio":
            dividend, divisor = (_ratio_part(operand, kinds) for operand in metric.parts)
            return f"{dividend} / nullif({divisor}, 0)"
        case "quantile":
            return f"{QUANTILE}({_as_double(metric.column, kinds)}, {metric.fraction!r})"
        case "mean" if metric.weight:
            value, weight = _as_double(metric.column, kinds), _as_double(metric.weight, kinds)
            weights = f"sum(case when {value} is not null then {weight} end)"
            return f"sum({value} * {weight}) / nullif({weights}, 0)"
        case "mean":
            scale = kinds[metric.column or ""].scale
            return f"avg(t.{quote(metric.column or '')})" + (f" / {10**scale}.0" if scale else "")
    column = f"t.{quote(metric.column)}" if metric.column else "*"
    if wide and _is_integer_sum(metric):
        return f"sum({column} >> 32) + ({_low_bits_sql(metric)} >> 32)"
    return f"{metric.function}({column})"


def _ratio_part(metric: Metric, kinds: Mapping[str, Kind]) -> str:
    """Dividend or divisor of a ratio, as floating point, which cannot overflow."""
    return "count(*) * 1.0" if metric.column is None else f"sum({_as_double(metric.column, kinds)})"


def _as_double(column: str | None, kinds: Mapping[str, Kind]) -> str:
    """The number of a column as floating point; decimals are stored as unscaled integers."""
    return f"(t.{quote(column or '')} / {10 ** kinds[column or ''].scale}.0)"
