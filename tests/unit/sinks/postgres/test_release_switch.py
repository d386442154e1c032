"""The switch to a release: all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import Rollback

from medallion.errors import SinkError
from medallion.records import Owner
from medallion.sinks.postgres.database import ACTIVE, RELEASES, execute, read_active, read_owner
from medallion.sinks.postgres.release_switch import forget_releases, record_owner, switch
from medallion.sinks.postgres.sink import Postgres
from medallion.testing.served import items, load, publish, release

if TYPE_CHECKING:
    from psycopg import Connection


def switches(connection: Connection) -> int:
    (number,) = execute(connection, f"select switches from {ACTIVE}").fetchone() or (0,)
    return int(number)


def test_a_switch_that_fails_changes_nothing(sink: Postgres, connection: Connection) -> None:
    first = publish(sink, "first", items(5))
    served = load(sink, "two", items(6)).served
    second = release(sink, "second", [served])
    with connection.transaction() as transaction:
        switch(connection, "public", second, {"items": served}, None, "here")
        assert read_active(connection, "public") == second
        assert execute(connection, "select count(*) from items").fetchone() == (6,)
        raise Rollback(transaction)
    assert read_active(connection, "public") == first
    assert execute(connection, "select count(*) from items").fetchone() == (5,)


def test_a_table_that_is_not_loaded_is_reported(sink: Postgres, connection: Connection) -> None:
    served = load(sink, "two", items(6)).served.model_copy(update={"name": "items__0"})
    with pytest.raises(SinkError, match="here: release r serves 'items' from items__0"):
        switch(connection, "public", release(sink, "r", [served]), {"items": served}, None, "here")


def test_readers_notice_a_switch_an_owner_and_a_pruning(
    sink: Postgres, connection: Connection
) -> None:
    before = switches(connection)
    first = publish(sink, "first", items(5))
    record_owner(connection, "public", Owner(lake="a", pipeline="mine", token=5, run="r5"))
    forget_releases(connection, "public", [first])
    assert switches(connection) == before + 3
    assert execute(connection, f"select id from {RELEASES}").fetchall() == [("first",)]
    forget_releases(connection, "public", [])
    assert execute(connection, f"select id from {RELEASES}").fetchall() == []
    assert read_owner(connection, "public")
