"""Periods of a page and those that they are compared with correspond to each other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion_panel.blocks.comparison import Comparison, PeriodShift
from medallion_panel.date_spans import DateSpan, Shift


def periods(first: str, last: str, shift: Shift) -> PeriodShift:
    span = DateSpan(date.fromisoformat(first), date.fromisoformat(last))
    return PeriodShift("day", span, span.before(shift), shift)


MARCH = periods("2024-03-01", "2024-03-31", Shift(months=1))
YEAR = periods("2024-01-01", "2024-12-31", Shift(months=12))
DAYS = periods("2024-03-09", "2024-03-15", Shift(days=7))


@pytest.mark.parametrize(
    ("shift", "former", "own"),
    [
        (MARCH, date(2024, 2, 29), date(2024, 3, 29)),
        (DAYS, date(2024, 3, 2), date(2024, 3, 9)),
        (DAYS, datetime(2024, 3, 2, 7, 30, tzinfo=UTC), datetime(2024, 3, 9, 7, 30, tzinfo=UTC)),
        (YEAR, "2023-05", "2024-05"),
        (YEAR, "2023-Q3", "2024-Q3"),
        (YEAR, "2023", "2024"),
        (YEAR, "2023-05-17", "2024-05-17"),
        (MARCH, "2024-02", "2024-03"),
        (YEAR, "2023-W01", "2024-W02"),  # 2023-01-01 is in 2022-W52, and 2024-01-01 in 2024-W01
        (periods("2024-03-01", "2024-05-29", Shift(days=90)), "2023-12", "2024-03"),
    ],
)
def test_a_period_moves_both_ways(shift: PeriodShift, former: Any, own: Any) -> None:
    assert shift.forward([former]) == [own]
    assert shift.backward_value(own) == former


def test_a_day_without_counterpart_is_none() -> None:
    assert YEAR.backward_value(date(2024, 2, 29)) is None
    assert periods("2025-01-01", "2025-12-31", Shift(months=12)).forward(
        [date(2024, 2, 28), date(2024, 2, 29), "no period", 7]
    ) == [date(2025, 2, 28), None, None, None]


def test_first_days_of_months_stay_first_days() -> None:
    shift = periods("2024-04-01", "2024-06-29", Shift(days=90))  # 2024-01-02 to 2024-03-31
    firsts = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1), date(2024, 5, 1)]
    assert shift.forward(firsts) == [
        date(2024, 4, 1),
        date(2024, 5, 1),
        date(2024, 6, 1),
        date(2024, 8, 1),
    ]


def test_conditions_on_the_column_are_those_of_the_compared_span() -> None:
    conditions = [
        Filter("day", "gte", date(2024, 3, 10)),
        Filter("day", "lt", date(2024, 3, 11)),
        Filter("day", "isnull", True),
        Filter("country", "in", ("IE",)),
    ]
    own = [Filter("day", "gte", date(2024, 3, 2)), Filter("day", "lte", date(2024, 3, 8))]
    comparison = Comparison("", conditions, DAYS, own)
    assert comparison.compared_filters() == (
        *own,
        Filter("day", "gte", date(2024, 3, 3)),
        Filter("day", "lt", date(2024, 3, 4)),
        Filter("day", "isnull", True),
        Filter("country", "in", ("IE",)),
    )


def test_values_of_other_columns_and_releases_stay() -> None:
    assert Comparison("", periods=YEAR).forward("country", ["2023"]) == ["2023"]
    assert Comparison("").forward("day", ["2023"]) == ["2023"]
    assert Comparison("", periods=YEAR).forward("day", ["2023"]) == ["2024"]
