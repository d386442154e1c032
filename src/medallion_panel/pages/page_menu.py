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
        self._slug = ""

    def show(self, pages: Mapping[str, PageSettings]) -> None:
        """Show these pages, by slug, as soon as one of them is selected."""
        self._pages = pages
        former, self._groups = self._groups, menu_groups(pages.values())
        if list(former) != list(self._groups):
            self._lists = []
        if self._slug:
            self.select(self._slug)

    def select(self, slug: str) -> None:
        """Mark a page as the one that is open."""
        self._slug = slug
        marked = menu_slug(self._pages, slug)
        states = [_state(members, marked) for members in self._groups.values()]
        if self._lists:
            for view, state in zip(self._lists, states, strict=True):
                self._set(view, state)
            return
        # New lists are complete before the browser draws them: what changes between the drawing of
        # a component of React and its first effect is never shown.
        labels = [group or self._label for group in self._groups]
        self._lists = [self._list(*each) for each in zip(labels, states, strict=True)]
        self.view.objects = self._lists

    def _list(self, label: str, state: dict[str, Any]) -> pmui.MenuList:
        view = pmui.MenuList(label=label, margin=0, sizing_mode="stretch_width", **state)
        view.param.watch(self._on_active, "active")
        return view

    def _set(self, view: pmui.MenuList, state: dict[str, Any]) -> None:
        """Set parameters of a list, which the visitor has not chosen."""
        self._quiet = True
        view.param.update({key: new for key, new in state.items() if getattr(view, key) != new})
        self._quiet = False

    def _on_active(self, event: Any) -> None:
        index = event.new[0] if isinstance(event.new, tuple | list) else event.new
        if not self._quiet and isinstance(index, int):
            members = list(self._groups.values())[self._lists.index(event.obj)]
            self._chosen(members[index].slug)


def _state(members: list[PageSettings], marked: str) -> dict[str, Any]:
    places = [(place,) for place, page in enumerate(members) if page.slug == marked]
    items = [{"label": page.title, "icon": page.icon} for page in members]
    return {"items": items, "active": next(iter(places), None)}
