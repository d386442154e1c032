"""One visitor's dashboard: the page they are on, its filters, and the release they look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import panel as pn
import panel_material_ui as pmui
from markupsafe import escape

from medallion.errors import MedallionError
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion.secrets import masked_logger
from medallion_panel.data.column_usage import hold_for
from medallion_panel.data.queries import Figures
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.pages.default_pages import default_pages
from medallion_panel.pages.filter_choices import offers_of
from medallion_panel.pages.page import OpenPage
from medallion_panel.pages.status import Status
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.connection import BEAT_MS, Connection
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import Notice, Text
from medallion_panel.ui.session_cleanup import forget_when_left
from medallion_panel.ui.theme import THEME
from medallion_panel.ui.url_state import Address, Parts
from medallion_panel.ui.visitor_errors import visitor_text

T = TypeVar("T")

_log = masked_logger(__name__)

_LOOK_EVERY_MS = 5000
_PAGE = "page"
_THEME = "theme"  # Panel's own: `theme=dark`


class VisitorSession:
    """What one browser tab shows; nothing in it is shared with another.

    Parameters: `pipeline`, its `section` of the declaration, the `figures` and the `runs` all sessions read, and
    `formats`.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        section: Dashboard,
        figures: Figures,
        formats: Formats,
        runs: RunWatch,
    ) -> None:
        self._runs = runs
        self._pipeline, self._section, self._figures, self._formats = (
            pipeline,
            section,
            figures,
            formats,
        )
        self._release: Release | None = None
        self._pages: dict[str, PageSettings] = {}
        self._open: OpenPage | None = None
        self._moving = self._looking = self._unread = False
        self._turns = 0
        self._asked_page: tuple[str, Parts] = ("", {})
        self._status = Status(formats, timedelta(hours=section.stale_after_hours))
        self._address = Address(lambda: pn.state.execute(self._follow), self._on_phone)
        self._connection = Connection(width=0, height=0, margin=0)
        self._menu = pmui.MenuList(items=[], label="Pages", margin=0, sizing_mode="stretch_width")
        self._notice = Notice(severity="warning", closeable=True, margin=(0, 0, 16, 0))
        self._body = pn.Column(
            Text("Reading the release …").view, sizing_mode="stretch_width", margin=0
        )
        self._menu.param.watch(self._chosen, "active")
        title = section.title or pipeline.declaration.name
        main = pmui.Container(
            self._notice.view,
            self._body,
            self._address.component,
            self._connection,
            width_option=False,
            sx={"px": {"xs": 1.5, "md": 3}, "py": 2.5},
        )
        dark = self._address.read().get(_THEME) == ["dark"]
        self.view = pmui.Page(
            dark_theme=dark,
            title=title, meta_title=str(escape(title)), main=[main], sidebar=[self._menu],
            sidebar_width=216, theme_config=THEME, header=[pn.Spacer(sizing_mode="stretch_width"), self._status.view],
        )  # fmt: skip
        forget_when_left(self.view)
        pn.state.onload(self._begin)

    def _on_phone(self) -> None:
        self.view.sidebar_open = False

    async def _begin(self) -> None:
        self._address.listen()
        pn.state.add_periodic_callback(self._beat, BEAT_MS)
        await self._look()
        pn.state.add_periodic_callback(self._look, _LOOK_EVERY_MS)

    def _beat(self) -> None:
        self._connection.beat += 1

    # Releases

    async def _look(self) -> None:
        """See which release is active, in a thread, for a store out of reach answers late; show it when it is new."""
        if self._looking:
            return
        self._looking = True
        try:
            await self._tell(await self._asked(self._figures.release))
        except MedallionError as error:
            self._status.lost(error, self._release)
            if self._open is None:
                self._body[:] = [_empty(error)]
        finally:
            self._looking = False

    async def _tell(self, release: Release) -> None:
        """Say which release is active; show it when it is another than before."""
        self._status.tell(release, await self._asked(self._runs.failure))
        if self._release is not None and release.id == self._release.id:
            await self._recover()
            return
        pages = self._section.pages or await self._asked(default_pages, self._figures)
        self._pages = {page.slug: page for page in pages}
        items = [{"label": page.title, "icon": page.icon} for page in pages]
        if items != self._menu.items:
            self._moving = True
            self._menu.items = items
            self._moving = False
        if not await self._renewed():
            self._open = None
            await self._follow()
        self._release = release

    async def _recover(self) -> None:
        """Fill what could not be read before, now that the store answers."""
        if self._unread:
            await self._turn(*self._asked_page, [])
            self._write()
        elif self._open is not None:
            self._open.retry()

    async def _renewed(self) -> bool:
        """Whether the page that is open could take over the new release as it stands."""
        opened = self._open
        if opened is None or self._pages.get(opened.page.slug) != opened.page:
            return False
        offers, _ = await self._asked(offers_of, opened.page, self._figures)
        if self._open is not opened:  # another page was chosen meanwhile
            return True
        chosen = opened.texts()
        if not opened.renew(offers):
            return False
        opened.show()
        if opened.texts() != chosen:
            self._write()
        return True

    # Pages

    async def _follow(self) -> None:
        """Show what the address says."""
        parts = self._address.read()
        slug = next(iter(parts.get(_PAGE, ())), next(iter(self._pages), ""))
        notices = []
        if slug not in self._pages:
            notices.append(f"There is no page “{slug}”; this is the first one.")
            slug = next(iter(self._pages))
        await self._turn(slug, parts, notices)

    def _chosen(self, event: Any) -> None:
        place = event.new[0] if isinstance(event.new, tuple | list) else event.new
        if self._moving or not isinstance(place, int):
            return

        async def turn() -> None:
            await self._turn(list(self._pages)[place], {}, [])
            self._write()

        pn.state.execute(turn)

    async def _turn(self, slug: str, parts: Parts, notices: list[str]) -> None:
        """Open a page with the filters of an address, and tell what of them could not be taken."""
        self._turns += 1
        turn = self._turns
        self._unread, self._asked_page = False, (slug, parts)
        self._moving = True
        self._menu.active = list(self._pages).index(slug)
        self._moving = False
        try:
            if self._open is None or self._open.page.slug != slug:
                offers, faults = await self._asked(offers_of, self._pages[slug], self._figures)
                notices += faults
                if turn != self._turns:  # another page was chosen meanwhile
                    return
                self._open = OpenPage(
                    self._pages[slug],
                    offers,
                    self._figures,
                    self._formats,
                    self._pipeline,
                    self._write,
                    self._hold,
                )
                self._body[:] = [self._open.view]
            notices += self._open.set(
                {name: texts for name, texts in parts.items() if name not in (_PAGE, _THEME)}
            )
        except MedallionError as error:
            self._open, self._unread = None, True
            self._body[:] = [_empty(error)]
            return
        except Exception:
            _log.exception("the page %r could not be drawn", slug)
            self._open = None
            self._body[:] = [
                Notice(
                    "This page could not be drawn; the server's log says why.", severity="error"
                ).view
            ]
            return
        self._notice.show(" ".join(notices))
        self._open.show()

    async def _hold(self) -> None:
        """Have the columns of large tables held, now that the page's own questions are answered."""
        if self._open is not None and self._open.page.slug in self._pages:
            page, pages = self._pages[self._open.page.slug], list(self._pages.values())
            await self._asked(hold_for, page, pages, self._figures)

    async def _asked(self, question: Callable[..., T], *values: Any) -> T:
        """An answer of the store, waited for without keeping other visitors waiting."""
        return await asyncio.get_running_loop().run_in_executor(
            self._figures.pool, question, *values
        )

    def _write(self) -> None:
        if self._open is not None and not self._moving:
            theme = {_THEME: found} if (found := self._address.read().get(_THEME)) else {}
            self._address.write({_PAGE: [self._open.page.slug], **self._open.texts(), **theme})


def _empty(error: MedallionError) -> Any:
    """What stands there while there is nothing to show."""
    return Notice(f"There is nothing to show yet. {visitor_text(error)}").view
