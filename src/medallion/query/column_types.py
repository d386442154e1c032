"""The kinds of served columns, and the conversion of a caller's values to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from math import isnan
from typing import Any, Literal

from medallion.errors import CallError, LoadError
from medallion.records.column_type import FLOATS, INTEGERS, ColumnType, column_type

KindName = Literal[
    "integer",
    "decimal",
    "float",
    "text",
    "boolean",
    "date",
    "timestamp",
    "time",
    "bytes",
    "list",
    "struct",
    "map",
]

_NAMES: Mapping[str, KindName] = {
    **dict.fromkeys(INTEGERS, "integer"),
    **dict.fromkeys(FLOATS, "float"),
    **dict.fromkeys(("text", "uuid", "json", "null"), "text"),
    **dict.fromkeys(("timestamp", "timestamp(s)", "timestamp(ms)", "timestamp(ns)"), "timestamp"),
    **dict.fromkeys(("timestamptz", "timestamptz(ns)"), "timestamp"),
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "binary": "bytes",
    "list": "list",
    "struct": "struct",
    "map": "map",
}

_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?(inf|Infinity)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
_TIMESTAMP = re.compile(rf"{_DATE.pattern}([T ]{_TIME.pattern}(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


@dataclass(frozen=True)
class Kind:
    """The kind of a column's values: `scale` of a decimal, `items` of a list, struct or map.

    A `zoned` timestamp is a point in time, in UTC; another one is a local time without a
    time zone. A `wide` integer may have more than 64 bits. A timestamp with `nanoseconds` has them
    in the lake; stores truncate them.
    """

    name: KindName
    scale: int = 0
    items: tuple[tuple[str, Kind], ...] = ()
    zoned: bool = False
    wide: bool = False
    nanoseconds: bool = False

    @property
    def ordered(self) -> bool:
        """Whether its values can be compared and sorted by."""
        return self.name in _READERS

    def __str__(self) -> str:
        return self.name

    def walk(self, value: Any, leaf: Callable[[Kind, Any], Any]) -> Any:
        """The value with `leaf` applied to all its parts but nulls, lists, structs and maps."""
        if value is None:
            return None
        if self.name == "list":
            return [self.items[0][1].walk(item, leaf) for item in value]
        if self.name == "struct":
            return {name: kind.walk(value.get(name), leaf) for name, kind in self.items}
        if self.name == "map":
            pairs = value.items() if isinstance(value, Mapping) else value
            return {str(key): self.items[1][1].walk(item, leaf) for key, item in pairs}
        return leaf(self, value)


@lru_cache(maxsize=1024)
def kind_of(type_: str) -> Kind:
    """The kind of a type such as `list<decimal(12,2)>`. Raises LoadError on unsupported ones."""
    return _kind(column_type(type_))


def _kind(type_: ColumnType) -> Kind:
    if type_.name not in _NAMES:
        raise LoadError(
            f"no database can serve the type {type_}",
            hint="cast the column to another type in its table",
        )
    items = tuple((name, _kind(item)) for name, item in type_.items)
    zoned = type_.name.startswith("timestamptz")
    wide = INTEGERS.get(type_.name, 0) > 64 or type_.name == "uint64"
    nanoseconds = type_.name == "timestamp(ns)"
    return Kind(_NAMES[type_.name], type_.scale, items, zoned, wide, nanoseconds)


def coerce(kind: Kind, value: Any, field: str) -> Any:
    """A caller's value, or its text, as a value of the column; strictly, without guessing.

    Raises CallError naming the field, the value and the expected form.
    """
    reader = _READERS.get(kind.name)
    if reader is None:
        raise CallError(f"{field!r} is of type {kind}, which can only be asked whether it `isnull`")
    read, form = reader
    if kind.name == "timestamp" and not kind.zoned:
        form = form.removesuffix("Z") + ", without a time zone"
    if kind.wide:
        read, form = _wide_integer, "a whole number of at most 40 digits"
    try:
        value = read(value)
        return _placed(kind, value) if kind.name == "timestamp" else value
    except (TypeError, ValueError, ArithmeticError):
        shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
        raise CallError(
            f"{shown} is not a valid {kind} for {field!r}", hint=f"write it as {form}"
        ) from None


def day_of(value: Any) -> date | None:
    """The day that a value, or the text of one, names without a time of day."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def flag(value: Any) -> bool:
    """True or False, or their texts. Raises ValueError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(value)


def _integer(value: Any) -> int:
    number = _wide_integer(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError(value)
    return number


def _wide_integer(value: Any) -> int:
    if isinstance(value, str):
        value = int(_whole(_INTEGER, value))
    if isinstance(value, bool) or not isinstance(value, int) or not abs(value) < 10**40:
        raise ValueError(value)
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str):
        value = Decimal(_whole(_NUMBER, value))
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(value)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or number.adjusted() > 38:
        raise ValueError(value)
    return number


def _float(value: Any) -> float:
    if isinstance(value, str):
        value = _whole(_NUMBER, value)
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float | Decimal)
        or isnan(float(value))
    ):
        raise TypeError(value)
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    value.encode()
    return value


def _date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(_whole(_DATE, value))
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(value)
    return value


def _timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(_whole(_TIMESTAMP, value))
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    elif not isinstance(value, datetime):
        raise TypeError(value)
    moment: datetime = value
    return moment


def _placed(kind: Kind, moment: datetime) -> datetime:
    """A timestamp as its column has it. Raises ValueError if only the timestamp has a zone."""
    if kind.zoned:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if moment.tzinfo:
        raise ValueError(moment)
    return moment


def _time(value: Any) -> str:
    if not isinstance(value, time):
        value = time.fromisoformat(_whole(_TIME, value))
    return str(value.isoformat("microseconds"))


def _whole(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


_READERS: Mapping[KindName, tuple[Callable[[Any], Any], str]] = {
    "integer": (_integer, "a whole number of at most 64 bits"),
    "decimal": (_decimal, "a number, such as 12.50"),
    "float": (_float, "a number, such as 12.5"),
    "text": (_text, "text"),
    "boolean": (flag, "true or false"),
    "date": (_date, "2024-12-31"),
    "timestamp": (_timestamp, "2024-12-31T23:59:59Z"),
    "time": (_time, "23:59:59"),
}
