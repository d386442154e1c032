"""What all filters share: a visitor's change is reported, a change by the code is not."""

from __future__ import annotations

from collections.abc import Sequence

import panel_material_ui as pmui
import pytest

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.section import FilterField

FIELD = FilterField(column="name")


class WordFilter(PageFilter):
    """A filter by one word, which has to be one of the options."""

    def __init__(self, changes: list[str]) -> None:
        super().__init__(FIELD, "Name", lambda: changes.append(self.widget.value))
        self.widget = pmui.TextInput()
        self.words: Sequence[str] = ("a", "b")
        self.watch("value")

    def set_options(self, options: FilterOptions) -> None:
        self.words = options.values or ()
        if self.widget.value not in self.words:
            self.widget.value = ""

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = "".join(texts)
        if texts and texts[0] not in self.words:
            raise CallError("not a word")

    def texts(self) -> list[str]:
        return [self.widget.value]

    def conditions(self) -> list[Filter]:
        return [Filter(self.column, "eq", self.widget.value)]


def test_only_a_change_by_the_visitor_is_reported() -> None:
    changes: list[str] = []
    word = WordFilter(changes)
    word.widget.value = "a"
    assert changes == ["a"]
    word.set(["b"])
    assert word.texts() == ["b"]
    word.update(FilterOptions(FIELD, Kind("text"), values=("c",)))
    assert (word.texts(), word.words) == ([""], ("c",))
    assert changes == ["a"]
    word.widget.value = "c"
    assert changes == ["a", "c"]


def test_changes_are_reported_again_after_an_invalid_value() -> None:
    changes: list[str] = []
    word = WordFilter(changes)
    with pytest.raises(CallError, match="not a word"):
        word.set(["x"])
    assert changes == []
    word.widget.value = "a"
    assert changes == ["a"]


def test_it_has_the_column_of_its_field_and_a_label() -> None:
    word = WordFilter([])
    assert (word.column, word.label) == ("name", "Name")
