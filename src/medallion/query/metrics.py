"""Metrics as text: `count()`, `count_distinct(id)`, `mean(delay, flights)`, `sum(a) / count()`.

Stores, the API and the dashboard all parse them here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from medallion.errors import CallError, did_you_mean

Function = Literal["count", "count_distinct", "sum", "mean", "min", "max", "quantile", "ratio"]

FUNCTIONS = ("count", "count_distinct", "sum", "mean", "min", "max", "median", "quantile")
RATIO_FUNCTIONS = ("count", "sum")

_CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_RATIO = re.compile(r"(\w+\(.*\))\s*/\s*(\w+\(.*\))", re.DOTALL)
_EXAMPLE = "such as count() or sum(amount)"


@dataclass(frozen=True)
class MetricCall:
    """A parsed metric, before its columns are checked.

    `weight` belongs to a mean, `fraction` to a quantile (a median is that of 0.5), `parts` to a
    ratio.
    """

    function: Function
    column: str | None = None
    weight: str | None = None
    fraction: float | None = None
    parts: tuple[MetricCall, ...] = ()

    @property
    def additive(self) -> bool:
        """Whether the metric of two groups together is the sum of the two."""
        return self.function in ("count", "sum")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        own = tuple(name for name in (self.column, self.weight) if name is not None)
        return own + tuple(name for part in self.parts for name in part.columns)


def metric_call(text: str, name: str = "metric", columns: Collection[str] = ()) -> MetricCall:
    """Read a metric. Raises CallError that names it.

    Parameters: `name` is what errors call it; with the `columns` of its table, names that hold
    commas, parentheses or slashes are read as well.
    """
    call = _CALL.fullmatch(text.strip())
    ratio = _RATIO.fullmatch(text.strip())
    if ratio and (call is None or call[2].strip() not in columns):
        return MetricCall(
            "ratio", parts=tuple(_part(part, name, columns) for part in ratio.groups())
        )
    function = call[1] if call else text
    if call is None or function not in FUNCTIONS:
        raise CallError(
            f"{name}: no metric {text!r}{did_you_mean(function, FUNCTIONS)}", hint=_EXAMPLE
        )
    return _single(function, call[2].strip(), name, columns)


def metric_columns(text: str) -> tuple[str, ...]:
    """The columns that a metric reads; the text itself when it is not a metric."""
    try:
        return metric_call(text).columns
    except CallError:
        return (text,)


def quantile_of(values: Sequence[float], fraction: float) -> float | None:
    """The quantile of numbers, interpolated linearly (method 7 of Hyndman and Fan, 1996).

    None without numbers, and when it is between two infinite ones.
    """
    if not values:
        return None
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    low = int(place)
    part = place - low
    if not part or ordered[low] == ordered[low + 1]:
        return float(ordered[low])
    quantile = float(ordered[low]) * (1 - part) + float(ordered[low + 1]) * part
    return None if quantile != quantile else quantile


def _single(function: str, inside: str, name: str, columns: Collection[str]) -> MetricCall:
    if function == "count":
        if inside:
            raise CallError(
                f"{name}: count() counts rows and takes no column",
                hint="filter by `isnull`, or count distinct values by count_distinct(column)",
            )
        return MetricCall("count")
    if function == "median":
        return MetricCall("quantile", inside, fraction=0.5)
    column, comma, second = (part.strip() for part in inside.rpartition(","))
    if function == "quantile":
        return MetricCall("quantile", column, fraction=_fraction(second, name))
    if function == "mean" and comma and inside not in columns:
        return MetricCall("mean", column, weight=second)
    return MetricCall(cast("Function", function), inside)


def _part(text: str, name: str, columns: Collection[str]) -> MetricCall:
    call = metric_call(text, name, columns)
    if call.function not in RATIO_FUNCTIONS:
        raise CallError(f"{name}: a ratio divides sums and counts, and {text} is neither")
    return call


def _fraction(text: str, name: str) -> float:
    try:
        fraction = float(text)
    except ValueError:
        fraction = -1.0
    if not 0 <= fraction <= 1:
        raise CallError(
            f"{name}: {text!r} is not a valid fraction from 0 to 1",
            hint="such as quantile(amount, 0.95)",
        )
    return fraction
