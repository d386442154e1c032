"""Removes loaded tables, without making a reader wait."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import TYPE_CHECKING, Any

from medallion.secrets import masked_logger
from medallion.sinks.postgres.database import LOADS, execute, qualified

if TYPE_CHECKING:
    from psycopg import Connection

_ATTEMPTS = 4
_PAUSE = 0.05  # seconds between two attempts

_log = masked_logger(__name__)


def drop_unused(
    connection: Connection,
    schema: str,
    name: str,
    token: int | None,
    check: Callable[[Connection], object],
) -> bool:
    """Drop a loaded table, unless a newer writer uses it; return whether it was dropped.

    `check` raises when a newer writer has switched. A table that somebody reads is left for the
    next time: a DROP that waits for a reader would make the readers after it wait too.
    """
    import psycopg

    for _ in range(_ATTEMPTS):
        try:
            with connection.transaction():
                check(connection)
                return drop_load(connection, schema, name, token, wait=False)
        except psycopg.errors.LockNotAvailable:
            sleep(_PAUSE)
        except psycopg.errors.DependentObjectsStillExist as error:
            _log.warning(
                "%s is no longer served and stays, as other objects depend on it: %s",
                name,
                error.diag.message_detail,
            )
            return False
    _log.info("%s is no longer served, but is being read: a later run removes it", name)
    return False


def drop_load(
    connection: Connection, schema: str, name: str, token: int | None, *, wait: bool
) -> bool:
    """Drop a table and its mark, unless that has a greater `token`; return whether it was there.

    Without `wait`, raises LockNotAvailable when somebody reads the table.
    """
    sql = f"delete from {qualified(schema, LOADS)} where name = ?"
    values: list[Any] = [name]
    if token is not None:
        sql, values = f"{sql} and token <= ?", [name, token]
    if not execute(connection, sql, values).rowcount:
        return False
    table = qualified(schema, name)
    row = execute(connection, "select to_regclass(?)", [table]).fetchone()
    if row and row[0]:
        nowait = "" if wait else " nowait"
        execute(connection, f"lock table {table} in access exclusive mode{nowait}")
        execute(connection, f"drop table {table}")
    return True
