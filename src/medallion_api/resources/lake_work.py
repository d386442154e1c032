"""Work on the lake that a request waits for: one at a time in each process, and with a timeout.

A thread that waited for its turn would be lacking for all other paths, also for `/health`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

import falcon

from medallion.errors import OvertimeError
from medallion_api.problems import RETRY_AFTER

if TYPE_CHECKING:
    from medallion.contracts import Connection

INTERVAL = 0.05  # seconds between two interruptions: one between two queries has no effect
BUSY = "another request is reading the lake: try again later"


class LakeWork:
    """Admits one piece of work at a time, each for at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = Lock()

    @contextmanager
    def begin(self) -> Iterator[WorkLimit]:
        """Work for the length of a block.

        Raises HTTPServiceUnavailable while there is other work, and OvertimeError for any error
        of the block after its time.
        """
        if not self._turn.acquire(blocking=False):
            raise falcon.HTTPServiceUnavailable(description=BUSY, retry_after=int(RETRY_AFTER))
        try:
            limit = WorkLimit(self._seconds)
            with limit.watching():
                yield limit
        finally:
            self._turn.release()


class WorkLimit:
    """Interrupts DuckDB connections once `seconds` are over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds
        self._connections: list[Connection] = []
        self._lock = Lock()
        self._over = Event()

    @contextmanager
    def on(self, connection: Connection) -> Iterator[None]:
        """Limit the queries of a connection, which stays open for the length of the block."""
        if monotonic() >= self._end:
            raise self._overtime()
        with self._lock:
            self._connections.append(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.remove(connection)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Interrupt for the length of the block. Raises OvertimeError for its late errors."""
        thread = Thread(target=self._watch, name="work-limit", daemon=True)
        thread.start()
        try:
            yield
        except Exception as error:
            if monotonic() < self._end:
                raise
            raise self._overtime() from error
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        seconds = self._seconds
        while not self._over.wait(seconds):
            with self._lock:
                for connection in self._connections:
                    connection.interrupt()
            seconds = INTERVAL

    def _overtime(self) -> OvertimeError:
        return OvertimeError(f"the work timed out after {self._seconds:g} s")
