"""The pages that a visitor has opened: they are kept as they were left, up to a number."""

from __future__ import annotations

from typing import Any

from medallion.errors import MedallionError
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.page import OpenPage
from medallion_panel.section import PageSettings
from medallion_panel.ui.markup import Notice
from medallion_panel.ui.page_deck import PLACES, PageDeck
from medallion_panel.ui.visitor_errors import visitor_text

MAX_PAGES = PLACES - 1  # the first place is that of messages


class KeptPages:
    """The pages of one visitor, in the order in which they were last shown.

    `view` shows one of them or a message; `open` is the page that is shown,
    None when it is a message.

    Parameters: `message`, the widget that is shown at first; `say`, for other messages.
    """

    def __init__(self, message: Any, say: Messages) -> None:
        self._say = say
        self.view = PageDeck(page_0=message, sizing_mode="stretch_width", margin=0)
        self.open: OpenPage | None = None
        self._pages: dict[OpenPage, int] = {}  # and their places

    def get(self, settings: PageSettings) -> OpenPage | None:
        """The page with these settings, if it is kept."""
        return next((page for page in self._pages if page.page == settings), None)

    def show(self, page: OpenPage) -> None:
        """Show a page; a new one replaces that of the same slug, or the one not seen longest."""
        if self.open is not None and self.open is not page:
            self.open.leave()
        if page not in self._pages:
            self._pages[page] = self._place_for(page)
        self._pages[page] = place = self._pages.pop(page)  # the last of the order
        self.view.show(place, page.view)
        self.open = page

    def show_message(self, message: Any) -> None:
        """Show a message in place of a page."""
        if self.open is not None:
            self.open.leave()
        self.view.show(0, message)
        self.open = None

    def show_error(self, error: MedallionError) -> None:
        """Show why a page could not be read, in its place."""
        reason = visitor_text(error, self._say)
        message = self._say("There is nothing to show yet. {reason}", reason=reason)
        self.show_message(Notice(message).view)

    def _place_for(self, page: OpenPage) -> int:
        """The place of a new page, freed if need be."""
        same = (former for former in self._pages if former.page.slug == page.page.slug)
        oldest = next(iter(self._pages)) if len(self._pages) == MAX_PAGES else None
        former = next(same, oldest)
        return len(self._pages) + 1 if former is None else self._pages.pop(former)
