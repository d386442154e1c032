"""Connections, internal tables and errors of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from medallion.errors import SinkError
from medallion.records import Owner
from medallion.sinks.postgres.database import (
    ACTIVE,
    LOADS,
    RELEASES,
    check_tables,
    connect,
    execute,
    numbered,
    prepare,
    qualified,
    read_active,
    read_loaded,
    read_owner,
    sink_errors,
)
from medallion.sinks.postgres.release_switch import record_owner

if TYPE_CHECKING:
    from psycopg import Connection

URL = "postgresql://ann:s3cret@db/shop?sslpassword=s3cret"


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[Connection]:
    with closing(connect(postgres_url)) as connection:
        yield connection


def test_each_mark_outside_names_and_literals_gets_a_number() -> None:
    sql = 'select "a?""?", \'?\'\'?\', ? from t where x = ? and "y" = ?'
    assert numbered(sql) == 'select "a?""?", \'?\'\'?\', $1 from t where x = $2 and "y" = $3'


def test_results_are_exact(empty: Connection) -> None:
    (value,) = execute(empty, "select ?::float8", [0.1 + 0.2]).fetchone() or (None,)
    assert value == 0.1 + 0.2


def test_the_schema_and_its_tables_are_created_once(connection: Connection) -> None:
    for _ in range(2):
        prepare(connection, 'of "sales"', "here")
    tables = execute(
        connection, "select tablename from pg_tables where schemaname = ?", ['of "sales"']
    ).fetchall()
    assert {name for (name,) in tables} == {ACTIVE, LOADS, RELEASES}
    assert read_active(connection, 'of "sales"') is None
    assert read_loaded(connection, 'of "sales"') == frozenset()


@pytest.mark.parametrize("table", [ACTIVE, LOADS, RELEASES])
def test_an_internal_table_of_another_role_is_refused(
    empty_database: Connection, table: str
) -> None:
    connection = empty_database
    execute(connection, "create role stranger")
    execute(connection, "create role publisher")
    try:
        execute(connection, "grant create on schema public to stranger, publisher")
        execute(connection, "set role stranger")
        execute(connection, f"create table {table} (any_column text)")
        execute(connection, "set role publisher")
        with pytest.raises(SinkError, match=f"here: .*{table}.* role 'stranger', not") as error:
            prepare(connection, "public", "here")
        assert 'grant "stranger" to "publisher"' in error.value.hint
        execute(connection, "reset role")
        execute(connection, "grant stranger to publisher")
        execute(connection, "set role publisher")
        check_tables(connection, "public", "here")
    finally:
        execute(connection, "reset role")
        for role in ("stranger", "publisher"):
            execute(connection, f"drop owned by {role}")
            execute(connection, f"drop role {role}")


def test_the_owner_is_none_before_the_first(connection: Connection) -> None:
    assert read_owner(connection, "public") is None
    owner = Owner(lake="a", pipeline="mine", token=5, run="r5")
    record_owner(connection, "public", owner)
    with connection.transaction():
        assert read_owner(connection, "public", lock=True) == owner


def test_names_have_their_schema() -> None:
    assert qualified("a", 'b"c') == '"a"."b""c"'


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("postgresql://ann:p@ss@db/shop", "unescaped URL characters", "percent-encode"),
        ("postgresql://db/shop?nmae=x", "invalid URI query parameter", ""),
        ("postgresql://127.0.0.1:1/shop", "cannot be reached: .*refused", "server runs"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, message: str, hint: str) -> None:
    with pytest.raises(SinkError, match=message) as error:
        connect(url)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ("/nothing", 'database "nothing" does not exist', "create the database"),
        ("/postgres?sslmode=require", "SSL", "sslmode"),
    ],
)
def test_a_refused_connection_gets_its_cause(
    postgres_server: str, options: str, message: str, hint: str
) -> None:
    with pytest.raises(SinkError, match=message) as error:
        connect(postgres_server + options)
    assert hint in error.value.hint


def test_an_error_of_the_server_has_its_message_and_a_hint(empty: Connection) -> None:
    execute(empty, "set default_transaction_read_only = on")
    with pytest.raises(SinkError, match="read-only") as error, sink_errors(URL):
        execute(empty, "create table t (x integer)")
    execute(empty, "set default_transaction_read_only = off")
    assert "name the primary" in error.value.hint
    assert "s3cret" not in str(error.value)
    missing = r'postgresql://\*\*\*@db/shop: relation "nothing"'
    with pytest.raises(SinkError, match=missing), sink_errors(URL):
        execute(empty, "select * from nothing")


def test_another_error_passes_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), sink_errors(URL):
        raise ZeroDivisionError
    away = "cannot be reached: it went away"
    with pytest.raises(SinkError, match=away) as error, sink_errors(URL):
        raise psycopg.OperationalError("it went away")
    assert "server runs" in error.value.hint
