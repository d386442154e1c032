"""The PostgreSQL store: each call reads one release, whatever is published meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from medallion.contracts import PERIODS, ROW, Page, Store, period_text, read_release
from medallion.contracts.table_target import masked
from medallion.errors import CallError, OvertimeError, SinkError
from medallion.query.aggregation import Grouping
from medallion.query.cursor import gone_error
from medallion.query.sql_dialect import Statement, columns_sql
from medallion.query.validation import ValidatedQuery
from medallion.records import Release
from medallion.secrets import mask
from medallion.sinks.postgres.column_types import columns_of, rows_of
from medallion.sinks.postgres.connection_pool import ConnectionPool
from medallion.sinks.postgres.database import (
    ACTIVE,
    LOADS,
    RELEASES,
    connect,
    execute,
    numbered,
    qualified,
    sink_errors,
)
from medallion.sinks.postgres.dialect import PostgresDialect

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

T = TypeVar("T")
_BATCH = 1000


class PostgresStore(Store):
    """The query side of a PostgreSQL sink.

    Parameters: `url` and `schema` of the sink; `label` of the sink in the declaration. Connections
    are opened on first use, and each process has its own.
    """

    def __init__(self, url: str, schema: str, label: str) -> None:
        self._url = url
        self._schema = schema
        self.label = label
        self._pool = ConnectionPool(url)
        self._switches = -1
        self._releases: dict[str, Release] = {}
        self._nulls: dict[str, frozenset[str]] = {}

    def __repr__(self) -> str:
        return f"<PostgresStore {mask(self._url)}>"

    def active(self) -> Release:
        return self._run(None, lambda connection: self._release(connection, self._look(connection)))

    def kept(self, ident: str) -> Release:
        def release(connection: Connection) -> Release:
            self._look(connection)
            return self._release(connection, ident)

        return self._run(None, release)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        def page(connection: Connection) -> list[tuple[Any, ...]]:
            nulls = self._nulls_of(connection, query.served.name)
            statement = self._dialect(query).page(query, nulls)
            return execute(connection, *statement).fetchall()

        tuples, cursor = self._run(release, page), None
        if len(tuples) > query.limit:
            tuples.pop()
            last = dict(zip(query.reads, tuples[-1], strict=True))
            order = [sort.field for sort in query.order]
            values = columns_of(order, query.kinds, [[last[name] for name in order]])
            cursor = query.cursor(release.id, [value for (value,) in values])
        rows = [row[: len(query.fields)] for row in tuples]
        return Page(rows_of(query.fields, query.kinds, rows), release.id, cursor)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        statement = self._dialect(query).rows(query.served.name, "count(*)", query)
        return int(self._rows(release, statement)[0][0])

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        statement = PostgresDialect(self._schema).group(query.served.name, query)
        rows = rows_of(list(query.kinds), query.kinds, self._rows(release, statement))
        for term in query.terms:
            if term.form in PERIODS:
                for row in rows:
                    if row[term.column] is not None:
                        row[term.column] = period_text(term.form, row[term.column])
        return rows

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches, by a cursor of the server on a connection of its own."""
        from psycopg import RawServerCursor

        dialect = self._dialect(query)
        sql, values = dialect.rows(query.served.name, columns_sql(query.fields), query)
        sql = f"{sql} order by {dialect.order(query.order)}"
        with sink_errors(self._url), connect(self._url) as connection, connection.transaction():
            milliseconds = round((self.seconds or 0) * 1000)
            execute(connection, f"set local statement_timeout = {milliseconds}")
            execute(connection, "set local cursor_tuple_fraction = 1")
            with RawServerCursor(connection, "medallion_scan") as cursor:
                with self._answering(release):
                    cursor.execute(numbered(sql).encode(), values or None, binary=True)
                    tuples = cursor.fetchmany(_BATCH)
                if self.seconds is not None:  # the limit is for the first batch
                    execute(connection, "set local statement_timeout = 0")
                while tuples:
                    yield rows_of(query.fields, query.kinds, tuples)
                    tuples = cursor.fetchmany(_BATCH)

    def close(self) -> None:
        self._pool.close()

    def _rows(self, release: Release, statement: Statement) -> list[tuple[Any, ...]]:
        return self._run(release, lambda connection: execute(connection, *statement).fetchall())

    def _run(self, release: Release | None, work: Callable[[Connection], T]) -> T:
        """The answer of `work`, which reads a release, or looks for one."""
        with sink_errors(self._url), self._answering(release):
            return self._pool.run(work, self.seconds)

    @contextmanager
    def _answering(self, release: Release | None) -> Iterator[None]:
        """Raise OvertimeError at the time limit, GoneError when the release is gone.

        Raises CallError for a figure that overflows, which other databases return as infinite.
        """
        import psycopg

        try:
            yield
        except psycopg.errors.QueryCanceled:
            if self.seconds is None:
                raise
            raise OvertimeError(
                f"{masked(self._url)}: the query timed out after {self.seconds} s"
            ) from None
        except psycopg.errors.NumericValueOutOfRange as error:
            raise _overflow(error) from None
        except psycopg.errors.UndefinedTable:
            if release is None:
                raise self._unpublished() from None
            raise gone_error(release.id) from None

    def _look(self, connection: Connection) -> str:
        """The id of the active release; what is cached is dropped after a switch or a pruning."""
        active = qualified(self._schema, ACTIVE)
        row = execute(connection, f"select release, switches from {active}").fetchone()
        if row is None or row[0] is None:
            raise self._unpublished()
        ident, switches = row
        if switches != self._switches:
            self._releases, self._nulls, self._switches = {}, {}, switches
        return str(ident)

    def _release(self, connection: Connection, ident: str) -> Release:
        releases = self._releases
        if ident not in releases:
            sql = f"select body from {qualified(self._schema, RELEASES)} where id = ?"
            row = execute(connection, sql, [ident]).fetchone()
            if row is None:
                raise gone_error(ident)
            releases[ident] = read_release(row[0])
        return releases[ident]

    def _nulls_of(self, connection: Connection, name: str) -> frozenset[str]:
        """The columns of a physical table with a null; none for a table that does not exist."""
        nulls = self._nulls
        if name not in nulls:
            sql = f"select nulls from {qualified(self._schema, LOADS)} where name = ?"
            row = execute(connection, sql, [name]).fetchone()
            if row is None:
                return frozenset()
            nulls[name] = frozenset(json.loads(row[0]))
        return nulls[name]

    def _dialect(self, query: ValidatedQuery) -> PostgresDialect:
        return PostgresDialect(self._schema, query.served.key or (ROW,))

    def _unpublished(self) -> SinkError:
        return SinkError(f"{masked(self._url)}: nothing was published yet", hint="medallion run")


def _overflow(error: psycopg.Error) -> CallError:
    """The error for a figure that PostgreSQL cannot represent."""
    reason = error.diag.message_primary or ""
    type_ = "64-bit integers" if "bigint" in reason else "floating point"
    return CallError(
        f"a figure of this query is beyond the range of {type_}: {reason}",
        hint="filter out the extreme values, or use bins of another width",
    )
