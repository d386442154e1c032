"""Decimals as stored integers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from medallion.query.column_types import Kind
from medallion.query.stored_integers import LEAST, MOST, compare_integer, scaled

PRICE = Kind("decimal", 2)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Decimal("1.50"), 150),
        (2, 200),
        (Decimal("0.005"), Decimal("0.500")),
        (Decimal(MOST).scaleb(-2), MOST),
        (Decimal(10**18), Decimal(10**20)),
    ],
)
def test_a_number_is_the_integer_of_its_last_digit(value: Decimal, stored: object) -> None:
    number = scaled(PRICE, value)
    assert (number, type(number)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("operator", "value", "condition"),
    [
        ("eq", "0.5", ("false", [])),
        ("ne", "0.5", ("n is not null", [])),
        ("lt", "0.5", ("n <= ?", [0])),
        ("gte", "-0.5", ("n > ?", [-1])),
        ("gt", str(MOST + 1), ("false", [])),
        ("lte", str(MOST + 1), ("n is not null", [])),
        ("gt", str(LEAST - 1), ("n is not null", [])),
        ("lte", str(LEAST - 1), ("false", [])),
    ],
)
def test_a_number_between_two_integers_is_compared(
    operator: str, value: str, condition: object
) -> None:
    assert compare_integer("n", operator, Decimal(value)) == condition
