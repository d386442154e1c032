"""What every filter of a page is: a widget, its part of the address, and what it asks of the store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from medallion.contracts import Filter
from medallion_panel.pages.filter_choices import Offer
from medallion_panel.section import FilterField


class PageFilter(ABC):
    """One filter. `texts` are its values in an address, empty when it lets everything through."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        self.column, self.label, self._changed = field.column, label, changed
        self._quiet = False
        self.widget: Any = None

    def renew(self, offer: Offer) -> None:
        """Let choose from what another release offers. What was chosen stays, as far as it is still offered."""
        with self._silence():
            self.offer(offer)

    @abstractmethod
    def offer(self, offer: Offer) -> None:
        """Show in the widget what there is to choose from."""

    def watch(self, parameter: str) -> None:
        self.widget.param.watch(lambda _: None if self._quiet else self._changed(), parameter)

    def set(self, texts: Sequence[str]) -> None:
        """Take over what an address says. Raises CallError on a value it cannot have."""
        with self._silence():
            self.assign(texts)

    @contextmanager
    def _silence(self) -> Iterator[None]:
        """What changes in the block is no choice of the visitor."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    @abstractmethod
    def assign(self, texts: Sequence[str]) -> None:
        """Show these values in the widget. Raises CallError on one it cannot have."""

    @abstractmethod
    def texts(self) -> list[str]:
        """Its values as an address has them."""

    @abstractmethod
    def conditions(self) -> list[Filter]:
        """What it asks of the store."""
