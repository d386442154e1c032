"""The connection of a sink, opened again when it was lost."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from medallion.sinks.postgres.database import execute
from medallion.sinks.postgres.sink_connection import SinkConnection

if TYPE_CHECKING:
    from psycopg import Connection


def session(connection: Connection) -> int:
    (ident,) = execute(connection, "select pg_backend_pid()").fetchone() or (0,)
    return int(ident)


def test_a_lost_connection_is_replaced_and_another_stays(
    postgres_url: str, connection: Connection
) -> None:
    with closing(SinkConnection(postgres_url)) as sink_connection:
        first = session(sink_connection.get())
        assert session(sink_connection.get()) == first
        execute(connection, "select pg_terminate_backend(?, 5000)", [first])
        second = session(sink_connection.get())
        assert second != first
