"""A checked `group` query as an aggregation pipeline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import isnan
from typing import Any

from medallion.query.aggregation import Grouping, Metric, Term
from medallion.query.column_types import Kind
from medallion.sinks.mongodb.distinct_values import (
    distinct_columns,
    number_of_values,
    rank_stages,
)
from medallion.sinks.mongodb.documents import python_value, stored_value
from medallion.sinks.mongodb.quantile import interpolation, neighbours, window_stages
from medallion.sinks.mongodb.query import Condition, conditions, stored_name

SELECTIVE_SHARE = 10  # an index pays off for less than one document in ten

_DATES = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d"}


def group_stages(
    grouping: Grouping, key: Sequence[str], nulls: Collection[str], *, wide: bool = False
) -> list[Condition]:
    """The stages that give one document per group.

    Terms are fields `t0`, `t1` … and metrics `m0`, `m1` …, so that a metric may have any name.
    `nulls` are the columns with a null; in all others each group has a value. With `wide`, sums of
    integers are exact beyond 64 bits, where MongoDB's own sum becomes floating point.
    """
    terms = {f"t{number}": _term(term, key) for number, term in enumerate(grouping.terms)}
    quantiles = _quantile_columns(grouping)
    windows = window_stages({name: _column(name, key) for name in quantiles}, terms)
    sums, metrics = _metrics(grouping, key, nulls, wide=wide)
    outputs = dict(zip(grouping.kinds, (*terms, *metrics), strict=True))
    sort_keys = {outputs[sort.field]: -1 if sort.descending else 1 for sort in grouping.order}
    terms_shown = {
        f"t{number}": _term_shown(term, number) for number, term in enumerate(grouping.terms)
    }
    return [
        {"$match": conditions(grouping.filters, grouping.columns, key)},
        *windows,
        *rank_stages(
            {number: _column(name, key) for name, number in distinct_columns(grouping).items()},
            terms,
        ),
        {"$group": {"_id": terms or None, **sums}},
        {"$project": {"_id": 0, **terms_shown, **metrics}},
        *([{"$sort": sort_keys}] if sort_keys else []),
        {"$limit": grouping.limit},
    ]


def group_rows(grouping: Grouping, documents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The result rows of a `group` query from the documents of its pipeline.

    Without `by` and without a matching row MongoDB returns no document, where one row is due.
    """
    if not documents and not grouping.terms:
        return [
            {
                metric.name: 0 if metric.function in ("count", "count_distinct") else None
                for metric in grouping.metrics
            }
        ]
    outputs = [
        *(f"t{output}" for output in range(len(grouping.terms))),
        *(f"m{output}" for output in range(len(grouping.metrics))),
    ]
    return [
        {
            name: _result_value(kind, document.get(output))
            for (name, kind), output in zip(grouping.kinds.items(), outputs, strict=True)
        }
        for document in documents
    ]


def has_overflowed(grouping: Grouping, documents: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a sum of integers left 64 bits, so that MongoDB continued in floating point."""
    sums = [f"m{number}" for number, metric in enumerate(grouping.metrics) if _whole_sum(metric)]
    return any(isinstance(document.get(name), float) for document in documents for name in sums)


def _whole_sum(metric: Metric) -> bool:
    return metric.function == "sum" and metric.kind.name == "integer"


def _result_value(kind: Kind, value: Any) -> Any:
    if kind.name in ("float", "integer") and hasattr(
        value, "to_decimal"
    ):  # the mean of decimals, a wide sum
        value = value.to_decimal()
        return float(value) if kind.name == "float" else int(value)
    return None if isinstance(value, float) and isnan(value) else python_value(kind, value)


def _column(name: str, key: Sequence[str]) -> Any:
    """The value of a column; by a plain path, from which MongoDB sees which fields it needs."""
    stored = stored_name(name, key)
    return f"${stored}" if stored.isidentifier() else {"$getField": {"$literal": stored}}


def _term(term: Term, key: Sequence[str]) -> Any:
    column = _column(term.column, key)
    if term.form == "plain":
        return column
    if term.form == "quarter":
        year = {"$dateToString": {"date": column, "format": "%Y"}}
        number = {"$ceil": {"$divide": [{"$month": column}, 3]}}
        return {"$concat": [year, "-Q", {"$toString": {"$toInt": number}}]}
    if term.form != "bin":
        return {"$dateToString": {"date": column, "format": _DATES[term.form]}}
    if term.kind.name == "float":
        width: Any = float(term.width)
        return {"$multiply": [{"$floor": {"$divide": [column, width]}}, width]}
    if (
        term.kind.name == "decimal"
    ):  # decimal arithmetic is slow: `_term_shown` multiplies per group
        return {"$floor": {"$divide": [column, stored_value(term.kind, term.width)]}}
    width = int(term.width)
    return {"$subtract": [column, {"$mod": [{"$add": [{"$mod": [column, width]}, width]}, width]}]}


def _term_shown(term: Term, number: int) -> Any:
    bucket = f"$_id.t{number}"
    is_decimal_bin = term.form == "bin" and term.kind.name == "decimal"
    return (
        {"$multiply": [bucket, stored_value(term.kind, term.width)]} if is_decimal_bin else bucket
    )


def _metrics(
    grouping: Grouping, key: Sequence[str], nulls: Collection[str], *, wide: bool
) -> tuple[Condition, Condition]:
    """The accumulators of a group, each once, and the metrics computed from them."""
    sums: Condition = {}

    def add(accumulator: Condition) -> str:
        name = next(
            (name for name, existing in sums.items() if existing == accumulator), f"s{len(sums)}"
        )
        sums[name] = accumulator
        return f"${name}"

    quantiles = _quantile_columns(grouping)
    metrics = {
        f"m{number}": _metric(metric, grouping.columns, key, nulls, quantiles, add, wide=wide)
        for number, metric in enumerate(grouping.metrics)
    }
    return sums, metrics


def _metric(
    metric: Metric,
    kinds: Mapping[str, Kind],
    key: Sequence[str],
    nulls: Collection[str],
    quantiles: Sequence[str],
    add: Callable[[Condition], str],
    *,
    wide: bool,
) -> Any:
    match metric.function:
        case "ratio":
            dividend, divisor = (_ratio_part(operand, key, add) for operand in metric.parts)
            return _quotient(dividend, divisor)
        case "quantile":
            return interpolation(
                metric, *(add(operand) for operand in neighbours(metric, quantiles))
            )
        case "mean" if metric.weight:
            value, weight = _as_double(metric.column, key), _as_double(metric.weight, key)
            weights = {"$cond": [{"$eq": [_column(metric.column or "", key), None]}, None, weight]}
            return _quotient(add({"$sum": {"$multiply": [value, weight]}}), add({"$sum": weights}))
        case "count_distinct":
            return number_of_values([*kinds].index(metric.column or ""), add)
    if metric.column is None:
        return add({"$sum": 1})
    column = _column(metric.column, key)
    if wide and _whole_sum(metric):
        column = {"$toDecimal": column}
    mean = metric.function == "mean"
    if mean and metric.column not in nulls and kinds[metric.column].name in ("decimal", "integer"):
        return {"$divide": [add({"$sum": column}), add({"$sum": 1})]}
    aggregate = add({"$avg" if mean else f"${metric.function}": column})
    if metric.column not in nulls:
        return aggregate
    return {"$cond": [{"$gt": [add(_count_of_values(metric.column, key)), 0]}, aggregate, None]}


def _quantile_columns(grouping: Grouping) -> list[str]:
    names = (metric.column or "" for metric in grouping.metrics if metric.function == "quantile")
    return list(dict.fromkeys(names))


def _as_double(column: str | None, key: Sequence[str]) -> Any:
    """The number of a column as a double; 1 where rows are counted."""
    return 1 if column is None else {"$toDouble": _column(column, key)}


def _ratio_part(metric: Metric, key: Sequence[str], add: Callable[[Condition], str]) -> Any:
    """Dividend or divisor of a ratio; null for a sum of no values."""
    total = add({"$sum": _as_double(metric.column, key)})
    if metric.column is None:
        return total
    return {"$cond": [{"$gt": [add(_count_of_values(metric.column, key)), 0]}, total, None]}


def _quotient(dividend: Any, divisor: Any) -> Condition:
    return {"$cond": [{"$eq": [divisor, 0]}, None, {"$divide": [dividend, divisor]}]}


def _count_of_values(column: str, key: Sequence[str]) -> Condition:
    """Counts the values of a column, because MongoDB's sum of no values is 0 and ours is null."""
    return {"$sum": {"$cond": [{"$eq": [_column(column, key), None]}, 0, 1]}}
