"""Ids that sort by time, and the time that they and all records take."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def new_id(moment: datetime) -> str:
    """An id that sorts by time, to the millisecond: `20261123-205114-1234f2`."""
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}{uuid4().hex[:3]}"


def next_id(last: str | None) -> str:
    """A new id, which sorts after the `last` one even when the clock was set back since."""
    moment = now()
    with suppress(ValueError):
        former = datetime.strptime((last or "")[:19], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)
        moment = max(moment, former + timedelta(milliseconds=1))
    return new_id(moment)
