"""The time limit of queries: the server ends what takes longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock, Timer
from typing import TYPE_CHECKING

from medallion.contracts.table_target import masked
from medallion.errors import OvertimeError

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession


@dataclass(frozen=True)
class TimeLimit:
    """At most `seconds` for a query to the database at `url`; without seconds, no limit."""

    url: str
    seconds: float | None = None

    @contextmanager
    def of_query(self) -> Iterator[None]:
        """Limit the whole block. Raises OvertimeError, also when the server does not respond."""
        if self.seconds is None:
            yield
            return
        import pymongo
        from pymongo.errors import ExecutionTimeout, NetworkTimeout

        try:
            with pymongo.timeout(self.seconds):
                yield
        except (ExecutionTimeout, NetworkTimeout):
            raise self._overtime() from None

    @contextmanager
    def of_first_batch(self, session: ClientSession) -> Iterator[None]:
        """Limit the block by killing the session: for the first batch of a cursor.

        A limit on the cursor itself would include the time of all its batches. Raises
        OvertimeError.
        """
        from pymongo.errors import OperationFailure, PyMongoError

        if self.seconds is None:
            yield
            return
        lock = Lock()
        expired = arrived = False

        def kill() -> None:
            nonlocal expired
            with lock:
                if not arrived:
                    expired = True
                    with suppress(PyMongoError):  # in a thread where nobody could catch it
                        session.client.admin.command("killSessions", [session.session_id])

        timer = Timer(self.seconds, kill)
        timer.start()
        try:
            yield
        except OperationFailure:
            if expired:
                raise self._overtime() from None
            raise
        finally:
            timer.cancel()
            with lock:  # the session is killed now, or never
                arrived = True
        if expired:  # the batch arrived while the session was killed, and no other will
            raise self._overtime()

    def _overtime(self) -> OvertimeError:
        return OvertimeError(f"{masked(self.url)}: the query timed out after {self.seconds} s")
