"""Periods that are not over yet, and gaps between periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from medallion_panel.blocks.periods import (
    gaps_before,
    is_unfinished,
    unfinished_note,
    unfinished_periods,
)
from tests.unit.panel.tables import FORMATS

MOMENT = datetime(2026, 11, 25, 12, tzinfo=UTC)
FIRSTS = [date(2026, month, 1) for month in (8, 9, 10, 11, 12)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11", True),
        ("2026", True),
        (date(2026, 11, 25), True),
        ("2026-10", False),
        ("2025", False),
        (date(2026, 11, 24), False),
        (datetime(2026, 11, 25, tzinfo=UTC), False),
        (11, False),
        (None, False),
    ],
)
def test_which_periods_are_not_over(value: object, expected: bool) -> None:
    assert is_unfinished(value, datetime(2026, 11, 25, 12, tzinfo=UTC)) is expected


def test_a_regular_step_such_as_the_weekend_is_not_a_gap() -> None:
    import pandas as pd

    weekdays = list(pd.bdate_range("2024-01-01", periods=40))
    assert not any(gaps_before(weekdays, months=False))
    months = [pd.Timestamp(f"2024-{month:02}-01") for month in (1, 2, 3, 6, 7)]
    assert gaps_before(months, months=True) == [False, False, False, True, False]
    assert gaps_before([], months=False) == []


@pytest.mark.parametrize(
    ("values", "column", "expected"),
    [
        (["2026-10", "2026-11", "2026-12"], "month", [False, True, True]),
        (["2026-W47", "2026-W48"], "week", [False, True]),
        (["2026-Q3", "2026-Q4"], "quarter", [False, True]),
        ([2025, 2026, 2027, None], "year", [False, True, True, False]),
        ([2025, 2026], "size", [False, False]),
        (["9999", "2026"], "code", [False, True]),
        (FIRSTS, "day", [False, False, False, True, True]),
        (
            [datetime(day.year, day.month, 1) for day in FIRSTS],
            "at",
            [False, False, False, True, True],
        ),
        ([date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)], "day", [False, False, True]),
        ([date(2026, month, 1) for month in (4, 7, 10)], "day", [False, False, True]),
        ([date(2026, 11, 9) + timedelta(weeks=n) for n in range(3)], "day", [False, False, True]),
        ([date(2026, 11, day) for day in (23, 24, 25)], "day", [False, False, True]),
        (["No value", True, 1.5], "mixed", [False, False, False]),
    ],
)
def test_which_periods_of_a_column_are_not_over(
    values: list[Any], column: str, expected: list[bool]
) -> None:
    assert unfinished_periods(values, column, MOMENT) == expected


def test_many_periods_that_are_not_over_are_counted() -> None:
    assert is_unfinished(date(2026, 11, 26), MOMENT)
    assert unfinished_note([], FORMATS) == ""
    assert unfinished_note(["a", "b"], FORMATS) == "a, b are not over yet."
    assert unfinished_note([*"abcdef"], FORMATS) == "a, b, c and 3 more are not over yet."
