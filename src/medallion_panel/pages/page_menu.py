"""The menu of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel_material_ui as pmui

from medallion_panel.pages.lake_pages import menu_of, menu_place
from medallion_panel.section import PageSettings


class PageMenu:
    """The menu of pages. `view` is its widget.

    Parameters: `chosen` is called with the slug of the page that a visitor chooses; its `label`.
    """

    def __init__(self, chosen: Callable[[str], None], label: str) -> None:
        self.view = pmui.MenuList(items=[], label=label, margin=0, sizing_mode="stretch_width")
        self._chosen = chosen
        self._quiet = False
        self._pages: Mapping[str, PageSettings] = {}
        self.view.param.watch(self._on_active, "active")

    def show(self, pages: Mapping[str, PageSettings]) -> None:
        """Show these pages, by slug."""
        self._pages = pages
        items = [{"label": page.title, "icon": page.icon} for page in menu_of(pages.values())]
        if items != self.view.items:
            self._set(items=items)

    def select(self, slug: str) -> None:
        """Mark a page as the one that is open."""
        self._set(active=(menu_place(self._pages, slug),))

    def _set(self, **parameters: Any) -> None:
        """Set parameters of the widget, which the visitor has not chosen."""
        self._quiet = True
        self.view.param.update(**parameters)
        self._quiet = False

    def _on_active(self, event: Any) -> None:
        index = event.new[0] if isinstance(event.new, tuple | list) else event.new
        if not self._quiet and isinstance(index, int):
            self._chosen(menu_of(self._pages.values())[index].slug)
