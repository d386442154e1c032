"""Quantiles as stages of an aggregation pipeline, for MongoDB before 7 has no operator for them.

`$setWindowFields` numbers the rows of each group in the order of the column, nulls first, and counts those that have
a value. The group then takes the two values between which the quantile lies, and interpolates linearly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medallion.query.aggregation import Metric
from medallion.sinks.mongodb.query import Condition

_WHOLE = {"documents": ["unbounded", "unbounded"]}


def window_stages(columns: Mapping[str, Any], terms: Condition) -> list[Condition]:
    """For each column, by its number: `qN` its value, `rN` its rank, `nN` how many values its group has, `aN` how many
    rows. Parameters: `columns` gives a column's value in an expression; `terms` are those of the groups.
    """
    stages: list[Condition] = []
    for number, value in enumerate(columns.values()):
        field = f"q{number}"
        has_value = {"$cond": [{"$eq": [f"${field}", None]}, 0, 1]}
        output = {
            f"r{number}": {"$documentNumber": {}},
            f"n{number}": {"$sum": has_value, "window": _WHOLE},
            f"a{number}": {"$sum": 1, "window": _WHOLE},
        }
        window = {
            "sortBy": {field: 1},
            "output": output,
            **({"partitionBy": terms} if terms else {}),
        }
        stages += [
            {"$set": {field: {"$toDouble": {"$ifNull": [value, None]}}}},
            {"$setWindowFields": window},
        ]
    return stages


def neighbours(metric: Metric, columns: Sequence[str]) -> list[Condition]:
    """Accumulators: how many values the group has, and the two between which the quantile lies."""
    number = columns.index(metric.column or "")
    rank, value = f"$r{number}", f"$q{number}"
    place = {"$floor": {"$multiply": [metric.fraction, {"$subtract": [f"$n{number}", 1]}]}}
    low = {"$add": [{"$subtract": [f"$a{number}", f"$n{number}"]}, 1, place]}
    return [
        {"$max": f"$n{number}"},
        {"$max": {"$cond": [{"$eq": [rank, low]}, value, None]}},
        {"$max": {"$cond": [{"$eq": [rank, {"$add": [low, 1]}]}, value, None]}},
    ]


def interpolated(metric: Metric, values: str, low: str, high: str) -> Condition:
    """The quantile, from the fields that `neighbours` were put into; null without a value, and between infinities."""
    place = {"$multiply": [metric.fraction, {"$subtract": [values, 1]}]}
    part = {"$subtract": [place, {"$floor": place}]}
    between = {
        "$add": [
            {"$multiply": [low, {"$subtract": [1, "$$part"]}]},
            {"$multiply": [high, "$$part"]},
        ]
    }
    exact = {"$or": [{"$eq": ["$$part", 0]}, {"$eq": [low, high]}]}
    quantile = {"$let": {"vars": {"part": part}, "in": {"$cond": [exact, low, between]}}}
    return {"$cond": [{"$gt": [values, 0]}, quantile, None]}
