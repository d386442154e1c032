"""Conditions in words."""

from __future__ import annotations

from datetime import date

from medallion.contracts import Filter
from medallion.query.column_types import Kind
from medallion_panel.pages.filter_words import filter_words
from tests.unit.panel.tables import FORMATS

KINDS = {
    "country": Kind("text"),
    "spent": Kind("decimal", scale=2),
    "day": Kind("date"),
    "client_id": Kind("integer"),
}


def words(*conditions: Filter) -> list[str]:
    return filter_words(conditions, KINDS, FORMATS)


def test_the_conditions_on_a_column_are_one_text() -> None:
    assert words(
        Filter("country", "in", ("France", "Japan")),
        Filter("spent", "gte", 700),
        Filter("day", "gte", date(2024, 2, 1)),
        Filter("day", "lt", date(2024, 3, 1)),
        Filter("spent", "lte", 1900),
    ) == [
        "Country: France, Japan",
        "Spent: from 700.00 to 1,900.00",
        "Day: from 1 Feb 2024 before 1 Mar 2024",
    ]


def test_identifiers_searches_and_missing_values() -> None:
    assert words(Filter("client_id", "eq", 1234), Filter("country", "search", "fr")) == [
        "Client id: 1234",
        "Country: contains fr",
    ]
    assert words(Filter("country", "isnull", True)) == ["Country: no value"]
    assert words(Filter("country", "in", tuple("abcdefghijklmnop"))) == [
        "Country: a, b, c, d, e, f, g, h, i, j, k, l and 4 more"
    ]
    assert words() == []
