"""Which bronze tables are ingested over one connection, and again when that is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from medallion.errors import UnreachableError
from medallion.run.failures import Failures
from medallion.run.source_connections import SourceConnections
from medallion.run.source_matches import SourceTable

ATTEMPTS = 4
BACK_OFF, MOST_BACK_OFF = 0.5, 10.0  # seconds before the second attempt, on average, and at most


def ingest_in_groups(
    tables: Iterable[SourceTable], failures: Failures, work: Callable[[SourceTable], None]
) -> None:
    """Do the work for each table, and collect failures; tables of a database share a connection.

    When the database is unreachable, the work is done again for all of its tables, so that they
    are of one moment: `work` is idempotent. Raises the error of the last attempt.
    """
    for group in groups(tables):
        if not group[0].declared.pulled:
            with failures.collected(group[0].name):
                work(group[0])
            continue
        from tenacity import (
            Retrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )

        policy = Retrying(
            retry=retry_if_exception_type(UnreachableError),
            wait=wait_random_exponential(multiplier=BACK_OFF, max=MOST_BACK_OFF),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        policy(_ingest_group, group, failures, work)


def groups(tables: Iterable[SourceTable]) -> list[list[SourceTable]]:
    """The tables of each database, and each table of files by itself."""
    by_database: dict[object, list[SourceTable]] = {}
    for table in tables:
        source = table.declared.pulled
        key = (type(source), source.database) if source else table.name
        by_database.setdefault(key, []).append(table)
    return list(by_database.values())


def _ingest_group(
    group: Sequence[SourceTable], failures: Failures, work: Callable[[SourceTable], None]
) -> None:
    with SourceConnections() as connections:
        for table in group:
            with failures.collected(table.name):
                work(replace(table, connections=connections))
