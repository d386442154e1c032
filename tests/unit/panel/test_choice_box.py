"""A choice of several options: what the browser gets, in the words of a language."""

from __future__ import annotations

import re

from medallion_panel.messages.messages import messages_in
from medallion_panel.ui.choice_box import ChoiceBox


def test_its_options_and_its_choice_are_in_the_browser_in_their_order() -> None:
    box = ChoiceBox.of("Land", messages_in("de_DE"))
    box.param.update(options=[["b", "Brasilien"], ["a", "Angola"]], value=["a"])
    root = box.get_root().data
    assert (root.options, root.value) == ([["b", "Brasilien"], ["a", "Angola"]], ["a"])
    assert (root.label, root.words["all"]) == ("Land", "Alle")


def test_the_words_that_the_browser_shows_are_those_of_the_server() -> None:
    words = ChoiceBox.of("Country", messages_in("en")).words
    assert set(re.findall(r"\bwords\.(\w+)", ChoiceBox._esm)) == set(words)


def test_texts_are_never_set_as_html() -> None:
    assert "innerHTML" not in ChoiceBox._esm
