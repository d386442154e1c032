"""Connections of the store: one for each query at a time, used again, opened again when lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary, finalize

from medallion.postgres_session import is_unreachable
from medallion.sinks.postgres.database import connect, execute

if TYPE_CHECKING:
    from psycopg import Connection

T = TypeVar("T")


class ConnectionPool:
    """Idle connections of each process: those inherited through a fork belong to the parent.

    They are referenced and not closed, because closing one would end the parent's session.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: dict[int, list[Connection]] = {}
        self._limits: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()
        finalize(self, _close, self._idle)

    def run(self, work: Callable[[Connection], T], seconds: float | None) -> T:
        """The answer of `work`, with queries of at most `seconds`.

        A connection that was lost while it was idle is replaced by another one.
        """
        import psycopg

        while True:
            idle = self._of_process()
            reused = bool(idle)
            try:
                connection = idle.pop()
            except IndexError:
                connection, reused = connect(self._url), False
            try:
                self._limit(connection, seconds)
                answer = work(connection)
            except psycopg.OperationalError as error:
                if not (reused and is_unreachable(error)):
                    raise
            else:
                return answer
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close the idle connections of this process; the next query opens new ones."""
        _close(self._idle)

    def _of_process(self) -> list[Connection]:
        return self._idle.setdefault(os.getpid(), [])

    def _give_back(self, connection: Connection) -> None:
        from psycopg.pq import TransactionStatus

        if connection.info.transaction_status is TransactionStatus.IDLE:
            self._of_process().append(connection)
        else:
            connection.close()

    def _limit(self, connection: Connection, seconds: float | None) -> None:
        """Set the time limit of the session, unless it is set already."""
        milliseconds = 0 if seconds is None else max(1, round(seconds * 1000))
        if self._limits.get(connection, 0) != milliseconds:
            execute(connection, f"set statement_timeout = {milliseconds}")
            self._limits[connection] = milliseconds


def _close(idle: dict[int, list[Connection]]) -> None:
    """Close the idle connections of this process."""
    connections = idle.get(os.getpid(), [])
    for _ in range(len(connections)):
        with suppress(IndexError):  # a query has taken it meanwhile; what is popped here, none has
            connections.pop().close()
