"""Sparklines in tables: the figures of each row, by period, from another table."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.contracts import Filter
from medallion_panel.block_settings import Rows
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.rows import RowsView
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS, SmallTable

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

PRODUCTS = SmallTable(
    {"product": "text", "name": "text"}, [("t", "Tea"), ("c", "Cups"), (None, "")]
)
SALES = SmallTable(
    {"product": "text", "month": "text", "shop": "text", "price": "float64"},
    [
        ("t", "2023-02", "A", 4.0),
        ("t", "2023-01", "A", 1.0),
        ("t", "2023-01", "B", 2.0),
        ("t", "2024-01", "A", 9.0),  # the month of the release, which is not over
        ("t", "2023-03", "A", None),
        ("x", "2023-01", "A", 5.0),
    ],
)
LINES = {"title": "Trend", "table": "sales", "by": "product", "x": "month", "y": "sum(price)"}


def cells(store: Any, *conditions: Filter) -> list[Any]:
    block = Rows.model_validate({"table": "products", "sort": "-product", "sparklines": [LINES]})
    view = RowsView(block, FORMATS, lambda: None)
    context = BlockContext(store, FORMATS, conditions)
    view.set({}, context)
    view.show(view.read(context))
    assert [each["title"] for each in view.table.columns] == ["Product", "Name", "Trend"]
    return [row[-1] for row in view.table.rows]


def test_each_row_has_its_figures_in_order(open_store: OpenStore) -> None:
    store = open_store({"products": PRODUCTS, "sales": SALES})
    tea, cups, nothing = cells(store)
    assert tea == {
        "line": [3.0, 4.0],
        "label": "Jan 2023: 3.00, Feb 2023: 4.00; from 3.00 to 4.00",
    }
    assert cups == nothing == {"line": [], "label": "No figures"}


def test_the_filters_of_the_page_apply(open_store: OpenStore) -> None:
    store = open_store({"products": PRODUCTS, "sales": SALES})
    assert cells(store, Filter("shop", "eq", "B"))[0] == {"line": [2.0], "label": "Jan 2023: 2.00"}
