"""The layout of a page: its parts as one component, and the button that clears filters."""

from __future__ import annotations

import re

import panel as pn

from medallion_panel.ui.page_layout import PageLayout

NOTHING = (lambda: None, lambda _: None, lambda: None)


def test_its_filters_and_cards_are_parts_of_one_component() -> None:
    filters, cards = [pn.Column()], [pn.Column(), pn.Column()]
    layout = PageLayout(NOTHING, heading="Home", filters=filters, cards=cards, widths=[3, 12])
    root = layout.get_root()
    assert [len(root.data.filters), len(root.data.cards)] == [1, 2]
    assert (root.data.heading, root.data.widths) == ("Home", [3, 12])


def test_a_click_on_clear_or_a_chip_and_printing_are_reported() -> None:
    calls: list[str] = []
    layout = PageLayout(
        (lambda: calls.append("clear"), calls.append, lambda: calls.append("print"))
    )
    layout._handle_msg({"clear": True})
    layout._handle_msg({"remove": "country"})
    layout._handle_msg({"print": True})
    assert calls == ["clear", "country", "print"]


def test_only_a_constant_is_set_as_html() -> None:
    assert re.findall(r"innerHTML = (.*)", PageLayout._esm) == ["ICON"]
