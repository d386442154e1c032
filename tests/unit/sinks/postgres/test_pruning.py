"""Removing loaded tables: never while somebody reads them, never those of a newer writer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from medallion.errors import LeaseError
from medallion.sinks.postgres.database import connect, execute, read_loaded
from medallion.sinks.postgres.pruning import drop_load, drop_unused
from medallion.sinks.postgres.sink import Postgres
from medallion.testing.owners import LATER
from medallion.testing.served import items, load, publish

if TYPE_CHECKING:
    from psycopg import Connection


def unchecked(connection: Connection) -> None:
    del connection


def test_a_table_that_is_read_is_left_for_the_next_time(
    sink: Postgres, connection: Connection, postgres_url: str
) -> None:
    name = load(sink, "one", items(5)).served.name
    with connect(postgres_url) as reader:
        with reader.transaction():
            execute(reader, f'select * from "{name}"')
            assert not drop_unused(connection, "public", name, None, unchecked)
            assert read_loaded(connection, "public") == {name}
            # Nobody waits for the table: another reader reads it at once.
            execute(connection, "set lock_timeout = '50ms'")
            assert execute(connection, f'select count(*) from "{name}"').fetchone() == (5,)
        assert drop_unused(connection, "public", name, None, unchecked)
    assert read_loaded(connection, "public") == frozenset()


def test_a_table_that_others_depend_on_stays(
    sink: Postgres, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    name = load(sink, "one", items(5)).served.name
    execute(connection, f'create view mine as select * from "{name}"')
    with caplog.at_level(logging.WARNING):
        assert not drop_unused(connection, "public", name, None, unchecked)
    assert "view mine depends on" in caplog.text
    assert read_loaded(connection, "public") == {name}


def test_the_table_of_a_newer_writer_stays(sink: Postgres, connection: Connection) -> None:
    name = load(sink.written_by(LATER), "one", items(5)).served.name
    assert not drop_unused(connection, "public", name, LATER.token - 1, unchecked)
    assert drop_unused(connection, "public", name, LATER.token, unchecked)
    assert not drop_load(connection, "public", name, None, wait=True)


def test_the_check_refuses_each_deletion(sink: Postgres, connection: Connection) -> None:
    first = publish(sink, "first", items(5))
    name = first.served["serving"]["items"].name

    def overtaken(connection: Connection) -> None:
        del connection
        raise LeaseError("overtaken")

    with pytest.raises(LeaseError):
        drop_unused(connection, "public", name, None, overtaken)
    assert read_loaded(connection, "public") == {name}
