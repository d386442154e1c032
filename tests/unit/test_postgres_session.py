"""Errors of PostgreSQL: what they say, and whether a retry may help."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from medallion.postgres_session import is_transient, is_unreachable, message_and_hint


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg.OperationalError("FATAL: sorry, too many clients already"), True),
        (errors.AdminShutdown("terminating connection"), True),
        (errors.SerializationFailure("conflict with recovery"), True),
        (psycopg.OperationalError('FATAL: password authentication failed for user "a"'), False),
        (psycopg.OperationalError('FATAL:  role "ann" does not exist'), False),
        (psycopg.OperationalError('FATAL:  too many connections for role "ann"'), True),
        (psycopg.OperationalError('FATAL:  permission denied for database "shop"'), False),
        (psycopg.OperationalError('FATAL: database "shop" does not exist'), False),
        (psycopg.OperationalError("certificate verify failed"), False),
        (errors.UndefinedTable('relation "orders" does not exist'), False),
    ],
)
def test_whether_a_retry_may_help(error: psycopg.Error, transient: bool) -> None:
    assert is_transient(error) is transient


def test_hints_are_by_code_and_by_message() -> None:
    table = errors.UndefinedTable('relation "orders" does not exist')
    assert not is_unreachable(table)
    assert message_and_hint(table, {"42P01": "create it"})[1] == "create it"
    lost = psycopg.OperationalError("connection refused")
    assert message_and_hint(lost, {})[0] == "cannot be reached: connection refused"
    full = psycopg.OperationalError('FATAL:  too many connections for role "ann"')
    assert "max_connections" in message_and_hint(full, {})[1]
    absent = psycopg.OperationalError('FATAL: database "shop" does not exist')
    assert message_and_hint(absent, {}) == (
        'database "shop" does not exist',
        "create the database, or correct its name in the URL",
    )
