"""Integers and decimals as 64-bit integers."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from medallion.contracts import TooLargeError, kind_of, whole_numbers
from medallion.contracts.integers import unscaled


def test_a_decimal_is_counted_in_units_of_its_last_digit() -> None:
    array = pa.array([Decimal("1.50"), None, Decimal("-0.01")], pa.decimal128(12, 2))
    kind = kind_of("decimal(12,2)")
    assert whole_numbers(array, kind, "price").to_pylist() == [150, None, -1]
    assert whole_numbers(array.slice(2), kind, "price").to_pylist() == [-1]


def test_numbers_beyond_64_bits_are_counted_too() -> None:
    array = pa.array([Decimal("-1.50"), None, Decimal("9" * 30 + ".99")], pa.decimal128(38, 2))
    counted = unscaled(array.slice(1), kind_of("decimal(38,2)"))
    assert counted.to_pylist() == [None, Decimal("9" * 32)]
    integers = pa.array([2**64 - 1], pa.uint64())
    assert unscaled(integers, kind_of("uint64")).to_pylist() == [2**64 - 1]


def test_the_ends_of_64_bits_are_kept() -> None:
    ends = [2**63 - 1, None, -(2**63)]
    array = pa.array([end and Decimal(end) for end in ends], pa.decimal128(38, 0))
    assert whole_numbers(array, kind_of("decimal(38,0)"), "n").to_pylist() == ends


@pytest.mark.parametrize(
    ("type_", "value", "what"),
    [
        ("decimal(38,0)", Decimal(2**63), "a decimal of 0 places too large for 64 bits"),
        ("decimal(38,2)", Decimal(-(2**62)), "a decimal of 2 places too large for 64 bits"),
    ],
)
def test_a_number_beyond_them_is_named_with_its_row(type_: str, value: Decimal, what: str) -> None:
    kind = kind_of(type_)
    array = pa.array([Decimal(1), None, value], pa.decimal128(38, kind.scale))
    with pytest.raises(TooLargeError) as caught:
        whole_numbers(array, kind, "n")
    assert (caught.value.column, caught.value.index, caught.value.what) == ("n", 2, what)
