"""Transactions that wait briefly for locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from medallion.sinks.postgres import lock_waits
from medallion.sinks.postgres.database import execute
from medallion.sinks.postgres.lock_waits import retry_on_locks

if TYPE_CHECKING:
    from psycopg import Connection


@pytest.mark.parametrize(
    "reason", [psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable]
)
def test_the_work_is_done_again_in_a_transaction_of_its_own(
    connection: Connection, reason: type[psycopg.Error]
) -> None:
    execute(connection, "create table attempts (number integer)")
    attempts: list[int] = []

    def work() -> None:
        attempts.append(len(attempts))
        execute(connection, "insert into attempts values (?)", attempts[-1:])
        if len(attempts) < 3:
            raise reason

    retry_on_locks(connection, work)
    assert execute(connection, "select number from attempts").fetchall() == [(2,)]


def test_another_error_and_the_last_attempt_are_raised(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_waits, "ATTEMPTS", 2)
    attempts: list[str] = []

    def deadlock() -> None:
        attempts.append("deadlock")
        raise psycopg.errors.DeadlockDetected

    with pytest.raises(psycopg.errors.DeadlockDetected):
        retry_on_locks(connection, deadlock)
    with pytest.raises(psycopg.errors.UndefinedTable):
        retry_on_locks(connection, lambda: attempts.append(str(execute(connection, "table x"))))
    assert attempts == ["deadlock", "deadlock"]


def test_a_switch_gives_way_before_the_server_looks_for_deadlocks(connection: Connection) -> None:
    sql = "select boot_val from pg_settings where name = 'deadlock_timeout'"
    (milliseconds,) = execute(connection, sql).fetchone() or (0,)
    assert int(milliseconds) > lock_waits.LOCK_MILLISECONDS
