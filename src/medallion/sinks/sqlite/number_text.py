"""Numbers beyond 64 bits, stored in SQLite as text that sorts and compares like the numbers.

The text is the unscaled number (150 for 1.50 with scale 2) plus a constant with which all numbers
have the same count of digits: -1, 0 and 1 are `5000…499…`, `5000…500…0` and `5000…500…1`. In the
constant, the last 18 digits and the 18 before them count from their middle, too: so a view adds up
the three parts as floating point without losing small numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from typing import Any, cast

from medallion.contracts import quote
from medallion.query.column_types import Kind
from medallion.query.stored_integers import EXACT

# SQL functions
TEXT = "medallion_number_text"  # of a stored integer
SUM = "medallion_sum"
DOUBLE = "medallion_double"
BIN = "medallion_bin"

_DIGITS = 40  # of stored numbers; a decimal has up to 38
_SUM_DIGITS = 60
_BIN_DIGITS = 100  # a bin of a huge width begins far below the number
_MOST = 4 * 10 ** (_DIGITS - 1)
_PART = 18  # digits of a part: fewer than 64 bits have
_MIDDLE = 5 * 10 ** (_PART - 1)
_BETWEEN = "~"  # sorts after every digit


@dataclass(frozen=True)
class TextNumber(Kind):
    """The kind of a column of integers or decimals that are stored as text."""

    @classmethod
    def of(cls, kind: Kind) -> TextNumber:
        return cls(kind.name, kind.scale, wide=kind.wide)


def number_text(number: int, digits: int = _DIGITS) -> str:
    """The text of an unscaled number; only texts of equally many digits compare like numbers."""
    return str(number + _zero(digits))


def number_of_text(text: str) -> int:
    """The unscaled number. Raises ValueError."""
    return int(text) - _zero(len(text))


def bound_text(kind: Kind, value: Decimal | int) -> str:
    """A value of a query as text: of a stored number, or between those of two, or beyond all."""
    number = Decimal(value).scaleb(kind.scale, EXACT)
    floor = max(-_MOST, min(_MOST, int(number.to_integral_value(ROUND_FLOOR))))
    return number_text(floor) + ("" if floor == number else _BETWEEN)


def stored_kinds(
    connection: sqlite3.Connection, table: str, kinds: Mapping[str, Kind]
) -> dict[str, Kind]:
    """The kinds of the columns as a loaded table stores them: with TextNumber for some numbers."""
    sql = "select name from pragma_table_info(?) where type = 'TEXT'"
    texts = {name for (name,) in connection.execute(sql, (table,))}
    return {
        name: TextNumber.of(kind) if name in texts and kind.name in ("integer", "decimal") else kind
        for name, kind in kinds.items()
    }


def double_sql(name: str, kind: Kind) -> str:
    """The number of a column as floating point, in SQL without functions of this module."""
    column, middle = quote(name), _MIDDLE
    high = f"(substr({column}, 1, {_DIGITS - 2 * _PART}) - {_zero(_DIGITS) // 10 ** (2 * _PART)})"
    low, last = (f"(substr({column}, {5 + n * _PART}, {_PART}) - {middle})" for n in (0, 1))
    return f"({high} * 1e{2 * _PART} + {low} * 1e{_PART} + {last}) / {10**kind.scale}.0"


def create_functions(connection: sqlite3.Connection) -> None:
    """Create the SQL functions of this module in a connection."""
    for name, arguments, function in ((TEXT, 1, _text), (DOUBLE, 2, _double), (BIN, 2, _bin)):
        connection.create_function(name, arguments, function, deterministic=True)
    connection.create_aggregate(SUM, 1, cast("Any", _Sum))


class _Sum:
    """The sum of a column, as text."""

    def __init__(self) -> None:
        self._total: int | None = None

    def step(self, text: str | None) -> None:
        if text is not None:
            self._total = (self._total or 0) + number_of_text(text)

    def finalize(self) -> str | None:
        return None if self._total is None else number_text(self._total, _SUM_DIGITS)


def _text(number: int | None) -> str | None:
    return None if number is None else number_text(number)


def _double(text: str | None, scale: int) -> float | None:
    return None if text is None else float(Decimal(number_of_text(text)).scaleb(-scale, EXACT))


def _bin(text: str | None, width: str) -> str | None:
    """The lower bound of the bin of a number."""
    if text is None:
        return None
    step = int(width)
    return number_text(number_of_text(text) // step * step, _BIN_DIGITS)


@cache
def _zero(digits: int) -> int:
    """What is added to each number. Raises ValueError for fewer digits than texts have."""
    if digits < _DIGITS:
        raise ValueError(digits)
    return int(f"5{'0' * (digits - 2 * _PART - 1)}{_MIDDLE}{_MIDDLE}")
