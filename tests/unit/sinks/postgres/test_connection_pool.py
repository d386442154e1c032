"""Connections of the store: used again, opened again when lost, each process its own."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from medallion.errors import SinkError
from medallion.sinks.postgres.connection_pool import ConnectionPool
from medallion.sinks.postgres.database import execute
from medallion.testing.processes import forked

if TYPE_CHECKING:
    from psycopg import Connection


def session(connection: Connection) -> int:
    (ident,) = execute(connection, "select pg_backend_pid()").fetchone() or (0,)
    return int(ident)


def limit(connection: Connection) -> str:
    (value,) = execute(connection, "show statement_timeout").fetchone() or ("",)
    return str(value)


def test_an_idle_connection_is_used_again(postgres_url: str) -> None:
    pool = ConnectionPool(postgres_url)
    first = pool.run(session, None)
    assert pool.run(session, None) == first
    pool.close()
    assert pool.run(session, None) != first
    pool.close()


def test_threads_have_connections_of_their_own(postgres_url: str) -> None:
    pool, barrier = ConnectionPool(postgres_url), threading.Barrier(3)
    sessions: list[int] = []

    def read(connection: Connection) -> None:
        barrier.wait(120)
        sessions.append(session(connection))

    readers = [threading.Thread(target=pool.run, args=(read, None)) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(set(sessions)) == 3
    pool.close()


def test_the_time_limit_is_that_of_each_query(postgres_url: str) -> None:
    pool = ConnectionPool(postgres_url)
    assert [pool.run(limit, seconds) for seconds in (None, 1.5, 1.5, 20, None)] == [
        "0",
        "1500ms",
        "1500ms",
        "20s",
        "0",
    ]
    pool.close()


def test_a_connection_that_was_lost_while_idle_is_replaced(
    postgres_url: str, connection: Connection
) -> None:
    pool = ConnectionPool(postgres_url)
    first = pool.run(session, 5)
    execute(connection, "select pg_terminate_backend(?, 5000)", [first])
    assert pool.run(session, 5) != first
    assert pool.run(limit, 5) == "5s"
    pool.close()


def test_a_connection_that_is_lost_during_the_query_is_an_error(postgres_url: str) -> None:
    pool = ConnectionPool(postgres_url)
    with pytest.raises(psycopg.OperationalError):
        pool.run(lambda one: execute(one, "select pg_terminate_backend(pg_backend_pid())"), None)
    assert pool.run(session, None)
    pool.close()


def test_a_failed_query_leaves_the_connection_usable(postgres_url: str) -> None:
    pool = ConnectionPool(postgres_url)
    first = pool.run(session, None)
    with pytest.raises(psycopg.errors.UndefinedTable):
        pool.run(lambda one: execute(one, "select * from nothing"), None)
    assert pool.run(session, None) == first
    pool.close()


def test_a_child_process_leaves_the_connections_of_its_parent(postgres_url: str) -> None:
    pool = ConnectionPool(postgres_url)
    first = pool.run(session, None)

    def use_and_close() -> None:
        assert pool.run(session, None) != first
        pool.close()

    assert os.waitpid(forked(use_and_close), 0)[1] == 0
    assert pool.run(session, None) == first
    pool.close()


def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(SinkError, match="cannot be reached"):
        ConnectionPool("postgresql://127.0.0.1:1/shop").run(session, None)
