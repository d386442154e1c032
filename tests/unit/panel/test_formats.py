"""Formats of small, large and infinite numbers, and of lists of names."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats, and_more

FORMATS = Formats.of(Dashboard())


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("decimal", 1e-9, "1E-9"),
        ("decimal", 0.00123, "0.00123"),
        ("decimal", -0.0004, "-0.0004"),
        ("decimal", 0.0, "0.00"),
        ("percent", 0.00001, "0.001%"),
        ("number", 2.5e-7, "2.5E-7"),
        ("decimal", 0.25, "0.25"),
    ],
)
def test_small_numbers_are_not_rounded_to_zero(form: Any, value: float, text: str) -> None:
    assert FORMATS.writer(form)(value) == text
    assert FORMATS.writer("currency")(1e-9)[1:] != "0.00"


@pytest.mark.parametrize(
    ("value", "form", "text", "short"),
    [
        (inf, "decimal", "∞", "∞"),
        (-inf, "integer", "-∞", "-∞"),
        (nan, "decimal", "–", "–"),
        (1e300, "decimal", "1E300", "1E300"),
        (Decimal("1" + "0" * 34 + ".25"), "decimal", "10" + ",000" * 11 + ".25", "1E34"),
        (2**64, "integer", "18,446,744,073,709,551,616", "1.845E19"),
        (Decimal("322332333343.40"), "decimal", "322,332,333,343.40", "322.3B"),
        (True, "text", "yes", "yes"),
    ],
)
def test_extreme_numbers(value: Any, form: Any, text: str, short: str) -> None:
    assert FORMATS.writer(form)(value) == text
    assert FORMATS.writer(form, short=True)(value).replace("bn", "B") == short


def test_lists_of_names_say_how_many_more_there_are() -> None:
    assert and_more(["a", "b"], 2) == "a, b"
    assert and_more([str(number) for number in range(1_500)], 1) == "0 and 1,499 more"
