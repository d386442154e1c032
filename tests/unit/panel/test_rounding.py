"""Round steps and bounds: 1, 2 or 5 times a power of ten."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts import kind_of
from medallion_panel.ui.rounding import bin_number, bin_start, down, round_width, up

FLOAT, CENTS, WHOLE = (kind_of(name) for name in ("float64", "decimal(12,2)", "int64"))


@pytest.mark.parametrize(
    ("low", "high", "kind", "width"),
    [
        (0, 100, FLOAT, "5"),
        (0, 1, FLOAT, "0.05"),
        (0, 41, FLOAT, "5"),
        (0, 3, WHOLE, "1"),
        (0, Decimal("0.05"), CENTS, "0.01"),
        (7, 7, FLOAT, "1"),
        (10**30, 10**30 + 10**6, WHOLE, "5E+4"),
        (-1e308, 1e308, FLOAT, "1E+307"),
    ],
)
def test_a_width_is_round_and_no_finer_than_the_column(
    low: float, high: float, kind: object, width: str
) -> None:
    assert round_width(low, high, 20, kind) == Decimal(width)  # type: ignore[arg-type]


@given(
    st.floats(-1e12, 1e12, allow_nan=False),
    st.sampled_from([Decimal("0.05"), Decimal(1), Decimal(200)]),
)
def test_bounds_are_multiples_around_the_number(value: float, width: Decimal) -> None:
    low, high = down(value, width), up(value, width)
    assert low <= Decimal(str(value)) <= high
    assert high - low in (0, width)
    assert low % width == 0


def test_long_numbers_have_exact_bounds_and_bins() -> None:
    number, width = Decimal("12345678901234567890123456789012345.67"), Decimal("0.05")
    low = Decimal("12345678901234567890123456789012345.65")
    high = Decimal("12345678901234567890123456789012345.70")
    assert (down(number, width), up(number, width)) == (low, high)
    place = bin_number(low, width)
    assert place == 12345678901234567890123456789012345 * 20 + 13
    assert bin_start(place, width) == low
    assert bin_number(high, width, low) == 1
