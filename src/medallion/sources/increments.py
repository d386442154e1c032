"""Pulling only what is new: a file for each range of a cursor column.

A whole pull has two: the records before the largest value less the `lag`, and an open part with
those from there. Each run pulls the open part again, so that late rows are in it. When the cursor
has moved by more than the `lag`, the open part is closed, and another one begins. Closed parts
are never pulled again. So each row is in one file, unless it was updated: then its versions are in
several, the newest in the last. A backfill is a closed part of a range that other files have, too:
the rows in it are as they were when it was pulled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from medallion.contracts import SourceItem
from medallion.errors import SourceError
from medallion.identifiers import now

_LAG = r"^[0-9]+ (second|minute|hour|day|week)s?$"


def _one_or_more(value: object) -> object:
    """The names that `key` lists, or the only one that it is."""
    return (value,) if isinstance(value, str) else value


CORRECT_RANGE = "write the range as the cursor has its values"
Bound = str | int | float
# Columns that identify a row: one name, or a list.
Key = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])
]
Lag = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=_LAG)]
Period = Literal["daily", "weekly", "monthly"]
PERIODS: dict[str, timedelta] = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
}

# By the bound after which the last part begins: where the next one would, and whether that is
# later. None for a table without a value of the cursor.
Cut = Callable[[Bound | None], tuple[Bound | None, bool]]
# By a value of the cursor as a user writes it, and another that the cursor had: the value.
Written = Callable[[str, Bound], Bound]


@dataclass(frozen=True)
class CursorRange:
    """The values of a cursor that the records of a file have: from `begin` to before `end`.

    Without `begin`, all smaller ones; without `end`, records that have no value are among them.
    """

    begin: Bound | None = None
    end: Bound | None = None


@dataclass(frozen=True)
class Increments:
    """The files of a table that is pulled by a cursor.

    `identity` identifies what is pulled: after a change of it, everything is pulled again, as it is
    after a `period`.
    """

    label: str
    identity: str
    period: timedelta | None = None

    def items(self, former: Sequence[SourceItem], cut: Cut) -> list[SourceItem]:
        """The files of the table now; `former` are those of the last release."""
        whole = next((item for item in former if self._is_valid(item)), None)
        if whole is None:
            whole = self._whole(cut)
            end = _cursor(whole)["to"]
            return [whole] if end is None else [whole, self._open(self._next([]), end)]
        closed = self._closed(former)
        ranges = [item for item in closed if "at" not in _cursor(item)]
        begin = cast("Bound", _cursor(ranges[-1] if ranges else whole)["to"])
        end, later = cut(begin)
        if later:
            name, bounds = self._next(closed), {"from": begin, "to": end}
            closed.append(SourceItem(name, f"from {begin} to {end}", cast("Any", bounds)))
            begin = cast("Bound", end)
        return [whole, *closed, self._open(self._next(closed), begin)]

    def backfill(
        self, former: Sequence[SourceItem], begin: str, end: str, bound: Written
    ) -> list[SourceItem]:
        """The `former` files and one for a range; without it when all is pulled again anyway.

        Parameters: `begin` and `end` as a user writes them; `bound` gives their values.
        Raises ValueError for what is no value, and for numbers or times in the wrong order.
        """
        whole = next((item for item in former if self._is_valid(item)), None)
        if whole is None:
            return list(former)
        known = cast("Bound", _cursor(whole)["to"])
        first, last = (bound(each, known) if each else None for each in (begin, end))
        if begin and end and _is_empty(begin, end):
            raise ValueError(f"has no values from {begin} to before {end}")
        moment = now().isoformat()
        cursor = {"from": first, "to": last, "at": moment}
        token = f"from {begin} to {end} at {moment}"
        return [*former, SourceItem(self._next(self._closed(former)), token, cast("Any", cursor))]

    def range(self, item: SourceItem) -> CursorRange:
        """Which records are in a file."""
        bounds = _cursor(item)
        return CursorRange(bounds.get("from"), bounds.get("to"))

    def _whole(self, cut: Cut) -> SourceItem:
        end, _ = cut(None)
        moment = now().isoformat()
        cursor = {"whole": moment, "to": end, "of": self.identity}
        return SourceItem(self.label, f"whole {moment}", cast("Any", cursor))

    def _open(self, name: str, begin: Bound) -> SourceItem:
        return SourceItem(name, cursor=cast("Any", {"from": begin}))

    def _closed(self, former: Sequence[SourceItem]) -> list[SourceItem]:
        """The parts that are not pulled again, in their order."""
        closed = [item for item in former if "to" in _cursor(item) and "of" not in _cursor(item)]
        return sorted(closed, key=lambda item: item.name)

    def _is_valid(self, item: SourceItem) -> bool:
        """Whether this is the first file of the last whole pull, after which parts can follow."""
        cursor = _cursor(item)
        if cursor.get("of") != self.identity or cursor.get("to") is None:
            return False
        age = now() - datetime.fromisoformat(cursor["whole"])
        return self.period is None or age < self.period

    def _next(self, closed: Sequence[SourceItem]) -> str:
        """The name of the part after the closed ones, some of which may have had no records."""
        number = int(closed[-1].name.rpartition(" ")[2]) if closed else 0
        return f"{self.label} part {number + 1:06}"


def _cursor(item: SourceItem) -> Mapping[str, Any]:
    return item.cursor if isinstance(item.cursor, dict) else {}


def _is_empty(begin: str, end: str) -> bool:
    """Whether a range of numbers or times is empty; only the store knows that of other values."""
    values: tuple[Callable[[str], Any], ...] = (Decimal, datetime.fromisoformat)
    for value in values:
        # TypeError: of two times, one has a zone.
        with suppress(ArithmeticError, ValueError, TypeError):
            return bool(value(begin) >= value(end))
    return False


def check_cursor(
    cursor: str, key: Sequence[str], lag: Lag, whole: Period | None, declared_by: str = "cursor"
) -> None:
    """Raise ValueError for keys of a source that do not fit together."""
    if cursor and not key:
        raise ValueError(
            f"`{declared_by}` needs `key`, the columns that identify a row: a row that is updated "
            "is pulled again"
        )
    if not cursor and (key or lag or whole):
        raise ValueError(f"`key`, `lag` and `whole` are for a `{declared_by}`")


@contextmanager
def cursor_errors(label: str, cursor: str, hint: str) -> Iterator[None]:
    """Turn a ValueError, which says what the cursor of a source has, into a SourceError."""
    try:
        yield
    except ValueError as error:
        raise SourceError(f"{label}: the cursor {cursor!r} {error}", hint=hint) from error


def number_of(text: str) -> int | float:
    """The number that a user writes. Raises ValueError."""
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        if isfinite(number := float(text)):
            return number
    raise ValueError(f"has numbers, and {text!r} is none")


def interval(lag: str) -> timedelta:
    """The time that a text such as `10 minutes` says."""
    number, unit = lag.split()
    return timedelta(**{f"{unit.rstrip('s')}s": int(number)})
