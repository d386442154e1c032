"""The table block: its query, pages and rows in full, and their place in the URL."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError
from medallion_panel.block_settings import Rows
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.rows import RowsView, key_parts, key_text
from tests.coroutines import run_coroutine
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable, html_in

# A download button of panel-material-ui passes both to Panel.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")

CLIENTS = SmallTable(
    {"name": "text", "country": "text", "spent": "decimal(12,2)", "visits": "int64"},
    [
        (f"Client {number:02}~%7E", "IE" if number % 2 else "DE", number, number)
        for number in range(12)
    ],
    key=("name",),
)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(CLIENTS)


def view_of(**settings: Any) -> tuple[RowsView, list[int]]:
    """A view, and a list that grows when a visitor changes it."""
    changes: list[int] = []
    block = Rows(table="t", **{"page_size": 5, **settings})
    return RowsView(block, FORMATS, lambda: changes.append(1)), changes


def show(view: RowsView, context: BlockContext) -> list[list[str]]:
    view.show(view.read(context))
    rows: list[list[str]] = view.table.rows
    return rows


@given(st.lists(st.text(), min_size=1))
def test_a_key_is_read_from_the_url_as_it_was_written(values: list[str]) -> None:
    assert key_parts(key_text(values)) == tuple(values)


def test_the_query_has_filters_search_sort_and_columns(context: BlockContext) -> None:
    view, _ = view_of(columns=("spent",), sort="-spent", search="name", detail=True)
    view.set({"q": ["07"]}, context)
    filtered = BlockContext(context.store, FORMATS, (Filter("country", "eq", "IE"),))
    assert view.query(filtered) == Query(
        (Filter("country", "eq", "IE"), Filter("name", "search", "07")),
        (Sort("spent", descending=True),),
        ("spent",),
        5,
    )
    plain, _ = view_of()
    plain.set({}, context)
    assert plain.query(context) == Query((), (), ("name", "country", "spent", "visits"), 5)


def test_a_table_has_its_order_before_a_url_is_read(context: BlockContext) -> None:
    """As a second table of a page, or one in a tab that a visitor opens."""
    view, changes = view_of(sort="-spent")
    assert view.query(context).sort == (Sort("spent", descending=True),)
    assert (view.texts(), changes) == ({}, [])


def test_pages_are_turned_and_start_again_when_the_order_changes(context: BlockContext) -> None:
    view, changes = view_of(sort="visits", columns=("visits",))
    view.set({}, context)
    pages = [show(view, context)]
    assert (view.previous.disabled, view.next.disabled) == (True, False)
    for _ in range(2):
        view.next.clicks += 1
        pages.append(show(view, context))
    assert [[int(text) for (text,) in page] for page in pages] == [
        [0, 1, 2, 3, 4],
        [5, 6, 7, 8, 9],
        [10, 11],
    ]
    assert (view.previous.disabled, view.next.disabled) == (False, True)
    view.previous.clicks += 1
    assert show(view, context) == pages[1]
    assert view.texts() == {"rows_page": ["2"]}
    view.table.sort = "-visits"
    assert show(view, context)[0] == ["11"]
    assert changes == [1] * 4
    assert view.texts() == {"sort": ["-visits"]}


@pytest.mark.parametrize(("page", "first"), [("2", 5), ("3", 10), ("9", 10)])
def test_a_page_of_the_url_is_opened_or_the_last_one(
    context: BlockContext, page: str, first: int
) -> None:
    view, _ = view_of(sort="visits", columns=("visits",))
    view.set({"rows_page": [page]}, context)
    assert show(view, context)[0] == [str(first)]
    assert view.texts() == {"rows_page": [str(first // 5 + 1)]}
    view.previous.clicks += 1
    assert show(view, context)[0] == [str(first - 5)]
    view.set({}, context)
    assert show(view, context)[0] == ["0"]


@pytest.mark.parametrize("text", ["0", "-1", "x", "²", "1.5", "20002", "9" * 5000])
def test_a_page_that_is_no_number_or_too_far_is_reported(context: BlockContext, text: str) -> None:
    view, _ = view_of()
    with pytest.raises(CallError, match="is a number from 1 to 20,001, not"):
        view.set({"rows_page": [text]}, context)
    assert view.texts() == {}


def test_a_picked_row_is_shown_in_full_and_is_in_the_url(context: BlockContext) -> None:
    view, changes = view_of(sort="name", columns=("spent",), detail=True)
    view.set({}, context)
    show(view, context)
    view.table.param.update(picked=3, picks=1)
    assert changes == [1]
    assert view.texts() == {"row": ["Client 03%7E%257E"]}
    show(view, context)
    assert view.detail.visible
    html = html_in(view.detail_text.view)
    assert "<dt>Name</dt><dd>Client 03~%7E</dd>" in html
    assert "<dt>Visits</dt><dd>3</dd>" in html
    view.set({"row": ["<b>"]}, context)
    show(view, context)
    assert "There is no row &lt;b&gt; in this release." in html_in(view.detail_text.view)


def test_the_url_has_what_differs_from_the_declaration(context: BlockContext) -> None:
    view, _ = view_of(sort="name", search="name")
    view.set({}, context)
    assert view.texts() == {}
    view.set({"q": ["é"], "sort": ["-spent"], "row": ["x"]}, context)
    assert view.texts() == {"q": ["é"], "sort": ["-spent"], "row": ["x"]}
    with pytest.raises(CallError, match="cannot be sorted by 'nothing'"):
        view.set({"sort": ["nothing"]}, context)
    assert view.texts() == {}


def test_columns_have_a_title_and_numbers_are_at_the_right(context: BlockContext) -> None:
    view, _ = view_of()
    view.set({}, context)
    show(view, context)
    headers = [(item["title"], item["right"], item["sortable"]) for item in view.table.columns]
    assert headers == [
        ("Name", False, True),
        ("Country", False, True),
        ("Spent", True, True),
        ("Visits", True, True),
    ]


def test_downloads_are_off_until_there_are_rows_and_have_all_of_them(
    context: BlockContext,
) -> None:
    view, _ = view_of(columns=("visits",), sort="-visits")
    view.set({}, context)
    show(view, context)
    assert [button.disabled for button in view.downloads.buttons] == [False] * 4
    content = run_coroutine(view.downloads.buttons[0].callback()).getvalue().decode().split("\r\n")
    assert content[:2] == ["visits", "11"]
    assert len(content) == 14
    view.clear()
    assert view.table.rows == []
    assert [button.disabled for button in view.downloads.buttons] == [True] * 4


def titles(view: RowsView) -> list[str]:
    return [column["title"] for column in view.table.columns]


def test_chosen_columns_are_shown_in_their_order_and_are_in_the_url(context: BlockContext) -> None:
    view, changes = view_of(sort="-visits", detail=True)
    view.set({"columns": ["visits", "country"]}, context)
    rows = show(view, context)
    assert (titles(view), rows[0]) == (["Country", "Visits"], ["IE", "11"])
    assert view.texts() == {"columns": ["country", "visits"]}
    assert view.columns.view.options[0] == ["name", "Name"]
    view.columns.view.value = ["spent"]
    assert changes == [1]
    assert show(view, context)[0] == ["11.00"]
    view.columns.view.value = []
    show(view, context)
    assert (titles(view), view.texts()) == (["Name", "Country", "Spent", "Visits"], {})
    assert changes == [1, 1]  # not when the options are filled


def test_another_choice_of_columns_stays_on_the_page(context: BlockContext) -> None:
    view, _ = view_of(sort="visits")
    view.set({}, context)
    show(view, context)
    view.next.clicks += 1
    show(view, context)
    view.columns.view.value = ["visits"]
    assert [int(text) for (text,) in show(view, context)] == [5, 6, 7, 8, 9]
    assert view.texts() == {"columns": ["visits"], "rows_page": ["2"]}


def test_rows_are_the_same_when_their_key_is_hidden(context: BlockContext) -> None:
    view, _ = view_of(sort="visits", detail=True)
    view.set({"columns": ["country"]}, context)
    page = view.read(context)
    assert page.marks.at(3).key == ("Client 03~%7E",)
    view.show(page)
    view.table.param.update(picked=3, picks=1)
    assert view.texts()["row"] == ["Client 03%7E%257E"]
    show(view, context)
    assert "<dt>Visits</dt><dd>3</dd>" in html_in(view.detail_text.view)


def test_rows_without_a_key_are_known_by_hidden_values_too(open_context: OpenContext) -> None:
    context = open_context(SmallTable(CLIENTS.types, CLIENTS.rows))
    view, _ = view_of(sort="visits")
    view.set({"columns": ["country"]}, context)
    terms = dict(view.read(context).marks.at(3).terms)
    assert (terms["name"], terms["visits"]) == (["Client 03~%7E"], [3])


def test_files_and_code_have_the_chosen_columns_and_say_so(context: BlockContext) -> None:
    view, _ = view_of(sort="-visits", detail=True)
    view.set({"columns": ["visits", "spent"]}, context)
    show(view, context)
    csv, spreadsheet, xlsx, _ = view.downloads.buttons
    lines = run_coroutine(csv.callback()).getvalue().decode().split("\r\n")
    assert lines[:2] == ["spent,visits", "11.00,11"]
    description = "All rows that match the filters, as {}; columns: Spent, Visits"
    names = ["CSV", "CSV for spreadsheets", "Excel"]
    assert [each.description for each in (csv, spreadsheet, xlsx)] == [
        description.format(name) for name in names
    ]
    python, curl = (item["text"] for item in view.code.items)
    assert "fields=('spent', 'visits'))" in python
    assert "fields=spent,visits&" in curl


def test_only_declared_columns_can_be_chosen(context: BlockContext) -> None:
    view, _ = view_of(columns=("spent", "name"))
    with pytest.raises(CallError, match=r"^This table has no column 'country', 'x'$"):
        view.set({"columns": ["country", "name", "x"]}, context)
    show(view, context)
    assert (titles(view), view.texts()) == (["Name"], {"columns": ["name"]})
    assert view.columns.view.options == [["spent", "Spent"], ["name", "Name"]]


def test_each_invalid_part_of_a_url_is_reported_and_the_others_apply(context: BlockContext) -> None:
    view, _ = view_of(sort="visits")
    message = "by 'x'. The page of a table is a number from 1 to 20,001, not '0'. This table has no"
    with pytest.raises(CallError, match=re.escape(message)):
        view.set({"sort": ["x"], "rows_page": ["0"], "columns": ["y", "visits"]}, context)
    assert view.texts() == {"columns": ["visits"]}
