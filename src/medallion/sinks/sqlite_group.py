"""A checked question for groups as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context
from typing import Any

from medallion.contracts import quote
from medallion.grouping import LENGTHS, Grouping, Metric, Term
from medallion.kinds import Kind
from medallion.sinks.sqlite_query import Condition, conditions_sql, order_sql
from medallion.sinks.sqlite_rows import restorer

FEW = 10  # one in so many
_EXACT = Context(prec=80)


def group_sql(table: str, asked: Grouping, *, indexed: bool) -> Condition:
    """One row a group, its columns in the order of `asked.kinds`; whether ranges use an index is `indexed`."""
    where, values = conditions_sql(asked.filters, asked.columns, indexed=indexed)
    terms = [f"{_term(term)} as {quote(term.column)}" for term in asked.terms]
    figures = [f"{_figure(metric, asked.columns)} as {quote(metric.name)}" for metric in asked.metrics]
    inner = f"select {', '.join([*terms, *figures])} from {quote(table)} as t where {where}"
    if terms:
        inner += f" group by {', '.join(str(place) for place in range(1, len(terms) + 1))}"
    order = f" order by {order_sql(asked.order)}" if asked.order else ""
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
    readers = [restorer(kind) for kind in asked.kinds.values()]
    return [
        {
            name: read(value) if read and value is not None else value
            for name, read, value in zip(asked.kinds, readers, row, strict=True)
        }
        for row in found
    ]


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


def _figure(metric: Metric, kinds: Any) -> str:
    column = f"t.{quote(metric.column)}" if metric.column else "*"
    if metric.function != "mean":
        return f"{metric.function}({column})"
    kind: Kind = kinds[metric.column]
    return f"avg({column})" + (f" / {10**kind.scale}.0" if kind.scale else "")
