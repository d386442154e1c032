"""Values before and after, and the change of numbers in absolute terms and per cent."""

from __future__ import annotations

from decimal import Context, Decimal
from math import isfinite
from typing import TYPE_CHECKING

from medallion.lineage.release_diff import Number, ValueChange
from medallion.records.column_type import FLOATS, ColumnType

if TYPE_CHECKING:
    from pydantic import JsonValue

_EXACT = Context(prec=80)  # enough for decimals of 38 digits


def value_change(before: JsonValue, after: JsonValue, type_: ColumnType) -> ValueChange:
    """The change of a value of a column of this type, as JSON has the value."""
    one, other = as_number(before, type_), as_number(after, type_)
    if one is None or other is None:
        return ValueChange(before=before, after=after)
    change = combined(other, one, -1)
    if isinstance(change, float) and not isfinite(change):
        return ValueChange(before=before, after=after)
    percent = round(100 * float(change) / abs(float(one)), 4) + 0.0 if one else None
    if percent is not None and not isfinite(percent):
        percent = None
    return ValueChange(before=before, after=after, change=change, percent=percent)


def combined(one: Number, other: Number, sign: int = 1) -> Number:
    """The sum of two numbers of the same type, or with the sign -1 their difference; exact, unless
    they are floats.
    """
    if isinstance(one, float) or isinstance(other, float):
        return float(one) + sign * float(other)
    if isinstance(one, int) and isinstance(other, int):
        return one + sign * other
    return _EXACT.fma(sign, other, one)


def as_number(value: JsonValue, type_: ColumnType) -> Number | None:
    """A value as a number; None when it is NULL or of a type without numbers."""
    if value is None or not type_.number:
        return None
    if type_.name == "decimal":
        return Decimal(str(value))
    if isinstance(value, int | float):
        return float(value) if type_.name in FLOATS else int(value)
    return None
