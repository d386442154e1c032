"""The menu of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel_material_ui as pmui

from medallion_panel.pages.lake_pages import menu_groups, menu_slug
from medallion_panel.section import PageSettings


class PageMenu:
    """The menu of pages, a list for each group of them. `view` is its widget.

    Parameters: `chosen` is called with the slug of the page that a visitor chooses; its `label`.
    """

    def __init__(self, chosen: Callable[[str], None], label: str) -> None:
        self.view = pmui.Column(margin=0, sizing_mode="stretch_width")
        self._chosen = chosen
        self._label = label
        self._quiet = False
        self._pages: Mapping[str, PageSettings] = {}
        self._groups: dict[str, list[PageSettings]] = {}
        self._lists: list[pmui.MenuList] = []

    def show(self, pages: Mapping[str, PageSettings]) -> None:
        """Show these pages, by slug."""
        self._pages = pages
        former, self._groups = self._groups, menu_groups(pages.values())
        if list(former) != list(self._groups):
            self._lists = [self._list(group or self._label) for group in self._groups]
            self.view.objects = self._lists
        for view, members in zip(self._lists, self._groups.values(), strict=True):
            items = [{"label": page.title, "icon": page.icon} for page in members]
            if items != view.items:
                self._set(view, items=items)

    def select(self, slug: str) -> None:
        """Mark a page as the one that is open."""
        marked = menu_slug(self._pages, slug)
        for view, members in zip(self._lists, self._groups.values(), strict=True):
            places = [(place,) for place, page in enumerate(members) if page.slug == marked]
            self._set(view, active=next(iter(places), None))

    def _list(self, label: str) -> pmui.MenuList:
        view = pmui.MenuList(items=[], label=label, margin=0, sizing_mode="stretch_width")
        view.param.watch(self._on_active, "active")
        return view

    def _set(self, view: pmui.MenuList, **parameters: Any) -> None:
        """Set parameters of a list, which the visitor has not chosen."""
        self._quiet = True
        view.param.update(**parameters)
        self._quiet = False

    def _on_active(self, event: Any) -> None:
        index = event.new[0] if isinstance(event.new, tuple | list) else event.new
        if not self._quiet and isinstance(index, int):
            members = list(self._groups.values())[self._lists.index(event.obj)]
            self._chosen(members[index].slug)
