"""Transactions that replace what others read: they wait briefly for locks, and try again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from medallion.sinks.postgres.database import execute

if TYPE_CHECKING:
    from psycopg import Connection

# Less than the server's `deadlock_timeout` of one second: when a reader waits for one view and the
# switch for another, the switch gives way before the server ends the reader's transaction. New
# readers wait no longer either.
LOCK_MILLISECONDS = 800
ATTEMPTS = 75  # about a minute


def retry_on_locks(connection: Connection, work: Callable[[], None]) -> None:
    """Do `work` in a transaction of its own, again while others lock what it replaces."""
    from psycopg.errors import DeadlockDetected, LockNotAvailable

    for attempt in range(ATTEMPTS):
        try:
            with connection.transaction():
                execute(connection, f"set local lock_timeout = {LOCK_MILLISECONDS}")
                work()
        except (DeadlockDetected, LockNotAvailable):
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return
