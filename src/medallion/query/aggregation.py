"""Queries for groups, parsed and validated for all stores.

A group is all matching rows with equal terms of `by`; null equals null. A term is a column, or one
of its coarser forms: `bin(column, width)`, the lower bound of the bin a number falls in, and
`year`, `quarter`, `month`, `week` or `day` of a date or timestamp, as text that sorts (`2024-05`).
The result names a term by its column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Any, Literal

from medallion.errors import CallError, did_you_mean
from medallion.query.column_types import Kind, coerce
from medallion.query.metrics import Function, MetricCall, metric_call
from medallion.query.periods import PERIODS
from medallion.query.query import Filter, Query, Sort
from medallion.query.validation import ValidatedQuery, validate_query
from medallion.records import Served

Form = Literal["plain", "bin", "year", "quarter", "month", "week", "day"]

NUMBERS = ("integer", "decimal", "float")
UNNUMBERED = ("min", "max", "count_distinct")  # functions of columns of any ordered kind
_RESULTS = {"mean": Kind("float"), "quantile": Kind("float"), "count_distinct": Kind("integer")}
_CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """One part of what rows are grouped by: `column` in a `form`; `width` belongs to `bin`.

    `kind` is what the result holds.
    """

    column: str
    kind: Kind
    form: Form = "plain"
    width: Decimal = Decimal(0)


@dataclass(frozen=True)
class Metric:
    """One metric of a group; `column` is None only for `count()`; `kind` is the result's kind.

    A mean may have a `weight`, another column; a quantile has a `fraction` from 0 to 1 (the median
    is that of 0.5); a ratio has two `parts` and no column.
    """

    name: str
    function: Function
    column: str | None
    kind: Kind
    weight: str | None = None
    fraction: float | None = None
    parts: tuple[Metric, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        own = tuple(name for name in (self.column, self.weight) if name is not None)
        return own + tuple(name for part in self.parts for name in part.columns)


@dataclass(frozen=True)
class Grouping:
    """A validated query for groups.

    `order` is total over the result; `kinds` are those of the result's columns, the terms first,
    and `columns` those of the table. `by` and `expressions` are terms and metrics as written.
    """

    served: Served
    by: tuple[str, ...]
    expressions: Mapping[str, str]
    terms: tuple[Term, ...]
    metrics: tuple[Metric, ...]
    filters: tuple[Filter, ...]
    order: tuple[Sort, ...]
    limit: int
    kinds: Mapping[str, Kind]
    columns: Mapping[str, Kind]


def grouping(
    served: Served, by: Sequence[str], metrics: Mapping[str, str], query: Query
) -> Grouping:
    """Validate a query for groups against its table. Raises CallError at the first problem."""
    rows = validate_query(served, Query(filters=query.filters, limit=query.limit))
    return groups_of(rows, by, metrics, query.sort)


def groups_of(
    checked: ValidatedQuery, by: Sequence[str], metrics: Mapping[str, str], sort: Sequence[Sort]
) -> Grouping:
    """Groups of the rows of a validated query, whose `limit` applies to the result."""
    terms = tuple(parse_term(checked.kinds, text) for text in by)
    figures = tuple(parse_metric(checked.kinds, name, text) for name, text in metrics.items())
    columns = [
        *((term.column, term.kind) for term in terms),
        *((metric.name, metric.kind) for metric in figures),
    ]
    names = [name for name, _ in columns]
    for name in names:
        if names.count(name) > 1:
            raise CallError(
                f"{name!r} would be two columns of the result", hint="give the metric another name"
            )
    if not names:
        raise CallError("the result has no columns: give `by`, metrics or both")
    kinds = dict(columns)
    return Grouping(
        served=checked.served,
        by=tuple(by),
        expressions=dict(metrics),
        terms=terms,
        metrics=figures,
        filters=checked.filters,
        order=_order(sort, kinds, terms),
        limit=checked.limit,
        kinds=kinds,
        columns=checked.kinds,
    )


def term_column(text: str) -> str:
    """The column of a term, where the columns of its table are not known."""
    form, _, inside = text.strip().removesuffix(")").partition("(")
    if form == "bin":
        return inside.rpartition(",")[0].strip() or text
    return inside.strip() if form in PERIODS and inside else text


def parse_term(kinds: Mapping[str, Kind], text: str) -> Term:
    """A term of columns of these kinds. Raises CallError."""
    call = None if text in kinds else _CALL.fullmatch(text.strip())
    if call is None:
        kind = _known(kinds, text)
        if not kind.ordered:
            raise CallError(f"{text!r} is of type {kind}, which cannot be grouped by")
        return Term(text, kind)
    form, inside = call[1], call[2].strip()
    if form == "bin":
        return _bin(kinds, inside)
    if form not in PERIODS:
        raise CallError(f"cannot group by {form!r}{did_you_mean(form, ['bin', *PERIODS])}")
    kind = _known(kinds, inside)
    if kind.name not in ("date", "timestamp"):
        raise CallError(f"{form!r} asks a date or timestamp, and {inside!r} is of type {kind}")
    return Term(inside, Kind("text"), form)  # type: ignore[arg-type]


def _bin(kinds: Mapping[str, Kind], inside: str) -> Term:
    column, _, width = (part.strip() for part in inside.rpartition(","))
    kind = _known(kinds, column)
    if kind.name not in NUMBERS:
        raise CallError(f"'bin' asks a number, and {column!r} is of type {kind}")
    read = Kind("float" if kind.name == "float" else "decimal")
    wide = Decimal(str(coerce(read, width, f"the width of the bins of {column}")))
    exponent = wide.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    if not 0 < wide < inf or (kind.name != "float" and places > kind.scale):
        finest = f" of at most {kind.scale} places" if kind.name != "float" else ""
        raise CallError(f"bins of {column!r} need a width above 0{finest}, not {width}")
    return Term(column, kind, "bin", wide)


def parse_metric(kinds: Mapping[str, Kind], name: str, text: str) -> Metric:
    """A metric of columns of these kinds. Raises CallError, which calls it by its name."""
    return _checked_metric(kinds, name, metric_call(text, name, kinds))


def _checked_metric(kinds: Mapping[str, Kind], name: str, call: MetricCall) -> Metric:
    if call.parts:
        parts = tuple(_checked_metric(kinds, name, part) for part in call.parts)
        return Metric(name, "ratio", None, Kind("float"), parts=parts)
    if call.column is None:
        return Metric(name, "count", None, Kind("integer"))
    kind = _known(kinds, call.column)
    for column in filter(None, (call.column, call.weight)):
        if call.function not in UNNUMBERED and _known(kinds, column).name not in NUMBERS:
            raise CallError(
                f"{name}: {call.function} asks a number, and {column!r} is of type {kinds[column]}"
            )
    if not kind.ordered:
        raise CallError(f"{name}: {call.column!r} is of type {kind}, which has no order")
    result = _RESULTS.get(call.function, kind)
    return Metric(name, call.function, call.column, result, call.weight, call.fraction)


def _order(
    sorts: Sequence[Sort], kinds: Mapping[str, Kind], terms: Sequence[Term]
) -> tuple[Sort, ...]:
    names = [sort.field for sort in sorts]
    for name in names:
        _known(kinds, name)
        if names.count(name) > 1:
            raise CallError(f"{name!r} is sorted by twice")
    return (*sorts, *(Sort(term.column) for term in terms if term.column not in names))


def _known(kinds: Mapping[str, Any], name: str) -> Any:
    if name not in kinds or name == "_row":
        raise CallError(
            f"no column {name!r}{did_you_mean(name, [known for known in kinds if known != '_row'])}"
        )
    return kinds[name]
