"""The SQLite store: each call reads one release, whatever is published meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any
from weakref import WeakSet

from medallion.contracts import ROW, Page, Store, quote
from medallion.errors import OvertimeError, SinkError
from medallion.query.aggregation import Grouping
from medallion.query.cursor import gone_error
from medallion.query.sql_dialect import RANGES, columns_sql
from medallion.query.stored_values import result_rows
from medallion.query.validation import ValidatedQuery
from medallion.records import Release
from medallion.secrets import mask
from medallion.sinks.sqlite.aggregation import OVERFLOW, group_rows, selectivity_sql, with_kinds
from medallion.sinks.sqlite.database import sink_errors
from medallion.sinks.sqlite.dialect import SqliteDialect, WideSums
from medallion.sinks.sqlite.row_encoder import restorer
from medallion.sinks.sqlite.store_connection import StoreConnection
from medallion.storage.digests import REPAIR

_BATCH = 1000
_DIALECT = SqliteDialect()
_INSTRUCTIONS = 10_000  # of SQLite's virtual machine between two checks of the time limit


class SqliteStore(Store):
    """The query side of a SQLite sink.

    Parameters: `url` of the file; `label` of the sink in the declaration. Connections are read-only
    and opened on first use, one per thread and process.
    """

    def __init__(self, url: str, label: str) -> None:
        self._url = url
        self.label = label
        self._local = threading.local()
        self._readers: WeakSet[StoreConnection] = WeakSet()
        self._opening = threading.Lock()  # of the set, which must not grow while it is read

    def __repr__(self) -> str:
        return f"<SqliteStore {mask(self._url)}>"

    def active(self) -> Release:
        with self._reading(None) as reader:
            return reader.active()

    def kept(self, ident: str) -> Release:
        with self._reading(None) as reader:
            return reader.kept(ident)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        with self._reading(release) as reader:
            query = _stored(reader, query)
            statement = _DIALECT.page(query, reader.nulls(query.served.name))
            tuples = reader.connection.execute(*statement).fetchall()
        cursor = None
        if len(tuples) > query.limit:
            tuples.pop()
            cursor = query.cursor(release.id, _cursor_values(query, tuples[-1]))
        return Page(_rows(query, tuples), release.id, cursor)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        with self._reading(release) as reader:
            statement = _DIALECT.rows(query.served.name, "count(*)", _stored(reader, query))
            return int(reader.connection.execute(*statement).fetchone()[0])

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        name = query.served.name
        with self._reading(release) as reader:
            indexed = True
            kinds = reader.kinds(name, query.columns)
            if kinds != query.columns:
                query = with_kinds(query, kinds)
            if query.filters and all(one.operator in RANGES for one in query.filters):
                selectivity = selectivity_sql(name, query)
                indexed = bool(reader.connection.execute(*selectivity).fetchone()[0])
            try:
                statement = SqliteDialect(indexed=indexed).group(name, query)
                tuples = reader.connection.execute(*statement).fetchall()
            except sqlite3.OperationalError as error:
                if str(error) != OVERFLOW:
                    raise
                statement = WideSums(indexed=indexed).group(name, query)
                tuples = reader.connection.execute(*statement).fetchall()
        return group_rows(query, tuples)

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches.

        The row numbers are read first (8 bytes each), then the rows by number, each batch in a
        transaction: one transaction for as long as the caller takes would keep SQLite from emptying
        its write-ahead log. Raises GoneError when the release is removed meanwhile.
        """
        table, columns = quote(query.served.name), columns_sql((ROW, *query.fields))
        with sink_errors(self._url), closing(StoreConnection(self._url)) as reader:
            with self._transaction(reader, release):
                query = _stored(reader, query)
                sql, values = _DIALECT.rows(query.served.name, ROW, query)
                sql += f" order by {_DIALECT.order(query.order)}"
                numbers = _row_numbers(reader.connection.execute(sql, values))
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                marks = ", ".join("?" * len(batch))
                sql = f"select {columns} from {table} as t where {ROW} in ({marks})"
                with self._transaction(reader, release):
                    rows = {row[0]: row[1:] for row in reader.connection.execute(sql, batch)}
                if len(rows) < len(set(batch)):
                    raise SinkError(
                        f"{self._url}: rows of {query.served.table!r} are lost", hint=REPAIR
                    )
                yield _rows(query, [rows[number] for number in batch])

    def close(self) -> None:
        with self._opening:
            readers = list(self._readers)
        for reader in readers:
            reader.close()

    @contextmanager
    def _reading(self, release: Release | None) -> Iterator[StoreConnection]:
        """The connection of this thread, in one read transaction on a release or the active one."""
        with (
            sink_errors(self._url),
            self._reader() as reader,
            self._transaction(reader, release),
        ):
            yield reader

    @contextmanager
    def _transaction(self, reader: StoreConnection, release: Release | None) -> Iterator[None]:
        with self._bounded(reader, release):
            try:
                reader.begin(active=release is None)
                yield
            finally:
                reader.connection.execute("rollback")

    @contextmanager
    def _bounded(self, reader: StoreConnection, release: Release | None) -> Iterator[None]:
        """Interrupt the block at the time limit. Raises GoneError when the release is gone."""
        if self.seconds is not None:
            end = monotonic() + self.seconds
            reader.connection.set_progress_handler(lambda: monotonic() > end, _INSTRUCTIONS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise OvertimeError(
                    f"{self._url}: the query timed out after {self.seconds} s"
                ) from None
            if release and "no such table" in str(error):
                raise gone_error(release.id) from None
            raise
        finally:
            reader.connection.set_progress_handler(None, 0)

    @contextmanager
    def _reader(self) -> Iterator[StoreConnection]:
        """The connection of this thread, which stays open in the block."""
        while True:
            reader: StoreConnection | None = getattr(self._local, "reader", None)
            if reader is None or not reader.current():
                reader = self._local.reader = StoreConnection(self._url, former=reader)
                with self._opening:
                    self._readers.add(reader)
            with reader.in_use:
                if not reader.closed:  # by another thread, since it was looked up
                    yield reader
                    return


def _stored(reader: StoreConnection, query: ValidatedQuery) -> ValidatedQuery:
    """The query with the kinds that the columns of the table are stored as."""
    return replace(query, kinds=reader.kinds(query.served.name, query.kinds))


def _row_numbers(rows: Iterable[tuple[Any]]) -> array[int]:
    """Row numbers, 8 bytes each. Raises SinkError on another value, as a damaged file may have."""
    try:
        return array("q", (number for (number,) in rows))
    except TypeError as error:
        raise SinkError("a row has no number", hint=REPAIR) from error


def _rows(query: ValidatedQuery, tuples: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return result_rows(query.fields, query.kinds, tuples, restorer)


def _cursor_values(checked: ValidatedQuery, row: Sequence[Any]) -> list[Any]:
    """The values of a row in the columns of the order, as Python values."""
    values_by_name = dict(zip(checked.reads, row, strict=True))
    values = []
    for sort in checked.order:
        value, restore = values_by_name[sort.field], restorer(checked.kinds[sort.field])
        values.append(restore(value) if restore and value is not None else value)
    return values
