"""Round steps and bounds for bins and sliders."""

from __future__ import annotations

from decimal import Decimal
from math import floor, log10
from typing import Any

from medallion.query.column_types import Kind
from medallion.query.stored_integers import EXACT

_ZERO = Decimal(0)


def round_width(low: Any, high: Any, parts: int, kind: Kind) -> Decimal:
    """The width of about `parts` equal parts between two numbers.

    It is 1, 2 or 5 times a power of ten, and no finer than the scale of the column's `kind`.
    """
    rough = _part(low, high, parts, kind) or 1.0
    power = floor(log10(rough))
    width = next(
        Decimal(step).scaleb(power) for step in (1, 2, 5, 10) if step * 10.0**power >= rough * 0.999
    )
    return width if kind.name == "float" else max(width, Decimal(1).scaleb(-kind.scale))


def _part(low: Any, high: Any, parts: int, kind: Kind) -> float:
    """The width of equal parts, of two floats of any size or of exact numbers of any length."""
    if kind.name == "float":
        return float(high) / parts - float(low) / parts
    return float(EXACT.subtract(_decimal(high), _decimal(low))) / parts


def down(value: object, width: Decimal) -> Decimal:
    """The multiple of a width at or below a number."""
    return _multiple(value, width, "ROUND_FLOOR")


def up(value: object, width: Decimal) -> Decimal:
    """The multiple of a width at or above a number."""
    return _multiple(value, width, "ROUND_CEILING")


def bin_number(start: object, width: Decimal, first: Decimal = _ZERO) -> int:
    """The number of a bin by its start, which stores round where it is of floating point.

    The bin that starts at `first` has number 0.
    """
    return round(EXACT.divide(EXACT.subtract(_decimal(start), first), width))


def bin_start(number: int, width: Decimal) -> Decimal:
    """The start of a bin, of which number 0 starts at zero."""
    return EXACT.multiply(Decimal(number), width)


def _multiple(value: object, width: Decimal, rounding: str) -> Decimal:
    return EXACT.multiply(EXACT.divide(_decimal(value), width).to_integral_value(rounding), width)


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
