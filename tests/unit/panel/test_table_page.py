"""One page of rows: the marks of its rows, and the row shown in full."""

from __future__ import annotations

from medallion.contracts import Page, Query
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.table_page import TablePage, key_parts, key_text
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

TABLE = SmallTable(
    {"name": "text", "spent": "float64"},
    [("a", 1.5), ("b", None)],
    key=("name",),
)


def page(context: BlockContext, *fields: str, row: str = "") -> TablePage:
    query = Query(fields=fields)
    rows = context.store.find("t", query)
    full = context.store.get("t", row) if row else None
    return TablePage("t", context, query, ("name",), rows, 2, 0, None, full)


def test_a_row_is_marked_by_its_key(open_context: OpenContext) -> None:
    marks = page(open_context(TABLE), "name", "spent", row="b").marks
    assert marks.count == 3
    assert [marks.at(number).condition for number in range(3)] == [
        "\"name\" in ('a')",
        "\"name\" in ('b')",
        "\"name\" in ('b')",
    ]
    assert (marks.at(0).label, marks.at(0).key) == ("Name a", ("a",))


def test_a_row_without_its_key_is_marked_by_its_values(open_context: OpenContext) -> None:
    context = open_context(SmallTable({"name": "text", "spent": "float64"}, [("a", None)]))
    rows = TablePage("t", context, Query(fields=("spent",)), (), Page([{"spent": None}], "r"),
                     1, 0, None, None)  # fmt: skip
    mark = rows.marks.at(0)
    assert mark.condition == '("spent" is null or isnan("spent"))'
    assert (mark.label, mark.key) == ("Spent –", ())


def test_the_row_in_full_has_a_button_where_rows_can_be_traced(open_context: OpenContext) -> None:
    shown = page(open_context(TABLE), "name", "spent", row="b")
    assert "data-rows-behind" not in shown.detail("b")
    assert "data-rows-behind='4' data-mark='2'" in shown.detail("b", 4)


def test_keys_in_urls() -> None:
    assert key_parts(key_text(["a~b", 1])) == ("a~b", "1")
