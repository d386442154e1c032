"""Sends events in a thread of its own: a collector that is slow or unreachable stops nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING

from medallion.plural import count_of
from medallion.secrets import masked_logger

if TYPE_CHECKING:
    from openlineage.client.client import OpenLineageClient
    from openlineage.client.event_v2 import RunEvent

    Build = Callable[[], Iterable[RunEvent]]

GRACE = 5.0  # seconds that the end of a run waits for the collector
_POLL = 0.05
_THREAD = "medallion-openlineage"

_log = masked_logger(__name__)


class EventSender:
    """Builds and sends events, in the order in which they are put.

    Parameters: `connect` makes the client, in the thread. What fails is logged as one warning.
    """

    def __init__(self, connect: Callable[[], OpenLineageClient]) -> None:
        self._connect = connect
        self._queue: SimpleQueue[Build | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=_THREAD, daemon=True)
        self._closed: float | None = None  # when the run ended
        self._waiting_since: float | None = None  # since when the collector has been waited for
        self._waited = 0.0  # for the collector, since the run ended
        self._refused = False
        self._lost = 0
        self._error = ""

    def start(self) -> None:
        """Start the thread."""
        logging.getLogger("urllib3.connectionpool").addFilter(_own_retries)
        self._thread.start()

    def put(self, build: Build) -> None:
        """Send the events that a function builds. Returns at once."""
        self._queue.put(build)

    def close(self, seconds: float = GRACE) -> None:
        """Wait until all events are sent, and warn about those that are not.

        The collector is waited for at most this long, also while the client connects or closes;
        what this process needs to build events and to import the client is not its fault.
        """
        self._closed = perf_counter()
        self._queue.put(None)
        while self._thread.is_alive() and self._patience(seconds) > 0:
            self._thread.join(_POLL)
        if self._thread.is_alive():
            _log.warning(
                "OpenLineage: not all events were sent: no answer within %g seconds", seconds
            )
        elif self._lost:
            events = count_of(self._lost, "event")
            _log.warning("OpenLineage: %s not sent: %s", events, self._error)

    def _patience(self, seconds: float) -> float:
        """The seconds that are left to wait for the collector."""
        since = self._waiting_since
        current = perf_counter() - max(since, self._closed or since) if since else 0.0
        return seconds - self._waited - current

    def _run(self) -> None:
        try:
            import openlineage.client  # noqa: F401 (slow, and no matter of the collector)

            with self._waiting():
                client = self._connect()
        except Exception as error:  # whatever a configuration, or a transport of others, raises
            self._fail(error)
            return
        for build in iter(self._queue.get, None):
            self._send(client, build)
        with self._waiting():
            client.close(GRACE)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Count the time of the block as waiting for the collector."""
        self._waiting_since = started = perf_counter()
        try:
            yield
        finally:
            if self._closed:
                self._waited += perf_counter() - max(started, self._closed)
            self._waiting_since = None

    def _send(self, client: OpenLineageClient, build: Build) -> None:
        try:
            events = list(build())
        except Exception as error:  # what cannot be described must not end the thread
            self._fail(error)
            return
        for event in events:
            if self._closed and self._refused:  # wait for no further timeout
                self._lost += 1
            else:
                self._emit(client, event)

    def _emit(self, client: OpenLineageClient, event: RunEvent) -> None:
        try:
            with self._waiting():
                client.emit(event)
        except Exception as error:  # of any transport
            self._refused = True
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._lost += 1
        self._error = f"{type(error).__name__}: {error}"


def _own_retries(record: logging.LogRecord) -> bool:
    """Whether to log a retry: not those of events, for which there is one warning at the end."""
    return record.threadName != _THREAD
