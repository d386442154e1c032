"""Quantiles as stages of an aggregation pipeline: MongoDB before 7 has no operator for them.

`$setWindowFields` numbers the rows of each group in the order of the column, nulls first, and
counts those with a value. `$group` then picks the two values around the quantile, which are
interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medallion.query.aggregation import Metric
from medallion.sinks.mongodb.query import Condition

_WHOLE = {"documents": ["unbounded", "unbounded"]}


def window_stages(columns: Mapping[str, Any], terms: Condition) -> list[Condition]:
    """The stages that add four fields for each column, by its number N.

    `qN` is its value, `rN` its rank in the group, `nN` the number of values in the group, and `aN`
    the number of rows in the group. Parameters: `columns` maps each column to the expression of its
    value; `terms` are those of the group.
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
    """Accumulators of a quantile: the number of values in the group, and the two around it."""
    number = columns.index(metric.column or "")
    rank, value = f"$r{number}", f"$q{number}"
    offset = {"$floor": {"$multiply": [metric.fraction, {"$subtract": [f"$n{number}", 1]}]}}
    low = {"$add": [{"$subtract": [f"$a{number}", f"$n{number}"]}, 1, offset]}
    return [
        {"$max": f"$n{number}"},
        {"$max": {"$cond": [{"$eq": [rank, low]}, value, None]}},
        {"$max": {"$cond": [{"$eq": [rank, {"$add": [low, 1]}]}, value, None]}},
    ]


def interpolation(metric: Metric, values: str, low: str, high: str) -> Condition:
    """The expression of a quantile from the results of its `neighbours`.

    Null without a value, and between two infinities.
    """
    position = {"$multiply": [metric.fraction, {"$subtract": [values, 1]}]}
    weight = {"$subtract": [position, {"$floor": position}]}
    between = {
        "$add": [
            {"$multiply": [low, {"$subtract": [1, "$$part"]}]},
            {"$multiply": [high, "$$part"]},
        ]
    }
    exact = {"$or": [{"$eq": ["$$part", 0]}, {"$eq": [low, high]}]}
    quantile = {"$let": {"vars": {"part": weight}, "in": {"$cond": [exact, low, between]}}}
    return {"$cond": [{"$gt": [values, 0]}, quantile, None]}
