"""Damage in a PostgreSQL database: rows are counted, and rows that exist nowhere else kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medallion.contracts import Flaw
from medallion.errors import LoadError
from medallion.records import Served
from medallion.sinks.postgres.database import LOADS, execute
from medallion.sinks.postgres.repair import check_history, flaws
from medallion.sinks.postgres.sink import Postgres
from medallion.testing.served import items, publish

if TYPE_CHECKING:
    from psycopg import Connection


def served(sink: Postgres) -> dict[str, Served]:
    return publish(sink, "first", items(20)).served["serving"]


def test_rows_that_are_lost_are_found(sink: Postgres, connection: Connection) -> None:
    tables = served(sink)
    assert list(flaws(connection, "public", tables, None)) == []
    execute(connection, f'delete from "{tables["items"].name}" where id = 7')
    flaw = Flaw("items", "has 19 rows; 20 were loaded")
    assert list(flaws(connection, "public", tables, None)) == [flaw]
    assert list(flaws(connection, "public", tables, 20)) == [flaw]
    assert list(flaws(connection, "public", tables, 19)) == []


def test_a_table_that_is_not_there_is_found(sink: Postgres, connection: Connection) -> None:
    tables = served(sink)
    execute(connection, f'drop table "{tables["items"].name}" cascade')
    assert list(flaws(connection, "public", tables, None)) == [Flaw("items", "does not exist")]
    execute(connection, f"delete from {LOADS}")
    assert list(flaws(connection, "public", tables, None)) == [Flaw("items", "is not loaded")]
    assert list(flaws(connection, "other", tables, None)) == [Flaw("items", "is not loaded")]


def test_a_table_on_top_of_lost_rows_is_not_discarded(
    sink: Postgres, connection: Connection
) -> None:
    first = served(sink)["items"]
    second = first.model_copy(update={"name": "items__2", "former": first})
    check_history(connection, "public", {"items": second}, ["items"], "here")
    execute(connection, f"delete from {LOADS}")
    check_history(connection, "public", {"items": first}, ["items"], "here")
    with pytest.raises(LoadError, match="here: table 'items': the rows served before"):
        check_history(connection, "public", {"items": second}, ["items"], "here")
