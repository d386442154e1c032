"""The menu of pages: its lists with their items, and what a visitor chooses."""

from __future__ import annotations

from typing import Any

from medallion_panel.pages.page_menu import PageMenu
from medallion_panel.section import PageSettings


def page(title: str, group: str = "") -> PageSettings:
    blocks: list[Any] = [{"markdown": {"text": "About"}}]
    return PageSettings.model_validate({"title": title, "group": group, "blocks": blocks})


def shown(menu: PageMenu, *pages: PageSettings) -> None:
    menu.show({each.slug: each for each in pages})
    menu.select("home")


def labels(menu: PageMenu) -> dict[str, list[str]]:
    return {view.label: [item["label"] for item in view.items] for view in menu.view}


def test_a_choice_is_reported_and_a_page_that_the_code_selects_is_not() -> None:
    chosen: list[str] = []
    menu = PageMenu(chosen.append, "Pages")
    shown(menu, page("Home"), page("Stock"))
    assert labels(menu) == {"Pages": ["Home", "Stock"]}
    (view,) = menu.view
    menu.select("stock")
    assert (view.active, chosen) == ((1,), [])
    view.active = (0,)
    assert chosen == ["home"]


def test_each_group_is_a_list_and_one_page_of_all_is_marked() -> None:
    chosen: list[str] = []
    menu = PageMenu(chosen.append, "Pages")
    pages = (page("Orders", "Gold"), page("Home"), page("Raw", "Silver"), page("Clients", "Gold"))
    shown(menu, *pages)
    assert labels(menu) == {"Pages": ["Home"], "Gold": ["Orders", "Clients"], "Silver": ["Raw"]}
    home, gold, silver = menu.view
    menu.select("clients")
    assert (home.active, gold.active, silver.active) == (None, (1,), None)
    silver.active = (0,)
    menu.select("raw")
    assert chosen == ["raw"]
    assert (home.active, gold.active, silver.active) == (None, None, (0,))


def test_lists_stay_while_their_groups_do() -> None:
    menu = PageMenu(print, "Pages")
    shown(menu, page("Home"), page("Orders", "Gold"))
    before = list(menu.view)
    shown(menu, page("Home"), page("Orders", "Gold"), page("Clients", "Gold"))
    assert list(menu.view) == before
    assert labels(menu) == {"Pages": ["Home"], "Gold": ["Orders", "Clients"]}
    shown(menu, page("Home"))
    assert labels(menu) == {"Pages": ["Home"]}


def test_new_lists_are_complete_when_the_browser_gets_them() -> None:
    menu = PageMenu(print, "Pages")
    drawn: list[list[tuple[Any, Any]]] = []
    menu.view.param.watch(
        lambda event: drawn.append([(len(view.items), view.active) for view in event.new]),
        "objects",
    )
    changed: list[str] = []
    pages = {each.slug: each for each in (page("Home"), page("Stock"), page("Raw", "Silver"))}
    menu.show(pages)
    assert drawn == []
    menu.select("stock")
    assert drawn == [[(2, (1,)), (1, None)]]
    for view in menu.view:
        view.param.watch(lambda event: changed.append(event.name), ["items", "active"])
    menu.show(pages)
    menu.select("stock")
    assert changed == []


def test_a_page_that_a_release_no_longer_has_is_not_marked() -> None:
    menu = PageMenu(print, "Pages")
    shown(menu, page("Home"), page("Stock"))
    menu.select("stock")
    menu.show({each.slug: each for each in (page("Home"), page("Orders", "Gold"))})
    assert labels(menu) == {"Pages": ["Home"], "Gold": ["Orders"]}
    assert [view.active for view in menu.view] == [None, None]
