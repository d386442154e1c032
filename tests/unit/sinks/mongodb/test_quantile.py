"""Quantiles in MongoDB equal those of numbers in Python, for every group and fraction."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from medallion.query.aggregation import Metric
from medallion.query.column_types import Kind
from medallion.query.metrics import quantile_of
from medallion.sinks.mongodb.quantile import interpolation, neighbours, window_stages

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

GROUPS: dict[str, list[float | None]] = {
    "one": [7, None],
    "even": [4, 1, 3, 2],
    "odd": [10, 30, 20, None, None],
    "ties": [1, 1, 1, 2],
    "empty": [None, None],
    "endless": [-inf, 5, inf],
    "both": [-inf, inf],
    "fractions": [0.1, 0.2, 0.4, 0.8, 1.6],
}
FRACTIONS = [0.0, 0.25, 0.5, 0.9, 1.0]


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_quantile_of_each_group(database: Documents, fraction: float) -> None:
    documents = [{"kind": kind, "a": value} for kind, values in GROUPS.items() for value in values]
    database["numbers"].insert_many(documents)
    metric = Metric("m", "quantile", "a", Kind("float"), fraction=fraction)
    around = {f"s{number}": each for number, each in enumerate(neighbours(metric, ["a"]))}
    answers = database["numbers"].aggregate(
        [
            *window_stages({"a": "$a"}, {"t0": "$kind"}),
            {"$group": {"_id": "$kind", **around}},
            {"$project": {"quantile": interpolation(metric, "$s0", "$s1", "$s2")}},
        ]
    )
    quantiles = {answer["_id"]: answer["quantile"] for answer in answers}
    for kind, values in GROUPS.items():
        expected = quantile_of([value for value in values if value is not None], fraction)
        actual = None if quantiles[kind] != quantiles[kind] else quantiles[kind]
        assert actual == (None if expected is None else pytest.approx(expected)), kind


def test_two_columns_have_windows_of_their_own(database: Documents) -> None:
    database["numbers"].insert_many([{"a": number, "b": -number} for number in range(5)])
    metrics = [Metric(name, "quantile", name, Kind("float"), fraction=0.25) for name in "ab"]
    around = [each for metric in metrics for each in neighbours(metric, ["a", "b"])]
    shown = {
        metric.name: interpolation(metric, *(f"$s{3 * number + place}" for place in range(3)))
        for number, metric in enumerate(metrics)
    }
    (answer,) = database["numbers"].aggregate(
        [
            *window_stages({"a": "$a", "b": "$b"}, {}),
            {"$group": {"_id": None, **{f"s{number}": each for number, each in enumerate(around)}}},
            {"$project": {"_id": 0, **shown}},
        ]
    )
    assert answer == {"a": 1.0, "b": -3.0}
