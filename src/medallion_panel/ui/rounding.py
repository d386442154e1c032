"""Round steps and bounds for bins and sliders."""

from __future__ import annotations

from decimal import Decimal
from math import floor, log10
from typing import Any

from medallion.query.column_types import Kind


def round_width(low: Any, high: Any, parts: int, kind: Kind) -> Decimal:
    """The width of about `parts` equal parts between two numbers.

    It is 1, 2 or 5 times a power of ten, and no finer than the scale of the column's `kind`.
    """
    rough = float(high) / parts - float(low) / parts or 1.0
    power = floor(log10(rough))
    width = next(
        Decimal(step).scaleb(power) for step in (1, 2, 5, 10) if step * 10.0**power >= rough * 0.999
    )
    return width if kind.name == "float" else max(width, Decimal(1).scaleb(-kind.scale))


def down(value: object, width: Decimal) -> Decimal:
    """The multiple of a width at or below a number."""
    return (Decimal(str(value)) / width).to_integral_value("ROUND_FLOOR") * width


def up(value: object, width: Decimal) -> Decimal:
    """The multiple of a width at or above a number."""
    return (Decimal(str(value)) / width).to_integral_value("ROUND_CEILING") * width
