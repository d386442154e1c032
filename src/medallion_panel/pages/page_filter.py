"""The base class of page filters: a widget, its values in the URL, and its conditions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from medallion.contracts import Filter
from medallion_panel.pages.choice import Choice
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.section import FilterField


class PageFilter(ABC):
    """One filter of a page; `widget` is its control.

    Parameters: the `field` and its `label`; `changed`, called when a visitor changes the filter.
    """

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        self.column, self.label, self._changed = field.column, label, changed
        self._quiet = False
        self.widget: Any = None

    def update(self, options: FilterOptions) -> None:
        """Take over the options of another release; a selection stays where it is still valid."""
        with self._without_events():
            self.set_options(options)

    @abstractmethod
    def set_options(self, options: FilterOptions) -> None:
        """Set the options of the widget."""

    def watch(self, parameter: str) -> None:
        """Call `changed` when a visitor changes this parameter of the widget."""
        self.widget.param.watch(lambda _: None if self._quiet else self._changed(), parameter)

    def set(self, texts: Sequence[str]) -> None:
        """Take over values of a URL. Raises CallError on an invalid one."""
        with self._without_events():
            self.assign(texts)

    @contextmanager
    def _without_events(self) -> Iterator[None]:
        """Do not call `changed` within the block: the code changes the widget, not the visitor."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    @abstractmethod
    def assign(self, texts: Sequence[str]) -> None:
        """Set the values of the widget. Raises CallError on an invalid one."""

    @abstractmethod
    def texts(self) -> list[str]:
        """Its values in the URL, empty when the filter is not set."""

    def texts_of(self, choice: Choice) -> list[str] | None:
        """Its values in the URL that select exactly the rows of a choice, None where none do."""
        return None

    @abstractmethod
    def conditions(self) -> list[Filter]:
        """Its conditions on the column, empty when the filter is not set."""


def apply_choices(
    choices: Sequence[Choice], filters: Sequence[PageFilter], chips: dict[str, Choice]
) -> bool:
    """Set filters, or add chips where there is none, or remove them if all are set already.

    Returns whether the page is filtered by the choices now.
    """
    controls = {item.column: item for item in filters}
    settings = []
    for choice in choices:
        item = controls.get(choice.column)
        texts = item.texts_of(choice) if item is not None else None
        is_set = item.texts() == texts if item and texts else choice in chips.values()
        settings.append((choice, item if texts else None, texts or [], is_set))
    remove = all(is_set for *_, is_set in settings)
    for choice, item, texts, _ in settings:
        if item is not None:
            item.set(() if remove else texts)
        elif remove:
            del chips[choice.column]
        else:
            chips[choice.column] = choice
    return not remove
