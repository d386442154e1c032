"""Links to pages of the dashboard."""

from __future__ import annotations

from medallion_panel.ui.page_links import page_link, table_link, table_slug


def test_texts_and_names_are_escaped() -> None:
    assert page_link("a b&c", "<b>") == "<a href='?page=a%20b%26c'>&lt;b&gt;</a>"


def test_a_table_has_a_page_that_no_declared_page_can_have() -> None:
    assert table_slug("gold.sales") == "lake.gold.sales"
    assert table_link("gold.sales") == "<a href='?page=lake.gold.sales'>gold.sales</a>"
