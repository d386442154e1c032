"""The row of totals: over all rows that match, sums only where they have a meaning."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion_panel.block_settings import Rows
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.rows import RowsView
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

TYPES = {
    "product": "text",
    "shop_id": "int64",
    "sold": "int64",
    "revenue": "decimal(12,2)",
    "average_price": "decimal(12,2)",
    "weight": "float64",
}
ROWS = [
    (f"P{number}", number, number * 100, Decimal(number) + Decimal("0.25"), Decimal(number), 0.5)
    for number in range(12)
]


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SmallTable(TYPES, ROWS, key=("product",)))


def footer(context: BlockContext, **settings: Any) -> list[str]:
    view = RowsView(Rows(table="t", page_size=5, **settings), FORMATS, lambda: None)
    page = view.read(context)
    view.show(page)
    assert view.table.footer == page.footer()
    assert all(len(row) == len(view.table.columns) for row in view.table.rows)
    texts: list[str] = view.table.footer
    return texts


def test_all_sums_with_a_meaning_are_of_all_pages(context: BlockContext) -> None:
    assert footer(context, totals=True) == ["Total", "", "6,600", "69.00", "", ""]
    filtered = BlockContext(context.store, FORMATS, (Filter("sold", "gte", 1000),))
    assert footer(filtered, totals=True) == ["Total", "", "2,100", "21.50", "", ""]


def test_declared_totals_may_be_any_metric(context: BlockContext) -> None:
    totals = {"average_price": "sum(revenue) / count()", "weight": "mean(weight, sold)"}
    assert footer(context, totals=totals) == ["Total", "", "", "", "5.75", "0.50"]
    columns = ("revenue", "sold")
    assert footer(context, totals=["revenue"], columns=columns) == ["69.00", ""]


def test_without_totals_there_is_no_row(context: BlockContext) -> None:
    assert footer(context) == []
    assert footer(context, totals=True, columns=("product", "weight")) == []
