"""The release that a visitor sees: the published one, or that which the URL names."""

from __future__ import annotations

from dataclasses import replace

import panel as pn

from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.data.quarantine_reader import QuarantineAccess, QuarantineReader
from medallion_panel.messages.messages import Messages
from medallion_panel.section import Dashboard
from medallion_panel.ui.markup import Notice


class ShownRelease:
    """The store of the release that a visitor sees, and their access to its rejected records.

    Until `open` it is the published one. `banner` is a widget that says which other one it is;
    `rejects` is None for visitors without access.

    Parameters: the `reference` in the URL, empty for the published release; `stores`, of the
    published release and of those that a URL names; `rejects`, the access to the current release.
    """

    def __init__(
        self,
        reference: str,
        stores: tuple[CachedStore, NamedStores],
        rejects: QuarantineAccess | None,
        say: Messages,
    ) -> None:
        self.store, self._stores = stores
        self.rejects, self._say = rejects, say
        self._reference = reference  # until it is opened
        self.banner = Notice(severity="warning", margin=(0, 0, 16, 0))

    async def open(self) -> None:
        """Open the release that the URL names, once and in a thread: API and lake may be slow."""
        reference = self._reference
        if not reference:
            return
        choice = await self._stores.choose(reference, self.store, self._say)
        self._reference = ""
        if choice.store is not self.store and self.rejects is not None:
            self.rejects = replace(self.rejects, release=reference)
        self.store = choice.store
        self.banner.show(choice.banner)


def quarantine_access(section: Dashboard, reader: QuarantineReader) -> QuarantineAccess | None:
    """The access of the visitor to rejected records of the current release, None without any."""
    user = "" if pn.state.user == "guest" else pn.state.user or ""
    if not section.shows_why(logged_in=bool(user)):
        return None
    return QuarantineAccess(reader, user, section.corrections)
