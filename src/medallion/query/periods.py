"""Periods of time as groups have them: text that sorts, such as `2024`, `2024-Q2` or `2024-W07`."""

from __future__ import annotations

import re
from datetime import date, timedelta

PERIODS = ("year", "quarter", "month", "week", "day")

_TEXT = re.compile(r"\d{4}(-(Q[1-4]|W[0-5]\d|\d\d(-\d\d)?))?", re.ASCII)
_MONTHS = 12
_MONTHS_OF_QUARTER = 3


def period_text(form: str, moment: date) -> str:
    """The period of a form that contains a date or timestamp; weeks are those of ISO 8601."""
    match form:
        case "year":
            return f"{moment.year:04}"
        case "quarter":
            return f"{moment.year:04}-Q{(moment.month - 1) // _MONTHS_OF_QUARTER + 1}"
        case "month":
            return f"{moment.year:04}-{moment.month:02}"
        case "week":
            week = moment.isocalendar()
            return f"{week.year:04}-W{week.week:02}"
    return moment.isoformat()[:10]


def period_span(text: str) -> tuple[date, date | None]:
    """The first day of a period, and that of the next one; None after the year 9999.

    Raises ValueError for another text.
    """
    if _TEXT.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a period")
    year, _, part = text.partition("-")
    if part.startswith("W"):
        return _days(date.fromisocalendar(int(year), int(part[1:]), 1), 7)
    if part.startswith("Q"):
        return _months(int(year), (int(part[1:]) - 1) * _MONTHS_OF_QUARTER + 1, _MONTHS_OF_QUARTER)
    month, _, day = part.partition("-")
    if day:
        return _days(date(int(year), int(month), int(day)), 1)
    return _months(int(year), int(month or 1), 1 if month else _MONTHS)


def _days(first: date, count: int) -> tuple[date, date | None]:
    try:
        return first, first + timedelta(days=count)
    except OverflowError:
        return first, None


def _months(year: int, month: int, count: int) -> tuple[date, date | None]:
    first, next_month = date(year, month, 1), month - 1 + count
    try:
        return first, date(year + next_month // _MONTHS, next_month % _MONTHS + 1, 1)
    except ValueError:
        return first, None
