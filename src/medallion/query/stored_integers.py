"""Decimals that a database stores as integers of 64 bits, of their last digit."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal

from medallion.query.column_types import Kind

EXACT = Context(prec=80)
LEAST, MOST = -(2**63), 2**63 - 1  # of stored integers


def scaled(kind: Kind, value: Decimal | int) -> int | Decimal:
    """A number as the integer it is stored as, or a Decimal where no stored integer equals it."""
    number = Decimal(value).scaleb(kind.scale, EXACT)
    whole = number == number.to_integral_value() and LEAST <= number <= MOST
    return int(number) if whole else number


def compare_integer(column: str, operator: str, value: Decimal) -> tuple[str, list[int]]:
    """A comparison of a stored integer with a number between two of them or beyond all, as SQL."""
    floor = int(value.to_integral_value(ROUND_FLOOR))
    beyond = not LEAST <= floor <= MOST
    all_match = ("lt", "lte", "ne") if value > 0 else ("gt", "gte", "ne")
    if operator == "ne" or (beyond and operator in all_match):
        return f"{column} is not null", []
    if operator == "eq" or beyond:
        return "false", []
    return f"{column} {'>' if operator in ('gt', 'gte') else '<='} ?", [floor]
