"""The grammar of `by` and `metrics` as JSON Schema accepts what the API does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from medallion.query.column_types import kind_of
from medallion_api.resources.group_schemas import metrics_schema, terms_schema

KINDS = {
    "country": kind_of("text"),
    "amount": kind_of("decimal(12,2)"),
    "visits": kind_of("int64"),
    "rate": kind_of("float64"),
    "day": kind_of("date"),
    "a(b)": kind_of("int32"),
    "tags": kind_of("list<text>"),
}


def accepts(schema: dict[str, Any], item: str) -> bool:
    """Whether one of the alternatives of the items of a list accepts a text."""
    return any(
        item in alternative["enum"]
        if "enum" in alternative
        else re.search(alternative["pattern"], item) is not None
        for alternative in schema["items"]["anyOf"]
    )


@pytest.mark.parametrize(
    "item",
    [
        "country",
        "day",
        "month(day)",
        "year(day)",
        "week(day)",
        "quarter(day)",
        '"bin(visits,10)"',
        '"bin(amount,0.25)"',
        '"bin(amount,12.5)"',
        '"bin(rate,0.000000001)"',
        '"bin(a(b),5)"',
    ],
)
def test_terms_are_columns_and_coarser_forms_of_them(item: str) -> None:
    assert accepts(terms_schema(KINDS), item)


@pytest.mark.parametrize(
    "item",
    [
        "tags",
        "other",
        "month(country)",
        "hour(day)",
        "bin(visits,10)",
        '"bin(visits,0)"',
        '"bin(visits,0.5)"',
        '"bin(amount,0.125)"',
        '"bin(amount,0.00)"',
        '"bin(country,1)"',
        "day ",
    ],
)
def test_nothing_else_is_a_term(item: str) -> None:
    assert not accepts(terms_schema(KINDS), item)


@pytest.mark.parametrize(
    "item",
    [
        "n:count()",
        "first:min(day)",
        "last name:max(country)",
        "total:sum(amount)",
        "countries:count_distinct(country)",
        "mid:median(rate)",
        "each:sum(amount)/count()",
        '"w:mean(amount,visits)"',
        '"q:quantile(rate,0.95)"',
        '"q:quantile(rate,1)"',
    ],
)
def test_metrics_have_a_name_and_a_function(item: str) -> None:
    assert accepts(metrics_schema(KINDS), item)


@pytest.mark.parametrize(
    "item",
    [
        "count()",
        ":count()",
        "n:count(day)",
        "n:sum(day)",
        "n:sum(country)",
        "n:min(tags)",
        "n:count_distinct(tags)",
        "n:count_distinct()",
        "n:system(1)",
        "n:mean(amount)/count()",
        '"q:quantile(rate,1.5)"',
        '"q:quantile(rate,2)"',
    ],
)
def test_nothing_else_is_a_metric(item: str) -> None:
    assert not accepts(metrics_schema(KINDS), item)


def test_a_table_without_numbers_days_or_order_has_what_remains() -> None:
    kinds = {"tags": kind_of("list<text>")}
    assert terms_schema(kinds)["items"]["anyOf"] == []
    assert accepts(metrics_schema(kinds), "n:count()")
    assert not accepts(metrics_schema(kinds), "n:sum()")
    assert not accepts(metrics_schema(kinds), "n:min(tags)")


def test_lists_have_at_least_one_item_and_each_once() -> None:
    for schema in (terms_schema(KINDS), metrics_schema(KINDS)):
        assert (schema["type"], schema["minItems"], schema["uniqueItems"]) == ("array", 1, True)
