"""Periods of time on an axis: which one is not over yet, and where some are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

REGULAR = 3  # a gap that occurs as often, and in a tenth of the steps, is the rhythm of the data, such as a weekend


def unfinished(value: Any, moment: datetime) -> bool:
    """Whether a moment lies in a period (a day, a month `2024-05`, a year `2024`), which is then not complete."""
    now = moment.astimezone(UTC)
    if isinstance(value, datetime):
        return False
    if isinstance(value, date):
        return value == now.date()
    return isinstance(value, str) and value in (f"{now:%Y}", f"{now:%Y-%m}", f"{now:%Y-%m-%d}")


def breaks(times: Sequence[pd.Timestamp], *, months: bool) -> list[bool]:
    """Of every time in order, whether periods are missing before it.

    Parameters: `months` counts the steps between times in months, else in seconds.
    """
    steps = [_step(former, time, months=months) for former, time in pairwise(times)]
    if not steps:
        return [False] * len(times)
    counts = Counter(steps)
    typical, _ = min(counts.items(), key=lambda item: (-item[1], item[0]))
    regular = {step for step, count in counts.items() if count >= max(REGULAR, len(steps) / 10)}
    return [False, *(step > 1.5 * typical and step not in regular for step in steps)]


def _step(former: pd.Timestamp, time: pd.Timestamp, *, months: bool) -> float:
    if months:
        return float((time.year - former.year) * 12 + time.month - former.month)
    return float((time - former).total_seconds())
