"""Work in threads that is cancelled when the visitor does not wait for it any more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from medallion.errors import MedallionError

_INTERVAL = 0.05  # seconds between two interruptions: one between two queries has no effect


class CancelledError(MedallionError):
    """The visitor does not wait for the work any more."""


class Cancellable(ABC):
    """Work whose methods run in threads, one at a time, until `cancel` ends it.

    They do so in a block of `working`, which raises CancelledError after `cancel`.
    """

    def __init__(self) -> None:
        self._cancelled, self._idle = Event(), Event()
        self._idle.set()
        self._turn = Lock()  # of the method that works
        self.lock = Lock()  # of what `interrupt` and `close` use meanwhile

    @abstractmethod
    def interrupt(self) -> None:
        """Make what runs now end soon with an error. Called with the lock, several times."""

    def close(self) -> None:  # noqa: B027 (some work has nothing to close)
        """Close what the work needed, when none of it runs any more."""

    def cancel(self) -> None:
        """End what is computed now and what would be computed next. Returns at once."""
        with self.lock:
            if self._cancelled.is_set():
                return
            self._cancelled.set()
        # No daemon: a process that ends while one closes DuckDB is aborted.
        Thread(target=self._end, name="dashboard-cancel").start()

    def _end(self) -> None:
        while not self._idle.wait(_INTERVAL):
            with self.lock:
                self.interrupt()
        self.close()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Take a turn, let `cancel` interrupt the block, and raise its error for what it
        interrupted.
        """
        import duckdb

        with self._turn:
            with self.lock:
                if self._cancelled.is_set():
                    raise CancelledError("cancelled")
                self._idle.clear()
            try:
                yield
            # An engine makes KeyboardInterrupt of a query that was interrupted.
            except (MedallionError, duckdb.Error, KeyboardInterrupt) as error:
                if self._cancelled.is_set():
                    raise CancelledError("cancelled") from error
                raise
            finally:
                self._idle.set()
