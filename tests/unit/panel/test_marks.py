"""Conditions on terms as the groups of a store have them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion_panel.blocks.marks import (
    Mark,
    Marks,
    mark_of,
    part_names,
    term_condition,
    term_span,
)

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


@pytest.mark.parametrize(
    ("term", "values", "column", "span"),
    [
        ("n", [1], "n", None),
        ("month(day)", ["2024-12"], "day", (date(2024, 12, 1), date(2025, 1, 1))),
        ("month(day)", ["2024-12", "2024-11"], "day", None),
        ("year(day)", [None], "day", None),
        ("year(day)", ["9999"], "day", (date(9999, 1, 1), None)),
        ("bin(n, 10)", [20], "n", (20, Decimal(30))),
        ("bin(part, 0.1)", [0.2], "part", (0.2, Decimal("0.3"))),
        ("month(day)", ["x"], "month(day)", None),
    ],
)
def test_one_period_or_bin_is_a_span_of_its_column(
    term: str, values: list[object], column: str, span: object
) -> None:
    kinds = KINDS if column == term else {name: KINDS[name] for name in ("day", "n", "part")}
    assert term_span(kinds, term, values) == (column, span)


def test_a_mark_has_the_condition_of_all_its_terms() -> None:
    mark = mark_of(KINDS, "one", [("n", [1]), ("day", [None])], "5")
    assert mark.condition == '"n" in (1) and ("day" is null)'
    assert mark.terms == (("n", [1]), ("day", [None]))


def test_parts_are_named_with_their_figures() -> None:
    parts = [Mark("Tea", "€690"), Mark("Row 1")]
    assert part_names(Marks(2, parts.__getitem__)) == ["Tea: €690", "Row 1"]
    assert len(part_names(Marks(10**6, lambda _: Mark("x")))) == 500


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
