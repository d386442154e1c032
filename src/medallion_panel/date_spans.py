"""Spans of days: those of the presets of a page's period, and those they are compared with."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

Preset = Literal[
    "last-7-days",
    "last-30-days",
    "last-90-days",
    "last-12-months",
    "this-month",
    "last-month",
    "this-quarter",
    "last-quarter",
    "this-year",
    "last-year",
    "year-to-date",
    "all",
]
Length = Literal["day", "week", "month", "quarter", "year"]

PRESETS: tuple[Preset, ...] = get_args(Preset)
MONTHS_OF: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
_YEAR = 12

_DAYS: dict[str, int] = {"last-7-days": 7, "last-30-days": 30, "last-90-days": 90}
_LENGTHS: dict[str, Length] = {
    "last-12-months": "month",
    "this-month": "month",
    "last-month": "month",
    "this-quarter": "quarter",
    "last-quarter": "quarter",
    "this-year": "year",
    "last-year": "year",
    "year-to-date": "month",
}
_PERIOD = re.compile(r"(\d{4})(?:-(?:(\d\d)(?:-(\d\d))?|W(\d\d)|Q([1-4])))?")


@dataclass(frozen=True)
class Shift:
    """A distance in time, of months or of days."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True)
class DateSpan:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def is_whole_months(self) -> bool:
        return self.first.day == 1 and is_end_of_month(self.last)

    def before(self, shift: Shift) -> DateSpan:
        """The span that is earlier by a shift; whole months stay whole months."""
        if shift.months:
            last = add_months(self.last, -shift.months)
            if self.is_whole_months:
                last = last.replace(day=monthrange(last.year, last.month)[1])
            return DateSpan(add_months(self.first, -shift.months), last)
        days = timedelta(days=shift.days)
        return DateSpan(self.first - days, self.last - days)

    def to(self, last: date) -> DateSpan:
        """The part of the span up to a day, which is the whole span when it ends before."""
        return DateSpan(self.first, min(self.last, last)) if last >= self.first else self


def preset_span(preset: Preset, today: date) -> DateSpan | None:
    """The days of a preset as seen on a day; None for `all`."""
    if preset in _DAYS:
        return DateSpan(today - timedelta(days=_DAYS[preset] - 1), today)
    match preset:
        case "all":
            return None
        case "year-to-date":
            return DateSpan(today.replace(month=1, day=1), today)
        case "last-12-months":
            if is_end_of_month(today):
                return DateSpan(add_months(today.replace(day=1), 1 - _YEAR), today)
            return DateSpan(add_months(today, -_YEAR) + timedelta(days=1), today)
    word, _, length = preset.partition("-")
    months = MONTHS_OF[length]
    first = period_start(today, _LENGTHS[preset])
    first = add_months(first, -months) if word == "last" else first
    return DateSpan(first, add_months(first, months) - timedelta(days=1))


def presets_for(length: Length) -> tuple[Preset, ...]:
    """The presets that consist of whole periods of this length, such as months."""
    if length in ("day", "week"):
        return PRESETS
    months = MONTHS_OF[length]
    suits = {name: MONTHS_OF[each] >= months for name, each in _LENGTHS.items()}
    return tuple(name for name in PRESETS if name == "all" or suits.get(name, False))


def shift_to_former(span: DateSpan, preset: Preset) -> Shift:
    """The distance to the former period: a month before `this-month`, 30 days before the last 30.

    A span that is no preset is followed at once by the next one of as many whole months, or days.
    """
    if preset in ("last-12-months", "year-to-date"):
        return Shift(months=_YEAR)
    if preset in _LENGTHS:
        return Shift(months=MONTHS_OF[_LENGTHS[preset]])
    if span.is_whole_months:
        return Shift(months=_month_number(span.last) - _month_number(span.first) + 1)
    return Shift(days=(span.last - span.first).days + 1)


def shift_to_previous_year() -> Shift:
    """The distance to the same period of the previous year."""
    return Shift(months=_YEAR)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or the last day of a shorter one."""
    number = _month_number(day) + months
    year, month = number // _YEAR, number % _YEAR + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def is_end_of_month(day: date) -> bool:
    """Whether a day is the last one of its month."""
    return day.day == monthrange(day.year, day.month)[1]


def period_start(day: date, length: Length) -> date:
    """The first day of the period that contains a day."""
    match length:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(days=day.weekday())
    return day


def period_end(first: date, length: Length) -> date:
    """The last day of the period that begins on a day."""
    if length in MONTHS_OF:
        return add_months(first, MONTHS_OF[length]) - timedelta(days=1)
    return first + timedelta(days=6 if length == "week" else 0)


def parse_period(text: str) -> tuple[date, Length] | None:
    """The first day and the length of a period in text: `2024-05`, `2024-Q2`, `2024-W07`, `2024`.

    None for a text that is no period.
    """
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    year, month, day, week, quarter = (int(part) if part else 0 for part in match.groups())
    try:
        if week:
            return date.fromisocalendar(year, week, 1), "week"
        if quarter:
            return date(year, 3 * quarter - 2, 1), "quarter"
        return date(year, month or 1, day or 1), "day" if day else "month" if month else "year"
    except ValueError:
        return None


def _month_number(day: date) -> int:
    return day.year * _YEAR + day.month - 1
