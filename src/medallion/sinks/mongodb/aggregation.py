"""A checked question for groups as an aggregation pipeline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import isnan
from typing import Any

from medallion.query.aggregation import Grouping, Metric, Term
from medallion.query.column_types import Kind
from medallion.sinks.mongodb.documents import kept, restored
from medallion.sinks.mongodb.quantile import interpolated, neighbours, window_stages
from medallion.sinks.mongodb.query import Condition, conditions, stored_name

FEW = 10  # one in so many

_DATES = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}


def group_stages(
    asked: Grouping, key: Sequence[str], nulls: Collection[str], *, wide: bool = False
) -> list[Condition]:
    """One document a group: terms as `t0`, `t1` …, metrics as `m0`, `m1` …, so that any name will do.

    `nulls` are the columns that hold a null: of all others each group has a value. `wide` sums of whole numbers may
    leave 64 bits, beyond which MongoDB's own are no longer exact.
    """
    terms = {f"t{place}": _term(term, key) for place, term in enumerate(asked.terms)}
    quantiles = _quantile_columns(asked)
    windows = window_stages({name: _column(name, key) for name in quantiles}, terms)
    sums, figures = _figures(asked, key, nulls, wide=wide)
    places = dict(zip(asked.kinds, (*terms, *figures), strict=True))
    order = {places[sort.field]: -1 if sort.descending else 1 for sort in asked.order}
    shown = {f"t{place}": _shown(term, place) for place, term in enumerate(asked.terms)}
    return [
        {"$match": conditions(asked.filters, asked.columns, key)},
        *windows,
        {"$group": {"_id": terms or None, **sums}},
        {"$project": {"_id": 0, **shown, **figures}},
        *([{"$sort": order}] if order else []),
        {"$limit": asked.limit},
    ]


def group_rows(asked: Grouping, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The dicts a caller gets from the documents MongoDB gave; without `by`, no document stands for no row."""
    if not found and not asked.terms:
        return [
            {metric.name: 0 if metric.function == "count" else None for metric in asked.metrics}
        ]
    places = [
        *(f"t{place}" for place in range(len(asked.terms))),
        *(f"m{place}" for place in range(len(asked.metrics))),
    ]
    return [
        {
            name: _restored(kind, document.get(place))
            for (name, kind), place in zip(asked.kinds.items(), places, strict=True)
        }
        for document in found
    ]


def overflowed(asked: Grouping, found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a sum of whole numbers has left 64 bits, so that MongoDB went on with floating point."""
    sums = [f"m{place}" for place, metric in enumerate(asked.metrics) if _whole_sum(metric)]
    return any(isinstance(document.get(name), float) for document in found for name in sums)


def _whole_sum(metric: Metric) -> bool:
    return metric.function == "sum" and metric.kind.name == "integer"


def _restored(kind: Kind, value: Any) -> Any:
    if kind.name in ("float", "integer") and hasattr(
        value, "to_decimal"
    ):  # the mean of decimals, a wide sum
        value = value.to_decimal()
        return float(value) if kind.name == "float" else int(value)
    return None if isinstance(value, float) and isnan(value) else restored(kind, value)


def _column(name: str, key: Sequence[str]) -> Any:
    """The value of a column. By a plain path MongoDB knows which fields it needs, and reads no others."""
    stored = stored_name(name, key)
    return f"${stored}" if stored.isidentifier() else {"$getField": {"$literal": stored}}


def _term(term: Term, key: Sequence[str]) -> Any:
    column = _column(term.column, key)
    if term.form == "plain":
        return column
    if term.form != "bin":
        return {"$dateToString": {"date": column, "format": _DATES[term.form]}}
    if term.kind.name == "float":
        width: Any = float(term.width)
        return {"$multiply": [{"$floor": {"$divide": [column, width]}}, width]}
    if term.kind.name == "decimal":  # its steps are slow: the last is done once a group
        return {"$floor": {"$divide": [column, kept(term.kind, term.width)]}}
    width = int(term.width)
    return {"$subtract": [column, {"$mod": [{"$add": [{"$mod": [column, width]}, width]}, width]}]}


def _shown(term: Term, place: int) -> Any:
    found = f"$_id.t{place}"
    whole = term.form == "bin" and term.kind.name == "decimal"
    return {"$multiply": [found, kept(term.kind, term.width)]} if whole else found


def _figures(
    asked: Grouping, key: Sequence[str], nulls: Collection[str], *, wide: bool
) -> tuple[Condition, Condition]:
    """What is summed up over a group, nothing twice, and the metrics made of it."""
    sums: Condition = {}

    def once(accumulator: Condition) -> str:
        name = next((name for name, known in sums.items() if known == accumulator), f"s{len(sums)}")
        sums[name] = accumulator
        return f"${name}"

    quantiles = _quantile_columns(asked)
    figures = {
        f"m{place}": _figure(metric, asked.columns, key, nulls, quantiles, once, wide=wide)
        for place, metric in enumerate(asked.metrics)
    }
    return sums, figures


def _figure(
    metric: Metric,
    kinds: Mapping[str, Kind],
    key: Sequence[str],
    nulls: Collection[str],
    quantiles: Sequence[str],
    once: Callable[[Condition], str],
    *,
    wide: bool,
) -> Any:
    match metric.function:
        case "ratio":
            above, below = (_part(part, key, once) for part in metric.parts)
            return _divided(above, below)
        case "quantile":
            return interpolated(metric, *(once(part) for part in neighbours(metric, quantiles)))
        case "mean" if metric.weight:
            value, weight = _real(metric.column, key), _real(metric.weight, key)
            weights = {"$cond": [{"$eq": [_column(metric.column or "", key), None]}, None, weight]}
            return _divided(once({"$sum": {"$multiply": [value, weight]}}), once({"$sum": weights}))
    if metric.column is None:
        return once({"$sum": 1})
    column = _column(metric.column, key)
    if wide and _whole_sum(metric):
        column = {"$toDecimal": column}
    mean = metric.function == "mean"
    if mean and metric.column not in nulls and kinds[metric.column].name in ("decimal", "integer"):
        return {"$divide": [once({"$sum": column}), once({"$sum": 1})]}
    figure = once({"$avg" if mean else f"${metric.function}": column})
    if metric.column not in nulls:
        return figure
    return {"$cond": [{"$gt": [once(_valued(metric.column, key)), 0]}, figure, None]}


def _quantile_columns(asked: Grouping) -> list[str]:
    names = (metric.column or "" for metric in asked.metrics if metric.function == "quantile")
    return list(dict.fromkeys(names))


def _real(column: str | None, key: Sequence[str]) -> Any:
    """A column's number as floating point, 1 where rows are counted."""
    return 1 if column is None else {"$toDouble": _column(column, key)}


def _part(metric: Metric, key: Sequence[str], once: Callable[[Condition], str]) -> Any:
    """A part of a ratio, null where it sums up no value."""
    figure = once({"$sum": _real(metric.column, key)})
    if metric.column is None:
        return figure
    return {"$cond": [{"$gt": [once(_valued(metric.column, key)), 0]}, figure, None]}


def _divided(above: Any, below: Any) -> Condition:
    return {"$cond": [{"$eq": [below, 0]}, None, {"$divide": [above, below]}]}


def _valued(column: str, key: Sequence[str]) -> Condition:
    """How many rows of a group have a value: MongoDB's sum of none is 0, ours null."""
    return {"$sum": {"$cond": [{"$eq": [_column(column, key), None]}, 0, 1]}}
