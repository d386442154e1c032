"""Queries for groups as SQL of DuckDB over a table of a lake: what stores compute, from its rows.

As in stores, a NaN is null, and periods are those of UTC.
"""

from __future__ import annotations

from collections.abc import Mapping

from medallion.errors import CallError
from medallion.query.aggregation import Grouping, Term
from medallion.query.column_types import Kind
from medallion.query.condition_text import condition_text
from medallion.query.metrics import MetricCall, metric_call
from medallion.sql.relations import quote

_PERIODS = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d"}


def groups_sql(relation: str, grouping: Grouping) -> str:
    """The SQL of a validated query for groups, without its limit.

    Parameters: `relation` is the name of the table in the query.
    """
    kinds = grouping.columns
    columns = [
        f"{_term(term, kinds[term.column])} as {quote(term.column)}" for term in grouping.terms
    ]
    columns += [
        f"{metric_sql(metric_call(text, name, kinds), kinds)} as {quote(name)}"
        for name, text in grouping.expressions.items()
    ]
    condition = condition_text(grouping.filters, kinds)
    names = list(grouping.kinds)
    order = (
        f"{names.index(sort.field) + 1} {'desc nulls last' if sort.descending else 'nulls first'}"
        for sort in grouping.order
    )
    places = ", ".join(str(place + 1) for place in range(len(grouping.terms)))
    lines = [
        "select " + ",\n       ".join(columns),
        f"from {quote(relation)}",
        *([f"where {condition}"] if condition else []),
        *([f"group by {places}", f"order by {', '.join(order)}"] if places else []),
    ]
    return "\n".join(lines)


def metric_sql(call: MetricCall, kinds: Mapping[str, Kind]) -> str:
    """A metric over rows of the lake. Raises CallError for a column that it lacks."""
    if call.parts:
        dividend, divisor = (f"({metric_sql(part, kinds)})::double" for part in call.parts)
        return f"{dividend} / nullif({divisor}, 0)"
    if call.column is None:
        return "count(*)"
    column = _column(call.column, kinds)
    if call.weight is not None:
        weight = f"{_column(call.weight, kinds)}::double"
        weights = f"sum(case when {column} is not null then {weight} end)"
        return f"sum({column}::double * {weight}) / nullif({weights}, 0)"
    match call.function:
        case "count_distinct":
            return f"count(distinct {column})"
        case "mean":
            return f"avg({column})"
        case "quantile":
            return f"quantile_cont({column}::double, {call.fraction!r})"
    return f"{call.function}({column})"


def _column(name: str, kinds: Mapping[str, Kind]) -> str:
    if name not in kinds:
        raise CallError(f"no column {name!r}")
    return f"nullif({quote(name)}, 'nan')" if kinds[name].name == "float" else quote(name)


def _term(term: Term, kind: Kind) -> str:
    column = _column(term.column, {term.column: kind})
    if term.form == "plain":
        return column
    if term.form == "bin":
        width = f"{term.width:f}"
        if kind.name == "float":
            return f"floor({column} / {width}::double) * {width}::double"
        return f"{column} - (({column} % {width}) + {width}) % {width}"
    moment = f"({column} at time zone 'UTC')" if kind.zoned else column
    if term.form == "quarter":
        return f"strftime({moment}, '%Y-Q') || quarter({moment})"
    return f"strftime({moment}, '{_PERIODS[term.form]}')"
