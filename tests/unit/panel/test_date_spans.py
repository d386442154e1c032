"""Spans of presets, those they are compared with, and periods in text."""

from __future__ import annotations

from datetime import date

import pytest

from medallion.query.periods import period_text
from medallion_panel.date_spans import (
    DateSpan,
    Length,
    Preset,
    Shift,
    add_months,
    parse_period,
    period_end,
    preset_span,
    presets_for,
    shift_to_former,
    shift_to_previous_year,
)

TODAY = date(2024, 3, 15)


def span_of(text: str) -> DateSpan:
    first, last = map(date.fromisoformat, text.split(".."))
    return DateSpan(first, last)


# Each preset on 2024-03-15, up to that day in the period before, and in the previous year.
@pytest.mark.parametrize(
    ("preset", "span", "former", "year_before"),
    [
        (
            "last-7-days",
            "2024-03-09..2024-03-15",
            "2024-03-02..2024-03-08",
            "2023-03-09..2023-03-15",
        ),
        (
            "last-30-days",
            "2024-02-15..2024-03-15",
            "2024-01-16..2024-02-14",
            "2023-02-15..2023-03-15",
        ),
        (
            "last-90-days",
            "2023-12-17..2024-03-15",
            "2023-09-18..2023-12-16",
            "2022-12-17..2023-03-15",
        ),
        (
            "last-12-months",
            "2023-03-16..2024-03-15",
            "2022-03-16..2023-03-15",
            "2022-03-16..2023-03-15",
        ),
        (
            "this-month",
            "2024-03-01..2024-03-31",
            "2024-02-01..2024-02-15",
            "2023-03-01..2023-03-15",
        ),
        (
            "last-month",
            "2024-02-01..2024-02-29",
            "2024-01-01..2024-01-31",
            "2023-02-01..2023-02-28",
        ),
        (
            "this-quarter",
            "2024-01-01..2024-03-31",
            "2023-10-01..2023-12-15",
            "2023-01-01..2023-03-15",
        ),
        (
            "last-quarter",
            "2023-10-01..2023-12-31",
            "2023-07-01..2023-09-30",
            "2022-10-01..2022-12-31",
        ),
        (
            "this-year",
            "2024-01-01..2024-12-31",
            "2023-01-01..2023-03-15",
            "2023-01-01..2023-03-15",
        ),
        (
            "last-year",
            "2023-01-01..2023-12-31",
            "2022-01-01..2022-12-31",
            "2022-01-01..2022-12-31",
        ),
        (
            "year-to-date",
            "2024-01-01..2024-03-15",
            "2023-01-01..2023-03-15",
            "2023-01-01..2023-03-15",
        ),
    ],
)
def test_a_preset_and_what_it_is_compared_with(
    preset: Preset, span: str, former: str, year_before: str
) -> None:
    own = preset_span(preset, TODAY)
    assert own == span_of(span)
    assert own.to(TODAY).before(shift_to_former(own, preset)) == span_of(former)
    assert own.to(TODAY).before(shift_to_previous_year()) == span_of(year_before)


def test_all_dates_are_no_span() -> None:
    assert preset_span("all", TODAY) is None


def test_twelve_months_up_to_the_end_of_a_month_are_whole_months() -> None:
    span = preset_span("last-12-months", date(2024, 2, 29))
    assert span == span_of("2023-03-01..2024-02-29")
    assert span.before(Shift(months=12)) == span_of("2022-03-01..2023-02-28")


@pytest.mark.parametrize(
    ("span", "former"),
    [
        ("2024-03-05..2024-03-07", "2024-03-02..2024-03-04"),
        ("2024-03-01..2024-03-31", "2024-02-01..2024-02-29"),
        ("2024-01-01..2024-06-30", "2023-07-01..2023-12-31"),
        ("2024-03-07..2024-03-07", "2024-03-06..2024-03-06"),
    ],
)
def test_the_span_before_one_that_is_no_preset(span: str, former: str) -> None:
    own = span_of(span)
    assert own.before(shift_to_former(own, "all")) == span_of(former)


def test_presets_consist_of_whole_periods() -> None:
    assert "last-30-days" in presets_for("day")
    assert presets_for("month") == (
        "last-12-months",
        "this-month",
        "last-month",
        "this-quarter",
        "last-quarter",
        "this-year",
        "last-year",
        "year-to-date",
        "all",
    )
    quarters = ("this-quarter", "last-quarter", "this-year", "last-year", "all")
    assert presets_for("quarter") == quarters
    assert presets_for("year") == ("this-year", "last-year", "all")


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert add_months(date(2024, 1, 31), -1) == date(2023, 12, 31)
    assert add_months(date(2024, 11, 30), 14) == date(2026, 1, 30)


@pytest.mark.parametrize(
    ("text", "first", "length", "last"),
    [
        ("2024", "2024-01-01", "year", "2024-12-31"),
        ("2024-Q2", "2024-04-01", "quarter", "2024-06-30"),
        ("2024-02", "2024-02-01", "month", "2024-02-29"),
        ("2024-W01", "2024-01-01", "week", "2024-01-07"),
        ("2020-W53", "2020-12-28", "week", "2021-01-03"),
        ("2024-02-29", "2024-02-29", "day", "2024-02-29"),
    ],
)
def test_a_period_in_text(text: str, first: str, length: Length, last: str) -> None:
    day = date.fromisoformat(first)
    assert parse_period(text) == (day, length)
    assert period_end(day, length) == date.fromisoformat(last)
    assert period_text(length, day) == text


@pytest.mark.parametrize("text", ["", "May", "2024-13", "2024-W54", "2024-Q5", "2023-02-29", "24"])
def test_other_text_is_no_period(text: str) -> None:
    assert parse_period(text) is None
