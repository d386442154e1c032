"""Periods of time: which are not over yet, and where some are missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from medallion_panel.date_spans import Length, period_start
from medallion_panel.ui.formats import Formats

if TYPE_CHECKING:
    import pandas as pd

# A step between times that occurs at least this often, and in a tenth of all steps, is regular,
# such as a weekend.
MIN_REGULAR = 3

_TEXT = re.compile(r"\d{4}-(\d\d(-\d\d)?|W\d\d|Q[1-4])")
_QUARTERS = {1, 4, 7, 10}
_MAX_NAMES = 3  # in a note


def is_unfinished(value: Any, moment: datetime, length: Length = "day") -> bool:
    """Whether a period is not over at a moment, so that its data is incomplete.

    A period is a text (a day `2024-05-01`, a month `2024-05`, a week `2024-W07`, a quarter
    `2024-Q2`, a year `2024`) or the first date of a period of a `length`.
    """
    today = moment.astimezone(UTC).date()
    if isinstance(value, datetime):
        return False
    if isinstance(value, date):
        return value >= period_start(today, length)
    if not isinstance(value, str):
        return False
    if _TEXT.fullmatch(value) is None:
        return value == f"{today:%Y}"
    week, quarter = today.isocalendar(), (today.month + 2) // 3
    current = f"{today:%Y-%m-%d}"[: len(value)]
    if "W" in value:
        current = f"{week.year}-W{week.week:02}"
    elif "Q" in value:
        current = f"{today.year}-Q{quarter}"
    return value >= current


def unfinished_periods(values: Sequence[Any], column: str, moment: datetime) -> list[bool]:
    """For every period of a column, whether it is not over at a moment.

    Integers are years in a column whose name ends in `year`. Dates are the first days of weeks,
    months, quarters or years when all of them can be.
    """
    year, years = f"{moment.astimezone(UTC):%Y}", column.lower().endswith("year")
    periods = [_day(value) for value in values]
    length = period_length([value for value in periods if isinstance(value, date)])
    return [
        str(value) >= year if years and _is_year(value) else is_unfinished(value, moment, length)
        for value in periods
    ]


def unfinished_note(names: Sequence[str], formats: Formats, *, compared: bool = False) -> str:
    """A sentence with the names of periods that are not over, `compared` if others are."""
    message = "{names} is not over yet. | {names} are not over yet."
    if compared:
        message = (
            "{names} is not over yet, and left out of the comparison. | "
            "{names} are not over yet, and left out of the comparison."
        )
    first = formats.and_more(names, _MAX_NAMES)
    return formats.say(message, names=first, count=len(names)) if names else ""


def _is_year(value: Any) -> bool:
    return not isinstance(value, bool) and re.fullmatch(r"\d{4}", str(value)) is not None


def _day(value: Any) -> Any:
    """The date of a timestamp at midnight, as truncated days and months are; else the value."""
    midnight = isinstance(value, datetime) and value.timetz().replace(tzinfo=None) == time.min
    return value.date() if midnight else value


def period_length(days: Sequence[date]) -> Length:
    """The length of the periods whose first days these are, as far as they can be."""
    distinct = set(days)
    if len(distinct) < 2:  # a single one has no length
        return "day"
    if all(day.day == 1 for day in distinct):
        months = {day.month for day in distinct}
        if months == {1}:
            return "year"
        return "quarter" if months <= _QUARTERS and len(months) >= len(_QUARTERS) - 1 else "month"
    mondays = all(day.weekday() == 0 for day in distinct)
    return "week" if mondays and len(distinct) >= MIN_REGULAR else "day"


def gaps_before(times: Sequence[pd.Timestamp], *, months: bool) -> list[bool]:
    """For every time of a sorted sequence, whether periods are missing before it.

    Parameters: with `months`, steps between times are counted in months, else in seconds.
    """
    steps = [_step(former, time, months=months) for former, time in pairwise(times)]
    if not steps:
        return [False] * len(times)
    counts = Counter(steps)
    typical, _ = min(counts.items(), key=lambda item: (-item[1], item[0]))
    regular = {step for step, count in counts.items() if count >= max(MIN_REGULAR, len(steps) / 10)}
    return [False, *(step > 1.5 * typical and step not in regular for step in steps)]


def _step(former: pd.Timestamp, time: pd.Timestamp, *, months: bool) -> float:
    if months:
        return float((time.year - former.year) * 12 + time.month - former.month)
    return float((time - former).total_seconds())
