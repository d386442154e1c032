"""What blocks read through the filters of their page, and how they name and format values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion_panel.blocks.block_context import BlockContext, is_drawable, is_missing
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS, SmallTable

SALES = SmallTable(
    {"id": "int64", "country": "text", "amount": "decimal(12,2)", "day": "date", "rate": "float64"},
    [
        (1, "IE", Decimal("10.50"), date(2023, 1, 1), 1.5),
        (2, "DE", Decimal("2.25"), date(2023, 2, 1), None),
        (3, None, Decimal("1.00"), None, 2.0),
    ],
    key=("id",),
)
COUNTRIES = SmallTable({"country": "text", "size": "int64"}, [("IE", 5), ("DE", 80)])


@pytest.fixture
def context(open_store: OpenStore) -> BlockContext:
    store = open_store({"sales": SALES, "countries": COUNTRIES})
    return BlockContext(store, FORMATS, (Filter("amount", "gt", 2), Filter("country", "eq", "IE")))


@pytest.mark.parametrize(
    ("value", "drawable", "missing"),
    [
        (0, True, False),
        ("", True, False),
        (None, False, True),
        (nan, False, True),
        (inf, False, False),
    ],
)
def test_which_values_are_drawn_and_which_are_missing(
    value: Any, drawable: bool, missing: bool
) -> None:
    assert (is_drawable(value), is_missing(value)) == (drawable, missing)


def test_filters_apply_to_tables_that_have_their_column(context: BlockContext) -> None:
    assert [item.field for item in context.filters("sales")] == ["amount", "country"]
    assert [item.field for item in context.filters("countries")] == ["country"]
    assert context.ignored("countries") == ["Amount"]
    assert context.ignored("sales") == []


def test_totals_of_a_page_are_of_the_rows_that_match(context: BlockContext) -> None:
    assert context.total("sales", "sum(amount)") == Decimal("10.50")
    page = replace(context, page_totals={"sales": ("count()", "max(day)", "sum(nothing)")})
    assert page.total("sales", "count()") == 1  # although another metric of the page is at fault
    assert page.total("sales", "max(day)") == date(2023, 1, 1)
    with pytest.raises(CallError, match="nothing"):
        page.total("sales", "sum(nothing)")


def test_rows_are_counted_for_the_filters_of_the_page_and_for_others(context: BlockContext) -> None:
    page = replace(context, page_totals={"sales": ("count()",)})
    assert page.count("sales", page.filters("sales")) == 1
    assert page.count("sales", ()) == 3
    assert page.count("sales", (Filter("id", "lte", 2),)) == 2


def test_kinds_and_columns_of_terms_and_metrics(context: BlockContext) -> None:
    kinds = [context.kind("sales", text) for text in ("id", "sum(amount)", "count()", "nothing")]
    assert [kind and kind.name for kind in kinds] == ["integer", "decimal", None, None]
    columns = [
        context.column("sales", text) for text in ("day", "month(day)", "bin(amount, 5)", "count()")
    ]
    assert columns == ["day", "day", "amount", "count()"]


def test_integers_of_a_key_are_identifiers(context: BlockContext) -> None:
    assert context.format("sales", "id") == "text"
    assert context.format("countries", "size") == "integer"
    assert context.format("sales", "amount") == "decimal"
    assert context.format("sales", "amount", "currency") == "currency"
    assert context.writer("countries", "size")(1234) == "1,234"
    declared = replace(context, formats=replace(FORMATS, by_column={"id": "integer"}))
    assert declared.format("sales", "id") == "integer"


def test_names_of_values_on_axes_and_in_legends(context: BlockContext) -> None:
    names = [context.series(value) for value in ("2024-05", True, None, nan, "IE")]
    assert names == ["May 2024", "yes", "No value", "No value", "IE"]
    colors = context.colors("sales", "country", ["IE", "DE"])
    assert len(set(colors.values())) == 2
    assert context.colors("sales", "country", ["DE"]) == {"DE": colors["DE"]}
