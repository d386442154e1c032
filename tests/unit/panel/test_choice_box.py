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
    say = messages_in("en")
    used = set(re.findall(r"\bwords\.(\w+)", ChoiceBox._esm))
    assert used == set(ChoiceBox.of("Country", say).words)
    assert used == set(ChoiceBox.of_columns(say).words)


def test_columns_are_all_chosen_at_first_and_counted_in_the_words_of_a_language() -> None:
    root = ChoiceBox.of_columns(messages_in("fr")).get_root().data
    assert (root.starts_full, root.small) == (True, True)
    assert (root.label, root.words["all"]) == ("Colonnes", "Toutes les colonnes")
    assert root.words["some"] == "{some} colonnes sur {all}"


def test_texts_are_never_set_as_html() -> None:
    assert "innerHTML" not in ChoiceBox._esm
