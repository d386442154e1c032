"""The sessions that are open, with one timer for all: what a tab that is left alone costs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import Context
from time import time
from typing import TYPE_CHECKING, Protocol

import panel as pn
from panel.io.state import set_curdoc
from tornado.ioloop import PeriodicCallback

from medallion.errors import MedallionError
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.run_watch import RunWatch
from medallion_panel.ui.connection import BEAT_MS

if TYPE_CHECKING:
    from bokeh.document import Document

_LOOK_MS = 5000
_AGE_SECONDS = 60  # between two updates of the age of a release


class OpenSession(Protocol):
    """What the timer calls of a session, on the event loop and with its document."""

    @property
    def store(self) -> CachedStore:
        """The store that it shows."""

    def look(self, *, aged: bool) -> None:
        """Show what the last looks found, if it is not shown, or only ages that are `aged`."""

    def beat(self) -> None:
        """Tell the browser that the server is alive."""


class OpenSessions:
    """The open sessions of a process: it looks at their stores and at the last run for all of them.

    Its timers run while a session is open, and do not wait for a session or a store.

    Parameters: `run_watch`, which all sessions share.
    """

    def __init__(self, run_watch: RunWatch) -> None:
        self.run_watch = run_watch
        self._open: dict[OpenSession, Document | None] = {}
        self._written = 0  # the period in which ages were last written
        self._timers = (
            PeriodicCallback(self._look, _LOOK_MS),
            PeriodicCallback(self._beat, BEAT_MS),
        )

    def add(self, session: OpenSession) -> None:
        """Serve a session until its document is destroyed."""
        if not self._open:
            # Else the timers would keep the document of the first session in their context.
            for timer in self._timers:
                Context().run(timer.start)
        self._open[session] = pn.state.curdoc
        pn.state.on_session_destroyed(lambda _: self._remove(session))

    def _remove(self, session: OpenSession) -> None:
        self._open.pop(session, None)
        if not self._open:
            for timer in self._timers:
                timer.stop()

    async def _look(self) -> None:
        """Look at every store once, then tell the sessions. The next look waits for this one."""
        stores = {session.store for session in self._open}
        loop = asyncio.get_running_loop()
        looks = [loop.run_in_executor(store.pool, self._read, store) for store in stores]
        await asyncio.gather(*looks)
        period = int(time() // _AGE_SECONDS)
        aged, self._written = period != self._written, period
        for session, document in list(self._open.items()):
            with set_curdoc(document):
                session.look(aged=aged)

    def _read(self, store: CachedStore) -> None:
        with suppress(MedallionError):  # each session shows it in its own words
            store.recent_release()
        self.run_watch.failure()

    def _beat(self) -> None:
        for session, document in list(self._open.items()):
            with set_curdoc(document):
                session.beat()
