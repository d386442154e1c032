"""The pages that a visitor has opened: the last ones are kept, and the others freed."""

from __future__ import annotations

from typing import Any

import panel as pn
import pytest

from medallion_panel.pages.kept_pages import MAX_PAGES, KeptPages
from medallion_panel.section import PageSettings
from medallion_panel.ui.markup import Text
from tests.unit.panel.tables import SAY, html_in


class Page:
    """A page without cards, in place of an OpenPage."""

    def __init__(self, title: str) -> None:
        block = {"markdown": {"text": title}}
        self.page = PageSettings.model_validate({"title": title, "blocks": [block]})
        self.view = pn.Column(Text(title).view)
        self.departures = 0

    def leave(self) -> None:
        self.departures += 1


@pytest.fixture
def kept() -> KeptPages:
    return KeptPages(Text("wait").view, SAY)


def show(kept: KeptPages, page: Any) -> Any:
    kept.show(page)
    return page


def shown(kept: KeptPages) -> Any:
    return kept.view.pages[kept.view.shown]


def test_a_message_is_shown_first(kept: KeptPages) -> None:
    assert "wait" in html_in(shown(kept))
    assert kept.open is None


def test_a_page_is_found_by_its_settings(kept: KeptPages) -> None:
    page = show(kept, Page("One"))
    assert kept.get(Page("One").page) is page
    assert kept.get(Page("Two").page) is None


def test_the_page_on_the_screen_is_left_when_another_is_shown(kept: KeptPages) -> None:
    one = show(kept, Page("One"))
    kept.show(one)
    assert one.departures == 0
    two = show(kept, Page("Two"))
    assert (one.departures, two.departures) == (1, 0)
    assert kept.open is two
    assert shown(kept) is two.view
    kept.show(one)
    assert shown(kept) is one.view
    assert kept.view.pages[1:4] == [one.view, two.view, None]


def test_the_page_not_seen_longest_makes_room(kept: KeptPages) -> None:
    root = kept.view.get_root()
    pages = [show(kept, Page(f"Page {number}")) for number in range(MAX_PAGES)]
    kept.show(pages[0])
    new = show(kept, Page("New"))
    assert kept.get(pages[0].page) is pages[0]
    assert kept.get(pages[1].page) is None
    assert None not in kept.view.pages
    assert shown(kept) is new.view
    assert pages[0].view._models
    assert not pages[1].view._models  # nothing of it is left in the document
    assert pages[1].view[0]._models == {}
    assert root.data.shown == 2


def test_another_page_of_the_same_name_replaces_the_former(kept: KeptPages) -> None:
    former = show(kept, Page("Page"))
    page = show(kept, Page("Page"))
    assert kept.view.pages[1:3] == [page.view, None]
    assert kept.get(former.page) is page


def test_a_message_takes_the_place_of_a_message_and_pages_are_kept(kept: KeptPages) -> None:
    page = show(kept, Page("One"))
    for text in ("away", "still away"):
        kept.show_message(Text(text).view)
    assert kept.open is None
    assert page.departures == 1
    assert "still away" in html_in(shown(kept))
    assert kept.view.pages[1:3] == [page.view, None]
    assert kept.get(page.page) is page
