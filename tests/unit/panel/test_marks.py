"""Conditions on terms as the groups of a store have them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion_panel.blocks.marks import term_condition

KINDS = {
    "day": Kind("date"),
    "n": Kind("integer"),
    "price": Kind("decimal", 2),
    "part": Kind("float"),
    "month(day)": Kind("text"),
    "data": Kind("bytes"),
}


@pytest.mark.parametrize(
    ("term", "values", "condition"),
    [
        ("n", [1, 2], '"n" in (1, 2)'),
        ("n", [None], '("n" is null)'),
        ("year(day)", ["2024"], "\"day\" >= date '2024-01-01' and \"day\" < date '2025-01-01'"),
        (
            "day(day)",
            ["2024-02-29"],
            "\"day\" >= date '2024-02-29' and \"day\" < date '2024-03-01'",
        ),
        ("year(day)", ["9999"], "\"day\" >= date '9999-01-01'"),
        ("day(day)", [None], '("day" is null)'),
        ("bin(n, 10)", [20], '"n" >= 20 and "n" < 30'),
        ("bin(price, 0.5)", [Decimal("1.50")], '"price" >= 1.50 and "price" < 2.00'),
        ("bin(part, 0.1)", [0.2], 'floor("part" / 0.1::double) * 0.1::double = 0.2::double'),
        ("bin(part, 0.1)", [None], '("part" is null or isnan("part"))'),
    ],
)
def test_a_term_is_a_condition_on_its_column(
    term: str, values: list[object], condition: str
) -> None:
    assert term_condition(KINDS, term, values) == condition


def test_several_months_are_alternatives() -> None:
    (first, second) = term_condition(
        {"day": Kind("date")}, "month(day)", ["2023-12", "2024-01"]
    ).split(" or ")
    assert date(2024, 1, 1).isoformat() in first
    assert date(2024, 2, 1).isoformat() in second


def test_a_column_may_have_the_name_of_a_term() -> None:
    assert term_condition(KINDS, "month(day)", ["x"]) == "\"month(day)\" in ('x')"


def test_what_cannot_be_compared_is_an_error() -> None:
    with pytest.raises(CallError, match="bytes cannot be compared"):
        term_condition(KINDS, "data", [b"x"])
