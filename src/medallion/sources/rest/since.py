"""Which records of an API are new: values of their cursor, compared and less a lag.

A value is what JSON has: a number (here a Decimal), or a text, which may be a date or a time.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medallion.sources.increments import Bound, Lag, interval

CursorValue: TypeAlias = Decimal | str

_SECOND = timedelta(seconds=1)
_DATE = len("2024-01-31")
# An API may ask for dates, in its own time zone.
_TOLERANCE = timedelta(days=2)


class SinceParameter(BaseModel):
    """`param` asks for records whose field `cursor` is not smaller than its value.

    `format` is how it wants a time: `unix`, `unix_ms` or a pattern such as `%Y-%m-%d`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: str = Field(min_length=1)
    param: str = Field(min_length=1)
    format: str = ""

    @model_validator(mode="after")
    def _known_format(self) -> Self:
        if self.format and self.format not in ("unix", "unix_ms") and "%" not in self.format:
            raise ValueError("`format` is `unix`, `unix_ms` or a pattern such as `%Y-%m-%d`")
        return self

    def value(self, record: str) -> CursorValue | None:
        """The cursor of a record, which is JSON. Raises ValueError for what cannot be one."""
        value: Any = json.loads(record, parse_float=Decimal, parse_int=Decimal)
        for name in self.cursor.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is None or isinstance(value, Decimal | str):
            return value
        raise ValueError("has a value that is neither a number nor a text")

    def written(self, bound: CursorValue) -> str:
        """The value of the parameter that asks for records from a bound.

        It is one less, or one second earlier: some APIs leave out records with the value itself.
        """
        if moment := _moment(bound):
            moment = _earlier(moment, _SECOND)
            if self.format.startswith("unix"):
                thousandths = (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
                return str(thousandths if self.format == "unix_ms" else thousandths // 1000)
            return moment.strftime(self.format) if self.format else _like(str(bound), moment)
        if self.format:
            raise ValueError("has no dates or times, which `format` is for")
        return str(bound - 1) if isinstance(bound, Decimal) else bound


def bound_text(value: CursorValue) -> str:
    """A value as the release keeps it, with its type."""
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def cursor_value(bound: Bound) -> CursorValue:
    """The value that the release keeps."""
    value: CursorValue = json.loads(str(bound), parse_float=Decimal, parse_int=Decimal)
    return value


def written_bound(text: str, known: Bound) -> str:
    """The value that a user writes, of the type of a known one. Raises ValueError."""
    like = cursor_value(known)
    value: CursorValue = text
    if isinstance(like, Decimal):
        with suppress(ArithmeticError):
            number = Decimal(text)
            value = number if number.is_finite() else text
    is_smaller(value, like)
    return bound_text(value)


def is_smaller(value: CursorValue, other: CursorValue) -> bool:
    """Whether a value is smaller than another. Raises ValueError when types differ."""
    one, two = (_moment(each) or each for each in (value, other))
    if type(one) is not type(two):
        raise ValueError(f"has values of different types, such as {value} and {other}")
    return bool(one < two)  # type: ignore[operator]


def less(value: CursorValue, lag: Lag) -> CursorValue:
    """A value less a lag. Raises ValueError for a lag of another type."""
    if not lag:
        return value
    if isinstance(value, Decimal) and isinstance(lag, int):
        return value - lag
    moment = _moment(value)
    if moment and isinstance(lag, str):
        return _like(str(value), _earlier(moment, interval(lag)))
    rule = "is a time" if moment else "is not possible"
    rule = "is a number" if isinstance(value, Decimal) else rule
    raise ValueError(f"has values such as {value}, for which `lag` {rule}")


def is_unasked(value: CursorValue, bound: CursorValue) -> bool:
    """Whether an API that knows the parameter would not return a record, asked from a bound."""
    if moment := _moment(bound):
        return is_smaller(value, _earlier(moment, _TOLERANCE).isoformat())
    return is_smaller(value, bound - 1 if isinstance(bound, Decimal) else bound)


def _moment(value: CursorValue) -> datetime | None:
    """A date or time as written in ISO 8601, None for other values; without a zone it is UTC."""
    if isinstance(value, Decimal) or value[4:5] != "-" or len(value) < _DATE:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _like(value: str, moment: datetime) -> str:
    """A time, as the API writes another: a date, or a time with or without its zone."""
    if len(value) == _DATE:
        return moment.date().isoformat()
    text = moment.replace(tzinfo=None).isoformat()
    return f"{text}Z" if datetime.fromisoformat(value).tzinfo else text


def _earlier(moment: datetime, by: timedelta) -> datetime:
    first = datetime.min.replace(tzinfo=UTC)
    return moment - by if moment - first > by else first
