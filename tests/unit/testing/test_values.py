"""The suite of values passes a store that is right, and finds one that changes values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf, isinf
from typing import Any

import pytest

from medallion.contracts import Page, Sink
from medallion.testing.values import DAY_OPERATORS, LARGE, LIMITS, ValueContract

SUITE = ValueContract()


@pytest.mark.parametrize("type_", ["int64", "decimal(18,2)", "timestamptz", "text"])
def test_a_store_that_is_right_passes(sink: Sink, found: Callable[..., bool], type_: str) -> None:
    assert not found(lambda: SUITE.test_the_limits_of_each_type_are_served(sink, type_))


def test_a_sink_may_refuse_a_large_number_with_its_row(
    sink: Sink, found: Callable[..., bool]
) -> None:
    assert not found(
        lambda: SUITE.test_a_large_number_is_served_or_refused_with_its_row(sink, "int128")
    )
    assert [low for low, _ in LARGE.values() if low == -(2**63) - 1] == [-(2**63) - 1]


def changed(change: Callable[[Any], Any]) -> Callable[[Page], Page]:
    return lambda page: replace(
        page,
        rows=[
            {
                name: value if value is None or name == "id" else change(value)
                for name, value in row.items()
            }
            for row in page.rows
        ],
    )


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        ("int64", lambda value: int(float(value))),
        ("decimal(18,2)", lambda value: Decimal(repr(float(value)))),
        ("float32", lambda value: 0.1 if value < 0 else value),
        ("date", lambda value: value.replace(year=max(value.year, 1000))),
        ("timestamp", lambda value: value.replace(microsecond=0)),
        ("timestamptz", lambda value: value.replace(tzinfo=None)),
        ("time", lambda value: value[:8]),
        ("text", lambda value: value or None),
    ],
)
def test_a_value_that_is_not_the_one_loaded_is_found(
    sink: Sink,
    fault: Callable[..., None],
    found: Callable[..., bool],
    type_: str,
    change: Callable[[Any], Any],
) -> None:
    assert type_ in LIMITS
    fault("read_page", changed(change))
    assert found(lambda: SUITE.test_the_limits_of_each_type_are_served(sink, type_))


def test_infinities_and_nan_that_are_changed_are_found(
    sink: Sink, fault: Callable[..., None], found: Callable[..., bool]
) -> None:
    assert not found(
        lambda: SUITE.test_infinities_are_values(sink), lambda: SUITE.test_nan_is_null(sink)
    )
    fault(
        "read_page",
        changed(lambda value: None if isinstance(value, float) and isinf(value) else value),
    )
    assert found(lambda: SUITE.test_infinities_are_values(sink))
    fault("read_groups", lambda rows: [{**row, "sum": inf} for row in rows])
    assert found(lambda: SUITE.test_metrics_of_infinities(sink))


@pytest.mark.parametrize("operator", DAY_OPERATORS)
def test_a_day_that_is_only_its_midnight_is_found(
    sink: Sink, fault: Callable[..., None], found: Callable[..., bool], operator: str
) -> None:
    def check() -> None:
        SUITE.test_a_timestamp_compared_with_a_day_means_the_whole_day(sink, "at", operator)

    assert not found(check)
    late = timedelta(hours=1)
    fault(
        "read_page",
        lambda page: replace(page, rows=[row for row in page.rows if _is_early(row["at"], late)]),
    )
    assert found(check)


def _is_early(moment: datetime | None, late: timedelta) -> bool:
    return moment is None or moment - moment.replace(hour=0, minute=0, second=0) < late
