"""The menu of pages: its items, and what a visitor chooses."""

from __future__ import annotations

from typing import Any

from medallion_panel.pages.page_menu import PageMenu
from medallion_panel.section import PageSettings


def page(title: str) -> PageSettings:
    blocks: list[Any] = [{"markdown": {"text": "About"}}]
    return PageSettings.model_validate({"title": title, "blocks": blocks})


def test_a_choice_is_reported_and_a_page_that_the_code_selects_is_not() -> None:
    chosen: list[str] = []
    menu = PageMenu(chosen.append, "Pages")
    menu.show({each.slug: each for each in map(page, ("Home", "Stock"))})
    assert [item["label"] for item in menu.view.items] == ["Home", "Stock"]
    menu.select("stock")
    assert (menu.view.active, chosen) == ((1,), [])
    menu.view.active = (0,)
    assert chosen == ["home"]
