"""The figures of a pivot and their totals, which are those of the rows themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import nan
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion_panel.blocks import pivot_page
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.pivot_page import PivotPage
from medallion_panel.table_settings import PivotBlock
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

SALES = SmallTable(
    {"id": "int64", "client": "text", "land": "text", "day": "date", "paid": "decimal(12,2)"},
    [
        (1, "Ann", "France", date(2023, 1, 2), Decimal("10.00")),
        (2, "Bob", "France", date(2023, 5, 2), Decimal("20.00")),
        (3, "Ann", "France", date(2023, 5, 3), Decimal("30.00")),
        (4, "Ann", "Japan", date(2023, 5, 9), Decimal("7000.00")),
        (5, "Cho", None, date(2023, 5, 9), None),
    ],
    key=("id",),
)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


def pivot(value: str, **settings: Any) -> PivotBlock:
    return PivotBlock(table="t", rows="land", columns="quarter(day)", value=value, **settings)


def texts(page: PivotPage) -> list[list[str]]:
    headers, rows = page.cells()
    return [[header["title"] for header in headers], *rows, page.footer]


def test_sums_have_totals_by_row_and_column_and_of_all(context: BlockContext) -> None:
    assert texts(PivotPage.read(pivot("sum(paid)"), context)) == [
        ["Land / Day", "Q1 2023", "Q2 2023", "Total"],
        ["France", "10.00", "50.00", "60.00"],
        ["Japan", "", "7,000.00", "7,000.00"],
        ["No value", "", "–", "–"],
        ["Total", "10.00", "7,050.00", "7,060.00"],
    ]


def test_totals_of_means_and_distinct_counts_are_those_of_the_rows(context: BlockContext) -> None:
    assert texts(PivotPage.read(pivot("mean(paid)"), context))[1:] == [
        ["France", "10.00", "25.00", "20.00"],
        ["Japan", "", "7,000.00", "7,000.00"],
        ["No value", "", "–", "–"],
        ["All", "10.00", "2,350.00", "1,765.00"],
    ]
    lines = texts(PivotPage.read(pivot("count_distinct(client)"), context))
    assert [line[1:] for line in lines[1:]] == [
        ["1", "2", "2"], ["", "1", "1"], ["", "1", "1"], ["1", "3", "3"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sort", "rows"),
    [
        ("rows", ["France", "Japan", None]),
        ("-rows", ["Japan", "France", None]),
        ("value", ["France", "Japan", None]),
        ("-value", ["Japan", "France", None]),
    ],
)
def test_rows_are_sorted_by_name_or_total(context: BlockContext, sort: str, rows: Any) -> None:
    assert PivotPage.read(pivot("sum(paid)"), context, sort).rows == rows
    assert PivotPage.read(pivot("sum(paid)", sort=sort), context).rows == rows


def test_what_is_left_out_is_counted_and_in_the_totals(context: BlockContext) -> None:
    page = PivotPage.read(pivot("sum(paid)", limit=1, column_limit=1), context)
    assert texts(page)[1:] == [["France", "10.00", "60.00"], ["Total", "10.00", "7,060.00"]]
    assert page.note == (
        "2 more rows are left out, and counted in the last line. "
        "1 more column is left out, and counted in the last column."
    )
    assert page.names == ["land", "2023-Q1", "2023-Q2", "Total"]
    assert [list(row.values()) for row in page.all_rows()] == [
        ["France", Decimal("10.00"), Decimal("50.00"), Decimal("60.00")],
        ["Japan", None, Decimal("7000.00"), Decimal("7000.00")],
        [None, None, None, None],
        ["Total", Decimal("10.00"), Decimal("7050.00"), Decimal("7060.00")],
    ]


def test_a_cell_filters_by_row_and_column(context: BlockContext) -> None:
    page = PivotPage.read(pivot("sum(paid)"), context)
    land, quarter = ("land", ["France"]), ("quarter(day)", ["2023-Q2"])
    assert page.terms_at(0, 2) == (land, quarter)
    assert page.terms_at(0, 0) == page.terms_at(0, 3) == page.terms_at(0, -1) == (land,)
    mark = page.marks.at(0)
    assert (mark.label, mark.figure) == ("France", "60.00")
    assert mark.condition == "\"land\" in ('France')"


def test_filters_of_the_page_apply_to_totals(context: BlockContext) -> None:
    filtered = replace(context, page_filters=(Filter("land", "eq", "Japan"),))
    assert texts(PivotPage.read(pivot("count()"), filtered))[1:] == [
        ["Japan", "1", "1"], ["Total", "1", "1"],
    ]  # fmt: skip
    none = replace(context, page_filters=(Filter("land", "eq", "Spain"),))
    page = PivotPage.read(pivot("count()"), none)
    assert (page.rows, page.footer, page.note) == ([], [], "")


def test_columns_of_a_file_have_names_of_their_own(open_context: OpenContext) -> None:
    table = SmallTable(
        {"id": "int64", "word": "text", "size": "float64"},
        [(1, "Total", 1.5), (2, "No value", nan), (3, None, nan)],
        key=("id",),
    )
    block = PivotBlock(table="t", rows="size", columns="word", value="count()")
    page = PivotPage.read(block, open_context(table))
    assert page.names == ["size", "No value", "Total", "No value (2)", "Total (2)"]
    assert [line[1:] for line in texts(page)[1:]] == [
        ["", "1", "", "1"], ["1", "", "1", "2"], ["1", "1", "1", "3"],
    ]  # fmt: skip


def test_too_many_pairs_are_refused(context: BlockContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pivot_page, "_MOST_PAIRS", 3)
    with pytest.raises(NoRowsError, match="More than 3 pairs of Land and Day: select fewer"):
        PivotPage.read(pivot("count()"), context)


def test_a_column_that_does_not_exist_is_named(context: BlockContext) -> None:
    with pytest.raises(CallError, match="no column 'lamd'; did you mean 'land'"):
        PivotPage.read(PivotBlock(table="t", rows="lamd", columns="day", value="count()"), context)


def test_rows_and_columns_are_two_columns() -> None:
    with pytest.raises(ValueError, match="are both of 'day': choose two columns"):
        PivotBlock(table="t", rows="year(day)", columns="month(day)", value="count()")
