"""What the figures of a page are compared with: an earlier period, or another release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from medallion.contracts import Filter
from medallion.query.periods import period_text
from medallion_panel.blocks.periods import period_length
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.date_spans import (
    MONTHS_OF,
    DateSpan,
    Length,
    Shift,
    add_months,
    parse_period,
    period_start,
)

_COMPARED = ("in", "gte", "gt", "lte", "lt", "eq")


@dataclass(frozen=True)
class PeriodShift:
    """How periods of a page correspond to those that they are compared with.

    `span` is what the page shows of the column of periods, `compared` the span before it.
    """

    column: str
    span: DateSpan
    compared: DateSpan
    shift: Shift

    def forward(self, values: Sequence[Any]) -> list[Any]:
        """The values of the page that those of the compared span correspond to, in their order.

        None for a day that has no counterpart, such as February 29.
        """
        days = [_day(value) for value in values]
        length = period_length([day for day in days if day is not None])
        return [self._moved(value, length, self.compared, self.span, 1) for value in values]

    def backward(self, condition: Filter) -> Filter:
        """A condition on the column, as it is for the compared span."""
        if condition.operator not in _COMPARED:
            return condition
        values = condition.value if condition.operator == "in" else (condition.value,)
        moved = [self.backward_value(value) for value in values]
        known = tuple(value for value in moved if value is not None)
        if condition.operator == "in":
            return replace(condition, value=known)
        return replace(condition, value=known[0]) if known else Filter(self.column, "in", ())

    def backward_value(self, value: Any) -> Any:
        """The period that one of the page is compared with, None where it has no counterpart."""
        return self._moved(value, "day", self.span, self.compared, -1)

    def _moved(self, value: Any, length: Length, start: DateSpan, end: DateSpan, sign: int) -> Any:
        """A period moved from one span to the other."""
        if isinstance(value, str):
            period = parse_period(value)
            if period is None:
                return None
            first, length = period
            if length == "day":
                day = _day_moved(first, self.shift, sign)
                return day and day.isoformat()
            return period_text(length, _nth(first, length, start.first, end.first))
        if not isinstance(value, date):
            return None
        day = value.date() if isinstance(value, datetime) else value
        if length == "day":
            moved = _day_moved(day, self.shift, sign)
        else:
            moved = _nth(day, length, start.first, end.first)
        if moved is None or not isinstance(value, datetime):
            return moved
        return datetime.combine(moved, value.timetz())


@dataclass(frozen=True)
class Comparison:
    """What a page is compared with: `periods`, or the release whose store `open_store` opens.

    `label` names it, such as `1–31 Oct 2024`. `filters` are the conditions of the page without
    those of the period, and `period_filters` those of the compared period.
    """

    label: str
    filters: Sequence[Filter] = ()
    periods: PeriodShift | None = None
    period_filters: Sequence[Filter] = ()
    open_store: Callable[[], CachedStore] | None = None

    def compared_filters(self) -> tuple[Filter, ...]:
        """The conditions of the page, as they are for the compared period."""
        shift = self.periods
        if shift is None:
            return tuple(self.filters)
        moved = (
            shift.backward(each) if each.field == shift.column else each for each in self.filters
        )
        return (*self.period_filters, *moved)

    def forward(self, column: str, values: Sequence[Any]) -> list[Any]:
        """The values of a column that those of the compared figures correspond to."""
        if self.periods is None or column != self.periods.column:
            return list(values)
        return self.periods.forward(values)


def _day(value: Any) -> date | None:
    """The date of a timestamp at midnight, or of a date."""
    if isinstance(value, datetime):
        return value.date() if value.timetz().replace(tzinfo=None) == time.min else None
    return value if isinstance(value, date) else None


def _day_moved(day: date, shift: Shift, sign: int) -> date | None:
    """A day moved by a shift; None where the month is too short for it."""
    if not shift.months:
        return date.fromordinal(day.toordinal() + sign * shift.days)
    moved = add_months(day, sign * shift.months)
    return moved if moved.day == day.day else None


def _nth(day: date, length: Length, start: date, end: date) -> date:
    """The period that is as many periods after `end` as the one of a day is after `start`."""
    first, before = period_start(day, length), period_start(start, length)
    base = period_start(end, length)
    if length in MONTHS_OF:
        months = (first.year - before.year) * 12 + first.month - before.month
        return add_months(base, months)
    return date.fromordinal(base.toordinal() + (first - before).days)
