"""The menu of a card: all its words are those of the frame, and none is set as HTML."""

from __future__ import annotations

import re

from medallion_panel.messages.messages import messages_in
from medallion_panel.ui.card_frame import CardFrame, frame_words
from medallion_panel.ui.card_menu import MENU_SCRIPT


def test_its_words_are_those_of_the_frame_in_a_language() -> None:
    words = frame_words(messages_in("de_DE"))
    assert set(re.findall(r"\bwords\.(\w+)", MENU_SCRIPT)) <= set(words)
    assert words["menu"].replace("{label}", "Umsatz") == "Menü von Umsatz"


def test_it_is_part_of_the_frame_and_sets_texts_only() -> None:
    assert MENU_SCRIPT in CardFrame._esm
    assert "innerHTML" not in MENU_SCRIPT
