"""A checked question for groups as SQL."""

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

FEW = 10  # one row in ten
QUANTILE = "medallion_quantile"  # SQLite has none of its own
OVERFLOW = "integer overflow"  # what SQLite says of a sum that leaves 64 bits
_LOW = 2**32 - 1
_EXACT = Context(prec=80)


class QuantileAggregate:
    """The quantile of a column's numbers, as SQLite calls an aggregate: a step for each row, then the result."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._fraction = 0.5

    def step(self, value: float | None, fraction: float) -> None:
        if value is not None:
            self._values.append(value)
        self._fraction = fraction

    def finalize(self) -> float | None:
        return quantile_of(self._values, self._fraction)


def group_sql(table: str, asked: Grouping, *, indexed: bool, wide: bool = False) -> Condition:
    """One row a group, its columns in the order of `asked.kinds`; whether ranges use an index is `indexed`.

    `wide` sums of whole numbers may leave 64 bits, beyond which SQLite's own fail: their columns hold what is above
    the last 32 bits, and as many further columns, in the same order, hold those.
    """
    where, values = conditions_sql(asked.filters, asked.columns, indexed=indexed)
    terms = [_term(term) for term in asked.terms]
    figures = [_figure(metric, asked.columns, wide=wide) for metric in asked.metrics]
    if wide:
        figures += [f"{_low(metric)} & {_LOW}" for metric in asked.metrics if _whole_sum(metric)]
    inner = f"select {', '.join([*terms, *figures])} from {quote(table)} as t where {where}"
    if terms:
        inner += f" group by {', '.join(str(place) for place in range(1, len(terms) + 1))}"
    order = f" order by {_order(asked, wide=wide)}" if asked.order else ""
    return f"select * from ({inner}){order} limit ?", [*values, asked.limit]


def few_sql(table: str, asked: Grouping) -> Condition:
    """Whether the filters hold for a small part of a table: beyond it, SQLite is slower through an index, row by row,
    than it reads the whole, and does not know."""
    where, values = conditions_sql(asked.filters, asked.columns)
    name = quote(table)
    part = f"(select max(rowid) from {name}) / {FEW}"
    return (
        f"select count(*) < {part} from (select 1 from {name} as t where {where} limit {part})",
        values,
    )


def group_rows(asked: Grouping, found: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The dicts a caller gets from the tuples SQLite gave."""
    if found and len(found[0]) > len(asked.kinds):
        found = [_joined(asked, row) for row in found]
    readers = [restorer(kind) for kind in asked.kinds.values()]
    return [
        {
            name: read(value) if read and value is not None else value
            for name, read, value in zip(asked.kinds, readers, row, strict=True)
        }
        for row in found
    ]


def _joined(asked: Grouping, row: Sequence[Any]) -> Sequence[Any]:
    """A row with its wide sums put together."""
    joined = list(row[: len(asked.kinds)])
    for place, low in zip(_whole_sums(asked), row[len(asked.kinds) :], strict=True):
        if joined[place] is not None:
            joined[place] = (joined[place] << 32) + low
    return joined


def _whole_sums(asked: Grouping) -> list[int]:
    """Where sums of whole numbers stand in a row."""
    first = len(asked.terms)
    return [first + place for place, metric in enumerate(asked.metrics) if _whole_sum(metric)]


def _whole_sum(metric: Metric) -> bool:
    return metric.function == "sum" and metric.kind.name in ("integer", "decimal")


def _low(metric: Metric) -> str:
    return f"sum(t.{quote(metric.column or '')} & {_LOW})"


def _order(asked: Grouping, *, wide: bool) -> str:
    names, sums = list(asked.kinds), _whole_sums(asked) if wide else []
    ways = []
    for sort in asked.order:
        place = names.index(sort.field)
        places = [place, *([len(names) + sums.index(place)] if place in sums else [])]
        ways += [f"{one + 1} {'desc' if sort.descending else 'asc'}" for one in places]
    return ", ".join(ways)


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


def _figure(metric: Metric, kinds: Mapping[str, Kind], *, wide: bool) -> str:
    match metric.function:
        case "ratio":
            above, below = (_part(part, kinds) for part in metric.parts)
            return f"{above} / nullif({below}, 0)"
        case "quantile":
            return f"{QUANTILE}({_real(metric.column, kinds)}, {metric.fraction!r})"
        case "mean" if metric.weight:
            value, weight = _real(metric.column, kinds), _real(metric.weight, kinds)
            weights = f"sum(case when {value} is not null then {weight} end)"
            return f"sum({value} * {weight}) / nullif({weights}, 0)"
        case "mean":
            scale = kinds[metric.column or ""].scale
            return f"avg(t.{quote(metric.column or '')})" + (f" / {10**scale}.0" if scale else "")
    column = f"t.{quote(metric.column)}" if metric.column else "*"
    if wide and _whole_sum(metric):
        return f"sum({column} >> 32) + ({_low(metric)} >> 32)"
    return f"{metric.function}({column})"


def _part(metric: Metric, kinds: Mapping[str, Kind]) -> str:
    """A part of a ratio, as floating point, which cannot leave 64 bits."""
    return "count(*) * 1.0" if metric.column is None else f"sum({_real(metric.column, kinds)})"


def _real(column: str | None, kinds: Mapping[str, Kind]) -> str:
    """A column's number as floating point; decimals are kept as whole numbers of their last digit."""
    return f"(t.{quote(column or '')} / {10 ** kinds[column or ''].scale}.0)"
