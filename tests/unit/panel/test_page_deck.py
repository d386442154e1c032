"""A deck of pages: the browser has all of them, and the place of the one that is shown."""

from __future__ import annotations

from medallion_panel.ui.markup import Text
from medallion_panel.ui.page_deck import PLACES, PageDeck


def test_the_models_of_a_page_stay_when_another_is_shown() -> None:
    one, two, three = (Text(text).view for text in ("one", "two", "three"))
    deck = PageDeck(page_0=one)
    root = deck.get_root()
    first = root.data.page_0
    deck.show(1, two)
    assert root.data.shown == 1
    assert root.data.page_0 is first
    assert deck.pages == [one, two, *[None] * (PLACES - 2)]
    deck.show(0, one)
    assert root.data.page_0 is first
    deck.show(1, three)
    assert not two._models
    assert three._models
