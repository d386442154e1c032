"""Ranges of numbers and days that are set by what a visitor clicks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion.query.column_types import kind_of
from medallion_panel.pages.choice import Choice
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.filters import page_filters
from medallion_panel.section import FilterField
from tests.unit.panel.tables import FORMATS

FEBRUARY = Choice("c", (), date(2024, 2, 1), date(2024, 3, 1))


def range_of(type_: str, low: Any, high: Any) -> Any:
    options = FilterOptions(FilterField(column="c"), kind_of(type_), bounds=(low, high))
    (item,) = page_filters([options], FORMATS, lambda: None)
    return item


@pytest.mark.parametrize(
    ("item", "choice", "texts", "first", "last"),
    [
        (range_of("int64", 0, 100), Choice("c", (), 10, Decimal(20)), ["10..19"], 10, 19),
        (
            range_of("decimal(9,2)", Decimal(0), Decimal(100)),
            Choice("c", (), Decimal(10), Decimal(20)),
            ["10..19.99"],
            Decimal("10.0"),
            Decimal("19.99"),
        ),
        (
            range_of("date", date(2024, 1, 1), date(2024, 12, 31)),
            FEBRUARY,
            ["2024-02-01..2024-02-29"],
            date(2024, 2, 1),
            date(2024, 2, 29),
        ),
        (
            range_of("timestamp", datetime(2024, 1, 1), datetime(2024, 12, 31, 12)),
            FEBRUARY,
            ["2024-02-01..2024-02-29"],
            date(2024, 2, 1),
            date(2024, 2, 29),
        ),
    ],
)
def test_a_range_is_set_by_a_span(
    item: Any, choice: Choice, texts: list[str], first: Any, last: Any
) -> None:
    assert item.texts_of(choice) == texts
    item.set(texts)
    assert item.conditions() == [Filter("c", "gte", first), Filter("c", "lte", last)]


def test_a_span_of_floats_is_no_range_that_includes_its_end() -> None:
    item = range_of("float64", 0.0, 1.0)
    assert item.texts_of(Choice("c", (), 0.1, Decimal("0.2"))) is None
    assert item.texts_of(Choice("c", (0.5,))) == ["0.5..0.5"]
