"""One visitor's session: the page they are on, its filters, and the release they see."""

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
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.column_usage import cache_columns_of
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.pages.default_pages import default_pages
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.page import OpenPage
from medallion_panel.pages.status import Status
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.connection import BEAT_MS, Connection
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import Notice, Text
from medallion_panel.ui.session_cleanup import release_on_session_end
from medallion_panel.ui.theme import THEME
from medallion_panel.ui.url_state import Parameters, UrlState
from medallion_panel.ui.visitor_errors import visitor_text

T = TypeVar("T")

_log = masked_logger(__name__)

_CHECK_RELEASE_MS = 5000
_PAGE = "page"
_THEME = "theme"  # a parameter of Panel itself: `theme=dark`


class VisitorSession:
    """The content of one browser tab, shared with no other. `view` is the page.

    Parameters: `pipeline` and its `section` of the declaration; `store` and `run_watch`, which all
    sessions share; `formats`.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        section: Dashboard,
        store: CachedStore,
        formats: Formats,
        run_watch: RunWatch,
    ) -> None:
        self._pipeline, self._section = pipeline, section
        self._store, self._formats, self._run_watch = store, formats, run_watch
        self._release: Release | None = None
        self._pages: dict[str, PageSettings] = {}  # by slug
        self._open: OpenPage | None = None
        # Set while the code changes the menu, while the release is read, and while the page that
        # was requested could not be opened.
        self._updating_menu = self._checking = self._failed = False
        self._opening = 0  # counts requests to open a page, of which the last one wins
        self._requested: tuple[str, Parameters] = ("", {})
        self._status = Status(formats, timedelta(hours=section.stale_after_hours))
        self._url = UrlState(lambda: pn.state.execute(self._follow_url), self._on_narrow)
        self._connection = Connection(width=0, height=0, margin=0)
        self._menu = pmui.MenuList(items=[], label="Pages", margin=0, sizing_mode="stretch_width")
        self._menu.param.watch(self._on_menu, "active")
        self._notice = Notice(severity="warning", closeable=True, margin=(0, 0, 16, 0))
        self._body = pn.Column(
            Text("Reading the release …").view, sizing_mode="stretch_width", margin=0
        )
        self.view = self._layout(section.title or pipeline.declaration.name)
        release_on_session_end(self.view)
        pn.state.onload(self._start)

    def _layout(self, title: str) -> pmui.Page:
        main = pmui.Container(
            self._notice.view,
            self._body,
            self._url.component,
            self._connection,
            width_option=False,
            sx={"px": {"xs": 1.5, "md": 3}, "py": 2.5},
        )
        return pmui.Page(
            dark_theme=self._url.read().get(_THEME) == ["dark"],
            title=title,
            meta_title=str(escape(title)),
            main=[main],
            sidebar=[self._menu],
            sidebar_width=216,
            theme_config=THEME,
            header=[pn.Spacer(sizing_mode="stretch_width"), self._status.view],
        )

    def _on_narrow(self) -> None:
        self.view.sidebar_open = False

    async def _start(self) -> None:
        self._url.listen()
        pn.state.add_periodic_callback(self._beat, BEAT_MS)
        await self._check_release()
        pn.state.add_periodic_callback(self._check_release, _CHECK_RELEASE_MS)

    def _beat(self) -> None:
        self._connection.beat += 1

    # Releases

    async def _check_release(self) -> None:
        """Read which release is active, in a thread since the store may be slow; show a new one."""
        if self._checking:
            return
        self._checking = True
        try:
            await self._show_release(await self._in_thread(self._store.release))
        except MedallionError as error:
            self._status.show_error(error, self._release)
            if self._open is None:
                self._body[:] = [_empty(error)]
        finally:
            self._checking = False

    async def _show_release(self, release: Release) -> None:
        """Show the status of the active release, and its data when it is another than before."""
        self._status.show(release, await self._in_thread(self._run_watch.failure))
        if self._release is not None and release.id == self._release.id:
            await self._retry()
            return
        pages = self._section.pages or await self._in_thread(default_pages, self._store)
        self._pages = {page.slug: page for page in pages}
        items = [{"label": page.title, "icon": page.icon} for page in pages]
        if items != self._menu.items:
            self._updating_menu = True
            self._menu.items = items
            self._updating_menu = False
        if not await self._update_page():
            self._open = None
            await self._follow_url()
        self._release = release

    async def _retry(self) -> None:
        """Read what could not be read before, now that the store answers."""
        if self._failed:
            await self._open_page(*self._requested, [])
            self._write_url()
        elif self._open is not None:
            self._open.retry()

    async def _update_page(self) -> bool:
        """Show a new release in the page that is open; whether its filters allow that."""
        page = self._open
        if page is None or self._pages.get(page.page.slug) != page.page:
            return False
        options, _ = await self._in_thread(filter_options, page.page, self._store)
        if self._open is not page:  # another page was opened meanwhile
            return True
        before = page.texts()
        if not page.update_options(options):
            return False
        page.show()
        if page.texts() != before:
            self._write_url()
        return True

    # Pages

    async def _follow_url(self) -> None:
        """Show what the URL says."""
        parameters = self._url.read()
        slug = next(iter(parameters.get(_PAGE, ())), next(iter(self._pages), ""))
        notices = []
        if slug not in self._pages:
            notices.append(f"There is no page “{slug}”; this is the first one.")
            slug = next(iter(self._pages))
        await self._open_page(slug, parameters, notices)

    def _on_menu(self, event: Any) -> None:
        index = event.new[0] if isinstance(event.new, tuple | list) else event.new
        if self._updating_menu or not isinstance(index, int):
            return

        async def open_page() -> None:
            await self._open_page(list(self._pages)[index], {}, [])
            self._write_url()

        pn.state.execute(open_page)

    async def _open_page(self, slug: str, parameters: Parameters, notices: list[str]) -> None:
        """Open a page with the parameters of a URL; report those that are invalid."""
        self._opening += 1
        self._failed, self._requested = False, (slug, parameters)
        self._updating_menu = True
        self._menu.active = list(self._pages).index(slug)
        self._updating_menu = False
        try:
            if self._open is None or self._open.page.slug != slug:
                page = await self._new_page(slug, notices)
                if page is None:
                    return
                self._open = page
                self._body[:] = [page.view]
            own = (_PAGE, _THEME)
            filters = {name: texts for name, texts in parameters.items() if name not in own}
            notices += self._open.set(filters)
        except MedallionError as error:
            self._open, self._failed = None, True
            self._body[:] = [_empty(error)]
            return
        except Exception:
            _log.exception("the page %r could not be drawn", slug)
            self._open = None
            message = "This page could not be drawn; see the server's log."
            self._body[:] = [Notice(message, severity="error").view]
            return
        self._notice.show(" ".join(notices))
        self._open.show()

    async def _new_page(self, slug: str, notices: list[str]) -> OpenPage | None:
        """A page with its filters; None when another one was requested meanwhile."""
        number = self._opening
        page = self._pages[slug]
        options, problems = await self._in_thread(filter_options, page, self._store)
        notices += problems
        if number != self._opening:
            return None
        context = (self._store, self._formats, self._pipeline)
        return OpenPage(page, options, *context, self._write_url, self._cache_columns)

    async def _cache_columns(self) -> None:
        """Load the columns of large tables, now that the page's own queries are done."""
        if self._open is not None and self._open.page.slug in self._pages:
            page, pages = self._pages[self._open.page.slug], list(self._pages.values())
            await self._in_thread(cache_columns_of, page, pages, self._store)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of a function that reads the store, without blocking other visitors."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._store.pool, function, *arguments)

    def _write_url(self) -> None:
        if self._open is not None and not self._updating_menu:
            theme = self._url.read().get(_THEME)
            parameters = {_PAGE: [self._open.page.slug], **self._open.texts()}
            self._url.write({**parameters, _THEME: theme} if theme else parameters)


def _empty(error: MedallionError) -> Any:
    """The content of a page that could not be read."""
    return Notice(f"There is nothing to show yet. {visitor_text(error)}").view
