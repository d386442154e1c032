"""Tabs: which of them is chosen is reported, and nothing of their titles is HTML."""

from __future__ import annotations

from medallion_panel.ui.tab_group import TabGroup


def test_another_tab_that_exists_is_reported() -> None:
    calls: list[int] = []
    group = TabGroup(calls.append, titles=["A", "B"])
    for place in (1, 0, 2, -1, None, "1"):
        group._handle_msg({"open": place})
    assert calls == [1]


def test_titles_are_no_html() -> None:
    assert "innerHTML" not in TabGroup._esm
