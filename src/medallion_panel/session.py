"""One visitor's dashboard: the page they are on, its filters, and the release they look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.errors import CallError, MedallionError
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion_panel.address import Address, Parts
from medallion_panel.blocks.reading import Reading
from medallion_panel.cards import Card
from medallion_panel.defaults import default_pages
from medallion_panel.figures import Figures
from medallion_panel.filters import PageFilter, conditions, page_filters, written
from medallion_panel.formats import Formats
from medallion_panel.section import Dashboard, Page
from medallion_panel.status import Status
from medallion_panel.theme import THEME

_LOOK_EVERY_MS = 5000
_PAGE = "page"
_THEME = "theme"  # Panel's own: `theme=dark`


class Session:
    """What one browser tab shows; nothing in it is shared with another.

    Parameters: `pipeline`, its `section` of the declaration, the `figures` all sessions read, and `formats`.
    """

    def __init__(self, pipeline: Pipeline, section: Dashboard, figures: Figures, formats: Formats) -> None:
        self._pipeline, self._section, self._figures, self._formats = pipeline, section, figures, formats
        self._release: Release | None = None
        self._pages: dict[str, Page] = {}
        self._open: _OpenPage | None = None
        self._moving = self._looking = False
        self._status = Status(formats, timedelta(hours=section.stale_after_hours))
        self._address = Address(self._follow, self._on_phone)
        self._menu = pmui.MenuList(items=[], label="Pages", margin=0, sizing_mode="stretch_width")
        self._notice = pmui.Alert(object="", severity="warning", closeable=True, visible=False, margin=(0, 0, 16, 0))
        self._body = pn.Column(sizing_mode="stretch_width", margin=0)
        self._menu.param.watch(self._chosen, "active")
        title = section.title or pipeline.declaration.name
        main = pmui.Container(
            self._notice,
            self._body,
            self._address.component,
            width_option=False,
            sx={"px": {"xs": 1.5, "md": 3}, "py": 2.5},
        )
        dark = self._address.read().get(_THEME) == ["dark"]
        self.view = pmui.Page(
            dark_theme=dark,
            title=title, main=[main], sidebar=[self._menu],
            sidebar_width=216, theme_config=THEME, header=[pn.Spacer(sizing_mode="stretch_width"), self._status.view],
        )  # fmt: skip
        pn.state.onload(self._begin)

    def _on_phone(self) -> None:
        self.view.sidebar_open = False

    async def _begin(self) -> None:
        await self._look()
        pn.state.add_periodic_callback(self._look, _LOOK_EVERY_MS)

    # Releases

    async def _look(self) -> None:
        """See which release is active, in a thread, for a store out of reach answers late; show it when it is new."""
        if self._looking:
            return
        self._looking = True
        try:
            release = await asyncio.to_thread(self._figures.release)
        except MedallionError as error:
            self._status.lost(error, self._release)
            if self._release is None:
                self._body[:] = [_empty(error)]
        else:
            self._tell(release)
        finally:
            self._looking = False

    def _tell(self, release: Release) -> None:
        self._status.tell(release)
        if self._release is None or release.id != self._release.id:
            first, self._release = self._release is None, release
            self._pages = {page.slug: page for page in self._section.pages or default_pages(self._figures)}
            self._moving = True
            self._menu.items = [{"label": page.title, "icon": page.icon} for page in self._pages.values()]
            self._moving = False
            if first or self._open is None:
                self._follow()
            else:
                self._open.show()

    # Pages

    def _follow(self) -> None:
        """Show what the address says."""
        parts = self._address.read()
        slug = next(iter(parts.get(_PAGE, ())), next(iter(self._pages), ""))
        notices = []
        if slug not in self._pages:
            notices.append(f"There is no page “{slug}”; this is the first one.")
            slug = next(iter(self._pages))
        self._notice.visible = False
        notices += self._turn(slug, parts)
        self._warn(notices)

    def _chosen(self, event: Any) -> None:
        place = event.new[0] if isinstance(event.new, tuple | list) else event.new
        if self._moving or not isinstance(place, int):
            return
        self._notice.visible = False
        self._warn(self._turn(list(self._pages)[place], {}))
        self._write()

    def _turn(self, slug: str, parts: Parts) -> list[str]:
        """Open a page with the filters of an address; what of them could not be taken."""
        self._moving = True
        try:
            self._menu.active = list(self._pages).index(slug)
            if self._open is None or self._open.slug != slug:
                self._open = _OpenPage(self._pages[slug], self._figures, self._formats, self._pipeline, self._write)
                self._body[:] = [self._open.view]
            notices = self._open.set({name: texts for name, texts in parts.items() if name not in (_PAGE, _THEME)})
        except MedallionError as error:
            self._open = None
            self._body[:] = [_empty(error)]
            return []
        finally:
            self._moving = False
        self._open.show()
        return notices

    def _write(self) -> None:
        if self._open is not None and not self._moving:
            theme = {_THEME: found} if (found := self._address.read().get(_THEME)) else {}
            self._address.write({_PAGE: [self._open.slug], **self._open.texts(), **theme})

    def _warn(self, notices: Sequence[str]) -> None:
        if notices:
            self._notice.param.update(object=" ".join(notices), visible=True, closed=False)


class _OpenPage:
    """The page that is shown: its filters and cards."""

    def __init__(
        self, page: Page, figures: Figures, formats: Formats, pipeline: Pipeline, wrote: Callable[[], None]
    ) -> None:
        self.slug = page.slug
        self._figures, self._formats, self._wrote = figures, formats, wrote
        self.filters: list[PageFilter] = page_filters(page, figures, formats, self._changed)
        self.cards = [Card(block, pipeline, self._changed) for block in page.blocks]
        self._rows = next((card.rows for card in self.cards if card.rows is not None), None)
        heading = pmui.Typography(page.title, variant="h5", sx={"fontWeight": 600}, margin=(0, 0, 12, 0))
        grid = pmui.Grid(
            *(pmui.Grid(card.view, size=_size(card), sizing_mode="stretch_both") for card in self.cards),
            container=True, spacing=2, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.view = pn.Column(heading, *self._bar(), grid, sizing_mode="stretch_width", margin=0)

    def _bar(self) -> list[Any]:
        if not self.filters:
            return []
        wide = {"xs": 12, "sm": 6, "md": 3}
        clear = pmui.Button(label="Clear filters", icon="filter_alt_off", variant="text", size="small", margin=0)
        clear.on_click(lambda _: self._cleared())
        parts = [*(item.widget for item in self.filters), clear]
        bar = pmui.Grid(*(pmui.Grid(part, size=wide) for part in parts), container=True, spacing=2, margin=0,
                        sizing_mode="stretch_width", sx={"alignItems": "center"})  # fmt: skip
        return [pmui.Paper(bar, elevation=0, variant="outlined", sx={"p": 2}, margin=(0, 0, 16, 0))]

    def set(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Take over the filters of an address; what could not be taken, in words."""
        notices = []
        known = {item.column: item for item in self.filters}
        for name, item in known.items():
            try:
                item.set(parts.get(name, ()))
            except CallError as error:
                notices.append(f"{error.message}.")
        own = ("q", "sort", "row") if self._rows else ()
        if self._rows:
            try:
                self._rows.set(parts, Reading(self._figures, self._formats))
            except CallError as error:
                notices.append(f"{error.message}.")
        notices += [f"This page has no filter “{name}”." for name in parts if name not in known and name not in own]
        return notices

    def texts(self) -> dict[str, list[str]]:
        return {**written(self.filters), **(self._rows.texts() if self._rows else {})}

    def show(self) -> None:
        """Fill every card from the active release."""
        reading = Reading(self._figures, self._formats, conditions(self.filters))
        for card in self.cards:
            card.show(reading)

    def _changed(self) -> None:
        self.show()
        self._wrote()

    def _cleared(self) -> None:
        for item in self.filters:
            item.set(())
        self._changed()


def _size(card: Card) -> dict[str, int]:
    """On a phone one card a row but two figures, on a tablet two small ones, on a wide screen as declared."""
    width = card.block.content.width
    return {"xs": 6 if card.block.kind == "kpi" else 12, "sm": 6 if width <= 4 else 12, "lg": width}


def _empty(error: MedallionError) -> Any:
    """What stands there while there is nothing to show."""
    hint = f"\n\nWhat to do: `{error.hint}`" if error.hint else ""
    return pmui.Alert(object=f"There is nothing to show yet: {error.message}.{hint}", severity="info", margin=0)
