from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from medallion.query.periods import PERIODS, period_span, period_text


@pytest.mark.parametrize(
    ("form", "text", "first", "after"),
    [
        ("year", "2024", date(2024, 1, 1), date(2025, 1, 1)),
        ("quarter", "2024-Q4", date(2024, 10, 1), date(2025, 1, 1)),
        ("quarter", "2024-Q1", date(2024, 1, 1), date(2024, 4, 1)),
        ("month", "2024-12", date(2024, 12, 1), date(2025, 1, 1)),
        ("week", "2020-W53", date(2020, 12, 28), date(2021, 1, 4)),
        ("week", "2025-W01", date(2024, 12, 30), date(2025, 1, 6)),
        ("day", "2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
        ("year", "9999", date(9999, 1, 1), None),
        ("quarter", "9999-Q4", date(9999, 10, 1), None),
        ("day", "9999-12-31", date(9999, 12, 31), None),
    ],
)
def test_a_period_and_its_span(form: str, text: str, first: date, after: date | None) -> None:
    assert period_span(text) == (first, after)
    assert period_text(form, first) == text
    if after is not None:
        last = datetime(after.year, after.month, after.day) - timedelta(microseconds=1)
        assert period_text(form, last) == text
        assert period_text(form, after) > text


def test_periods_of_early_years_sort_as_text() -> None:
    assert [period_text(form, date(33, 4, 3)) for form in PERIODS] == [
        "0033", "0033-Q2", "0033-04", "0033-W13", "0033-04-03",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "24", "2024-Q5", "2024-W54", "2024-13", "2024-1-1", "x"])
def test_another_text_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a period|Invalid week|must be in"):
        period_span(text)
