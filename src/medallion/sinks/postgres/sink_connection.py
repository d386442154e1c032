"""The connection of a run to its sink, opened again when it was lost between two calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.postgres_session import is_unreachable
from medallion.sinks.postgres.database import connect, execute

if TYPE_CHECKING:
    from psycopg import Connection


class SinkConnection:
    """One connection for several calls, which may be minutes apart.

    A server that was restarted or replaced, or its `idle_session_timeout`, ends idle sessions.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = connect(url)

    def get(self) -> Connection:
        """The connection, which answered just now."""
        import psycopg

        try:
            execute(self._connection, "select 1")
        except psycopg.OperationalError as error:
            if not is_unreachable(error):
                raise
            self._connection.close()
            self._connection = connect(self._url)
        return self._connection

    def close(self) -> None:
        self._connection.close()
