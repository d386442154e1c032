"""One visitor's session: the page they are on, its filters, and the release they see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import panel as pn

from medallion.errors import MedallionError
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion.secrets import masked_logger
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.column_usage import cache_columns_of
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.origin_reader import OriginReader
from medallion_panel.data.quarantine_reader import QuarantineReader
from medallion_panel.data.run_watch import Health
from medallion_panel.pages.click_actions import ClickActions
from medallion_panel.pages.explore_page import add_query_form
from medallion_panel.pages.explored_page import explore_slug, read_query, with_explored
from medallion_panel.pages.kept_pages import KeptPages
from medallion_panel.pages.open_sessions import OpenSessions
from medallion_panel.pages.page import OpenPage
from medallion_panel.pages.page_list import pages_of
from medallion_panel.pages.page_menu import PageMenu
from medallion_panel.pages.period_options import page_options
from medallion_panel.pages.shown_release import ShownRelease, quarantine_access
from medallion_panel.pages.status import Status
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.busy_state import detach_from_busy_state
from medallion_panel.ui.connection import Connection
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import Notice, Text
from medallion_panel.ui.page_frame import page_frame
from medallion_panel.ui.page_links import RUNS
from medallion_panel.ui.url_state import Parameters, UrlState

if TYPE_CHECKING:
    import panel_material_ui as pmui

T = TypeVar("T")

_log = masked_logger(__name__)

_PAGE = "page"
_RELEASE = "release"  # an id, or the name of a candidate
_THEME = "theme"  # a parameter of Panel itself: `theme=dark`
_OWN = (_PAGE, _RELEASE, _THEME)


class VisitorSession:
    """The content of one browser tab, shared with no other. `view` is the page.

    Parameters: `pipeline` and its `section`; `stores`, of the published release and of those that a
    URL names, `sessions` and `readers`, which all share; `formats`; `logo`, a URL.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        section: Dashboard,
        stores: tuple[CachedStore, NamedStores],
        formats: Formats,
        sessions: OpenSessions,
        readers: tuple[OriginReader, QuarantineReader],
        logo: str = "",
    ) -> None:
        self._pipeline, self._section = pipeline, section
        self._formats, self._sessions, self._run_watch = formats, sessions, sessions.run_watch
        self._release: Release | None = None
        self._pages: dict[str, PageSettings] = {}  # by slug
        self._say = say = formats.say
        self._kept = KeptPages(Text(say("Reading the release …")).view, say)
        # Set while the release is read, and while the page that was requested could not be opened.
        self._checking = self._failed = False
        self._shown_status: tuple[str, Health] | None = None
        self._opening = 0  # counts requests to open a page, of which the last one wins
        self._requested: tuple[str, Parameters | None] = ("", {})
        self._status = Status(formats, section.stale_after, lambda: self._request_page(RUNS))
        self._url = UrlState(lambda: pn.state.execute(self._follow_url), self._on_narrow)
        rejects, self._stores = quarantine_access(section, readers[1]), stores[1]
        self._shown = ShownRelease(self._url.first(_RELEASE), stores, rejects, say)
        reader = readers[0] if rejects else None
        self._clicks = ClickActions(self._kept, reader, formats, self._explore)
        self._connection = Connection.of(say)
        self._menu = PageMenu(self._request_page, say("Pages"))
        self._notice = Notice(severity="warning", closeable=True, margin=(0, 0, 16, 0))
        self.view = self._layout(section.title or pipeline.declaration.name, logo)
        detach_from_busy_state(self.view)
        pn.state.onload(self._start)

    @property
    def store(self) -> CachedStore:
        """The store of the release that it shows."""
        return self._shown.store

    def _layout(self, title: str, logo: str) -> pmui.Page:
        content = [part.view for part in (self._shown.banner, self._notice, self._kept)]
        content += [self._url.component, self._connection, self._clicks.view]
        look = (self._formats, self._url.read().get(_THEME, []), logo)
        return page_frame(title, content, self._menu.view, self._status.view, *look)

    def _on_narrow(self, narrow: bool) -> None:
        """Show the menu next to the page where there is room; on a phone it lies over it."""
        self.view.sidebar_open = not narrow

    async def _start(self) -> None:
        self._url.listen()
        self._sessions.add(self)
        await self._check_release()

    def beat(self) -> None:
        """Tell the browser that the server is alive."""
        self._connection.beat += 1

    def look(self, *, aged: bool) -> None:
        """Show what the last looks of any visitor found, if it is not shown; or else its age."""
        page = self._kept.open
        waits = self._failed or page is None or any(card.retry for card in page.cards.values())
        seen = self._seen_status()
        if waits or seen is None or seen != self._shown_status:
            pn.state.execute(self._check_release)
        elif aged:
            pn.state.execute(partial(self._status.show, self.store.last_release(), *seen[1]))

    def _seen_status(self) -> tuple[str, Health] | None:
        """What the header is about, by the last looks of any visitor; None when they are old."""
        release, health = self.store.seen_release(), self._run_watch.seen()
        return (release.id, health) if release and health else None

    async def _check_release(self) -> None:
        """Read which release is active, in a thread since the store may be slow; show a new one."""
        if self._checking:
            return
        self._checking = True
        try:
            await self._shown.open()
            look = self.store.recent_release if self._release else self.store.release
            await self._show_release(await self._in_thread(look))
        except MedallionError as error:
            self._status.show_error(error, self._release)
            if self._kept.open is None:
                self._kept.show_error(error)
        finally:
            self._checking = False

    async def _show_release(self, release: Release) -> None:
        """Show the status of the active release, and its data when it is another than before."""
        failure = await self._in_thread(self._run_watch.failure)
        self._status.show(release, failure, self._run_watch.held, self._run_watch.stopped)
        self._shown_status = self._seen_status()
        if self._release is not None and release.id == self._release.id:
            await self._retry()
            return
        pages = await self._in_thread(
            pages_of, self._section, self.store, release, self._shown.rejects
        )
        pages = with_explored(pages, self._section, self._pages, self._say)
        self._pages = {page.slug: page for page in pages}
        self._menu.show(self._pages)
        if not await self._update_page():
            await self._follow_url()
        self._release = release

    async def _retry(self) -> None:
        """Read what could not be read before, now that the store answers."""
        if self._failed:
            await self._open_page(*self._requested, [])
            self._write_url()
        elif self._kept.open is not None:
            self._kept.open.retry()

    async def _update_page(self) -> bool:
        """Show a new release in the page that is open; whether its filters allow that."""
        page = self._kept.open
        texts = page.texts() if page is not None else {}
        if page is None or not await self._update_options(page):
            return False
        if self._kept.open is page:  # else another page was opened meanwhile
            page.show()
            if page.texts() != texts:
                self._write_url()
        return True

    async def _update_options(self, page: OpenPage) -> bool:
        """Give the filters of a page the options of another release; whether they allow that."""
        if self._pages.get(page.page.slug) != page.page:
            return False
        read = (page_options, page.page, self.store, self._say, self._stores)
        options, period, _ = await self._in_thread(*read)
        return page.update_options(options, period)

    async def _follow_url(self) -> None:
        """Show what the URL says."""
        if not self._pages:  # the release is not read yet
            return
        notices, first = [], next(iter(self._pages))
        slug = self._url.first(_PAGE) or first
        if slug not in self._pages:
            notices = [self._say("There is no page “{name}”; this is the first one.", name=slug)]
            slug = first
        await self._open_page(slug, self._url.read(), notices)

    def _request_page(self, slug: str) -> None:
        if slug != self._requested[0] and slug in self._pages:  # else the browser's echo
            self._go_to(slug, None)

    def _go_to(self, slug: str, parameters: Parameters | None) -> None:
        if self._url.component.narrow:
            self.view.sidebar_open = False

        async def open_page() -> None:
            await self._open_page(slug, parameters, [])
            self._write_url()

        pn.state.execute(open_page)

    def _explore(self, parameters: Parameters) -> None:
        """Open the Explore page with the parameters of a query."""
        if slug := explore_slug(self._pages):
            self._go_to(slug, parameters)

    async def _open_page(
        self, slug: str, parameters: Parameters | None, notices: list[str]
    ) -> None:
        """Open a page with the parameters of a URL, or as it was left; report invalid ones."""
        self._opening += 1
        number = self._opening
        self._clicks.close()
        self._failed, self._requested = False, (slug, parameters)
        self._menu.select(slug)
        filters = parameters and {name: parameters[name] for name in parameters if name not in _OWN}
        try:
            release = self.store.last_release().id
            query = (self._pages, slug, filters, self.store, self._formats)
            notices = [*notices, *await self._in_thread(read_query, *query)]
            page = await self._kept_page(slug)
            new = page is None
            page = page or await self._new_page(slug, filters or {}, notices)
            if number != self._opening:  # another page was requested meanwhile
                return
            self._kept.show(page)
            if not new:
                notices += page.resume(filters)
            self._notice.show(" ".join(notices))
            if self.store.last_release().id != release and not await self._update_page():
                self._write_url()
                await self._follow_url()
            return
        except MedallionError as error:
            if number == self._opening:
                self._kept.show_error(error)
        except Exception:
            _log.exception("the page %r could not be drawn", slug)
            if number == self._opening:
                message = self._say("This page could not be drawn; see the server's log.")
                self._kept.show_message(Notice(message, severity="error").view)
        self._failed |= number == self._opening

    async def _kept_page(self, slug: str) -> OpenPage | None:
        """The page as it was left, if its filters allow to show the active release."""
        page = self._kept.get(self._pages[slug])
        if page is None or page.is_of(self.store.last_release().id):
            return page
        return page if await self._update_options(page) else None

    async def _new_page(self, slug: str, filters: Parameters, notices: list[str]) -> OpenPage:
        """A page with its filters, and its cards as far as they are read soon."""
        read = (page_options, self._pages[slug], self.store, self._say, self._stores)
        options, period, remarks = await self._in_thread(*read)
        notices += remarks
        context = (self.store, self._formats, self._pipeline, self._write_url, self._cache_columns)
        periods = (period, self._stores)
        page = OpenPage(self._pages[slug], options, *context, periods, rejects=self._shown.rejects)
        await add_query_form(page, self.store, self._formats, self._explore)
        notices += page.set(filters)
        await page.fill()
        return page

    async def _cache_columns(self) -> None:
        """Load the columns of large tables, now that the page's own queries are done."""
        page = self._kept.open
        if page is not None and page.page.slug in self._pages:
            settings, pages = self._pages[page.page.slug], list(self._pages.values())
            await self._in_thread(cache_columns_of, settings, pages, self.store)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of a function that reads the store, without blocking other visitors."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.store.pool, function, *arguments)

    def _write_url(self) -> None:
        page = self._kept.open
        if page is not None:
            parameters = {_PAGE: [page.page.slug], **page.texts()}
            self._url.write(parameters, kept=(_THEME, _RELEASE))
