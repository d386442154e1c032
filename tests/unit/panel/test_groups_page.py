"""The groups of a block: their query, cells, and what clicks on them mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from medallion.contracts import Filter, Sort
from medallion.errors import CallError
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.groups_page import GroupsPage, metric_names
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

SALES = SmallTable(
    {"id": "int64", "land": "text", "day": "date", "paid": "decimal(12,2)"},
    [
        (1, "France", date(2023, 1, 2), Decimal("10.50")),
        (2, "France", date(2023, 5, 2), Decimal("20.00")),
        (3, "Japan", date(2023, 5, 9), Decimal("7.25")),
        (4, None, date(2023, 5, 9), None),
    ],
    key=("id",),
)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


def test_metrics_have_plain_names_that_are_no_column() -> None:
    texts = ("count()", "sum(paid)", "sum(paid) / count()", "quantile(paid, 0.95)", "sum( paid)")
    assert metric_names(texts, ["land", "count"]) == {
        "count_2": "count()",
        "sum_paid": "sum(paid)",
        "sum_paid_count": "sum(paid) / count()",
        "quantile_paid_0_95": "quantile(paid, 0.95)",
        "sum_paid_2": "sum( paid)",
    }


def test_groups_are_sorted_by_a_metric_and_limited(context: BlockContext) -> None:
    block = Groups(
        table="t",
        by="land",
        metrics=("sum(paid)", "count_distinct(id)"),
        sort="-sum(paid)",
        limit=2,
    )
    page = GroupsPage.read(block, context)
    assert page.query.sort == (Sort("sum_paid", descending=True),)
    headers, rows = page.cells()
    assert [(header["title"], header["right"]) for header in headers] == [
        ("Land", False), ("Paid", True), ("Distinct Id", True),
    ]  # fmt: skip
    assert rows == [["France", "30.50", "2"], ["Japan", "7.25", "1"]]
    assert page.more
    assert page.all_rows()[2] == {"land": None, "sum_paid": None, "count_distinct_id": 1}


def test_periods_are_in_words_and_a_missing_value_has_a_name(context: BlockContext) -> None:
    block = Groups(table="t", by=("land", "quarter(day)"), metrics=("max(paid)", "min(paid)"))
    headers, rows = GroupsPage.read(block, context).cells()
    assert [header["title"] for header in headers] == ["Land", "Day", "Paid (max)", "Paid (min)"]
    assert rows[0] == ["No value", "Q2 2023", "–", "–"]
    assert rows[1:] == [
        ["France", "Q1 2023", "10.50", "10.50"],
        ["France", "Q2 2023", "20.00", "20.00"],
        ["Japan", "Q2 2023", "7.25", "7.25"],
    ]


def test_a_cell_filters_by_its_value_and_a_figure_by_those_of_its_row(
    context: BlockContext,
) -> None:
    block = Groups(table="t", by=("land", "quarter(day)"), metrics="count()")
    page = GroupsPage.read(block, context)
    land, quarter = ("land", ["France"]), ("quarter(day)", ["2023-Q2"])
    assert page.terms_at(2, 0) == (land,)
    assert page.terms_at(2, 1) == (quarter,)
    assert page.terms_at(2, 2) == page.terms_at(2, -1) == (land, quarter)
    mark = page.marks.at(2)
    assert (mark.label, mark.figure) == ("France · Q2 2023", "1")
    assert mark.condition == (
        "\"land\" in ('France') and \"day\" >= date '2023-04-01' and \"day\" < date '2023-07-01'"
    )


def test_filters_of_the_page_apply(context: BlockContext) -> None:
    filtered = BlockContext(context.store, context.formats, (Filter("land", "eq", "Japan"),))
    block = Groups(table="t", by="year(day)", metrics="sum(paid)")
    assert GroupsPage.read(block, filtered).rows == [{"day": "2023", "sum_paid": Decimal("7.25")}]


def test_a_column_that_does_not_exist_is_named(context: BlockContext) -> None:
    with pytest.raises(CallError, match="no column 'lamd'; did you mean 'land'"):
        GroupsPage.read(Groups(table="t", by="lamd"), context)
