"""The rights that publishing needs, tried in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

from medallion.contracts import Right, quote
from medallion.errors import SinkError
from medallion.sinks.postgres.database import check_tables, execute, qualified
from medallion.sinks.postgres.views import check_role, grant

if TYPE_CHECKING:
    from psycopg import Connection


def rights(connection: Connection, schema: str, reader: str | None, place: str) -> Iterator[Right]:
    """Try to create a table, an index and a view, and to let the role `reader` read it.

    Before the first load nobody has made the internal tables; afterwards they are this user's.
    """
    from psycopg import Rollback

    name = f"_medallion_trial_{uuid4().hex}"
    table, view = qualified(schema, name), qualified(schema, f"{name}_view")
    with connection.transaction() as transaction:
        row = execute(connection, "select to_regnamespace(?)", [quote(schema)]).fetchone()
        if not (row and row[0]):
            yield _right(connection, "schema", f"create schema {quote(schema)}")
        yield _own_tables(connection, schema, place)
        yield _right(connection, "tables", f"create table {table} (trial integer)")
        yield _right(connection, "indexes", f"create index on {table} (trial)")
        yield _right(connection, "views", f"create view {view} as select trial from {table}")
        if reader:
            yield _reader_right(connection, schema, f"{name}_view", reader, place)
        raise Rollback(transaction)


def _right(connection: Connection, what: str, sql: str) -> Right:
    import psycopg

    try:
        with connection.transaction():  # a savepoint
            execute(connection, sql)
    except psycopg.Error as error:
        message = error.diag.message_primary or str(error)
        return Right(what, SinkError(f"refused: {message}", hint=_hint(what)))
    return Right(what, None)


def _own_tables(connection: Connection, schema: str, place: str) -> Right:
    try:
        check_tables(connection, schema, place)
    except SinkError as error:
        return Right("internal tables", error)
    return Right("internal tables", None)


def _hint(what: str) -> str:
    if what == "schema":
        return "create the schema, or grant this user create on the database"
    return "grant this user usage and create on the schema"


def _reader_right(connection: Connection, schema: str, view: str, reader: str, place: str) -> Right:
    import psycopg

    try:
        check_role(connection, reader, place)
        with connection.transaction():  # a savepoint
            grant(connection, schema, [view], reader, place)
    except SinkError as error:
        return Right("reader", error)
    except psycopg.Error as error:
        return Right("reader", SinkError(f"refused: {error.diag.message_primary}", hint=""))
    return Right("reader", None)
