"""Identifiers: ids of runs and releases, which sort by time, and full names of tables."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def new_id(moment: datetime) -> str:
    """An id that sorts by time, to the millisecond: `20261123-205114-1234f2`."""
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}{os.urandom(2).hex()[:3]}"


def next_id(last: str | None) -> str:
    """A new id, which sorts after the `last` one even when the clock was set back since."""
    moment = now()
    with suppress(ValueError):
        former = datetime.strptime((last or "")[:19], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)
        moment = max(moment, former + timedelta(milliseconds=1))
    return new_id(moment)


class TableName(str):
    """The full name of a table, such as `silver.orders`: a layer and a name in it."""

    __slots__ = ()

    @property
    def layer(self) -> str:
        """The layer, `silver`."""
        return self.partition(".")[0]

    @property
    def table(self) -> str:
        """The name in the layer, `orders`; empty when there is no dot."""
        return self.partition(".")[2]


def digest(value: Any) -> str:
    """SHA-256 of a value as JSON. The order of keys counts: it can be the order of columns."""
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()
