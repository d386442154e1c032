"""The view of a groups block: its sort in the URL, its files, and rows that are cleared."""

from __future__ import annotations

from typing import Any

import openpyxl
import pytest

from medallion.errors import CallError
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.groups import GroupsView
from medallion_panel.table_settings import PivotBlock
from tests.coroutines import run_coroutine
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SAY, html_in
from tests.unit.panel.test_groups_page import SALES

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

BLOCK = Groups(table="t", by="land", metrics=("sum(paid)", "count()"), sort="-sum(paid)", limit=2)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


def excel_rows(view: GroupsView) -> list[tuple[Any, ...]]:
    """The cells of the view's Excel workbook."""
    (button,) = [each for each in view.downloads if each.filename.endswith(".xlsx")]
    return list(openpyxl.load_workbook(run_coroutine(button.callback()))["rows"].values)


def test_the_sort_is_part_of_the_url(context: BlockContext) -> None:
    changes: list[int] = []
    view = GroupsView(BLOCK, SAY, lambda: changes.append(1))
    view.set({}, context)
    assert (view.table.sort, view.texts(), changes) == ("-sum_paid", {}, [])
    view.table.sort = "land"
    assert (view.texts(), changes) == ({"sort": ["land"]}, [1])
    view.show(view.read(context))
    assert view.table.rows == [["No value", "–", "1"], ["France", "30.50", "2"]]
    with pytest.raises(CallError, match="cannot be sorted by 'paid'"):
        view.set({"sort": ["paid"]}, context)
    assert view.table.sort == "-sum_paid"


def test_the_file_has_all_groups_and_the_view_says_that_there_are_more(
    context: BlockContext,
) -> None:
    view = GroupsView(BLOCK, SAY, lambda: None)
    view.set({}, context)
    view.show(view.read(context))
    assert "The first 2 groups; the files have all of them" in html_in(view.extent.view)
    file = run_coroutine(view.downloads[0].callback()).getvalue().decode()
    assert file.splitlines() == ["land,sum_paid,count", "France,30.50,2", "Japan,7.25,1", ",,1"]
    assert excel_rows(view) == [
        ("land", "sum_paid", "count"),
        ("France", 30.5, 2),
        ("Japan", 7.25, 1),
        (None, None, 1),
    ]
    view.clear()
    assert (view.table.rows, view.downloads[0].disabled) == ([], True)


def test_a_pivot_has_totals_a_sort_in_the_url_a_file_and_code(context: BlockContext) -> None:
    block = PivotBlock(table="t", rows="land", columns="month(day)", value="count()")
    view = GroupsView(block, SAY, lambda: None)
    view.set({"sort": ["-value"]}, context)
    view.show(view.read(context))
    assert view.texts() == {"sort": ["-value"]}
    assert [row[0] for row in view.table.rows] == ["France", "Japan", "No value"]
    assert view.table.crossed
    assert view.table.footer == ["Total", "1", "3", "4"]
    file = run_coroutine(view.downloads[0].callback()).getvalue().decode()
    assert file.splitlines() == [
        "land,2023-01,2023-05,Total", "France,1,1,2", "Japan,,1,1", ",,1,1", "Total,1,3,4",
    ]  # fmt: skip
    assert excel_rows(view) == [
        ("land", "2023-01", "2023-05", "Total"),
        ("France", 1, 1, 2),
        ("Japan", None, 1, 1),
        (None, None, 1, 1),
        ("Total", 1, 3, 4),
    ]
    assert "store.group('t', ('land', 'month(day)'), {'count': 'count()'}" in str(view.code.items)
    view.clear()
    assert (view.table.rows, view.table.footer) == ([], [])
    with pytest.raises(CallError, match="cannot be sorted by 'land'"):
        view.set({"sort": ["land"]}, context)
