"""A checked question for groups as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context
from typing import Any

from medallion.contracts import quote
from medallion.grouping import LENGTHS, Grouping, Metric, Term
from medallion.kinds import Kind
from medallion.sinks.sqlite_query import Condition, conditions_sql
from medallion.sinks.sqlite_rows import restorer

FEW = 10  # one in so many
OVERFLOW = "integer overflow"  # what SQLite says of a sum that leaves 64 bits
_LOW = 2**32 - 1
_EXACT = Context(prec=80)


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
    return f"select count(*) < {part} from (select 1 from {name} as t where {where} limit {part})", values


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


def _figure(metric: Metric, kinds: Any, *, wide: bool) -> str:
    column = f"t.{quote(metric.column)}" if metric.column else "*"
    if wide and _whole_sum(metric):
        return f"sum({column} >> 32) + ({_low(metric)} >> 32)"
    if metric.function != "mean":
        return f"{metric.function}({column})"
    kind: Kind = kinds[metric.column]
    return f"avg({column})" + (f" / {10**kind.scale}.0" if kind.scale else "")
