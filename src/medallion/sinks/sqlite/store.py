"""The SQLite store: each call reads one release, whatever is published meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import copy
from time import monotonic
from typing import Any
from weakref import WeakSet

from medallion.contracts import ROW, Page, Query, Store, quote
from medallion.errors import OvertimeError, SinkError
from medallion.query.aggregation import grouping
from medallion.query.cursor import gone_error, read_cursor
from medallion.query.validation import ValidatedQuery, key_values, served_table, validate_query
from medallion.records import Release, Served
from medallion.secrets import mask
from medallion.sinks.sqlite.aggregation import (
    OVERFLOW,
    group_rows,
    group_sql,
    selectivity_sql,
)
from medallion.sinks.sqlite.database import (
    sink_errors,
)
from medallion.sinks.sqlite.query import RANGES, find_sql, order_sql, where_sql
from medallion.sinks.sqlite.row_encoder import bound, restorer
from medallion.sinks.sqlite.store_connection import StoreConnection
from medallion.storage.digests import REPAIR

_BATCH = 1000
_INSTRUCTIONS = 10_000  # of SQLite's virtual machine between two checks of the time limit


class SqliteStore(Store):
    """The query side of a SQLite sink.

    Parameters: `url` of the file; `label` of the sink in the declaration. Connections are read-only
    and opened on first use, one per thread and process.
    """

    def __init__(self, url: str, label: str) -> None:
        self._url = url
        self._label = label
        self._local = threading.local()
        self._readers: WeakSet[StoreConnection] = WeakSet()
        self._pinned: Release | None = None
        self._seconds: float | None = None

    def __repr__(self) -> str:
        return f"<SqliteStore {mask(self._url)}>"

    def at(self, release: Release | None, seconds: float | None = None) -> SqliteStore:
        store = copy(self)
        store._pinned, store._seconds = release, seconds
        return store

    def release(self) -> Release:
        with self._reading() as reader:
            return reader.release

    def tables(self) -> Mapping[str, Served]:
        return self.release().served.get(self._label, {})

    def find(self, table: str, query: Query) -> Page:
        position = read_cursor(query.cursor) if query.cursor else None
        with self._reading() as reader:
            release = reader.release_at(position)
            served = served_table(release.served.get(self._label, {}), table)
            checked = validate_query(served, query, position)
            sql, values = find_sql(served.name, checked, reader.nulls(served.name))
            tuples = reader.connection.execute(sql, values).fetchall()
        cursor = None
        if len(tuples) > checked.limit:
            tuples.pop()
            cursor = checked.cursor(release.id, _cursor_values(checked, tuples[-1]))
        return Page(_rows(checked, tuples), release.id, cursor)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        with self._reading() as reader:
            served = served_table(reader.release.served.get(self._label, {}), table)
            checked = validate_query(served, Query())
            kinds = [checked.kinds[name] for name in served.key]
            values = [
                bound(kind, value)
                for kind, value in zip(kinds, key_values(served, key), strict=True)
            ]
            condition = " and ".join(f"{quote(name)} = ?" for name in served.key)
            columns = ", ".join(quote(name) for name in checked.fields)
            sql = f"select {columns} from {quote(served.name)} where {condition}"
            row = reader.connection.execute(sql, values).fetchone()
        return _rows(checked, [row])[0] if row else None

    def count(self, table: str, query: Query) -> int:
        with self._reading() as reader:
            served = served_table(reader.release.served.get(self._label, {}), table)
            where, values = where_sql(validate_query(served, query))
            sql = f"select count(*) from {quote(served.name)} where {where}"
            return int(reader.connection.execute(sql, values).fetchone()[0])

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        with self._reading() as reader:
            served = served_table(reader.release.served.get(self._label, {}), table)
            checked = grouping(served, by, metrics, query)
            indexed = True
            if checked.filters and all(
                condition.operator in RANGES for condition in checked.filters
            ):
                (is_selective,) = reader.connection.execute(
                    *selectivity_sql(served.name, checked)
                ).fetchone()
                indexed = bool(is_selective)
            try:
                tuples = reader.connection.execute(
                    *group_sql(served.name, checked, indexed=indexed)
                ).fetchall()
            except sqlite3.OperationalError as error:
                if str(error) != OVERFLOW:
                    raise
                wide = group_sql(served.name, checked, indexed=indexed, wide=True)
                tuples = reader.connection.execute(*wide).fetchall()
        return group_rows(checked, tuples)

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches; `limit` and `cursor` of the query are not used.

        The row numbers are read first (8 bytes each), then the rows by number, each batch in a
        transaction: one transaction for as long as the caller takes would keep SQLite from emptying
        its write-ahead log. Raises GoneError when the release is removed meanwhile.
        """
        with sink_errors(self._url), closing(StoreConnection(self._url)) as reader:
            with self._transaction(reader, self._pinned):
                release = reader.release
                served = served_table(release.served.get(self._label, {}), table)
                checked = validate_query(served, query)
                where, values = where_sql(checked)
                order = order_sql(checked.order)
                sql = f"select {ROW} from {quote(served.name)} where {where} order by {order}"
                numbers = _row_numbers(reader.connection.execute(sql, values))
            columns = ", ".join(quote(name) for name in (ROW, *checked.fields))
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                marks = ", ".join("?" * len(batch))
                sql = f"select {columns} from {quote(served.name)} where {ROW} in ({marks})"
                with self._transaction(reader, release):
                    rows = {row[0]: row[1:] for row in reader.connection.execute(sql, batch)}
                if len(rows) < len(set(batch)):
                    raise SinkError(f"{self._url}: rows of {table!r} are lost", hint=REPAIR)
                yield _rows(checked, [rows[number] for number in batch])

    def close(self) -> None:
        for reader in list(self._readers):
            reader.close()
        self._local = threading.local()

    @contextmanager
    def _reading(self) -> Iterator[StoreConnection]:
        """The connection of this thread, in one read transaction."""
        with sink_errors(self._url):
            reader = self._reader()
            with self._transaction(reader, self._pinned):
                yield reader

    @contextmanager
    def _transaction(self, reader: StoreConnection, pinned: Release | None) -> Iterator[None]:
        """One read transaction on the pinned or the active release."""
        with self._bounded(reader, pinned):
            try:
                reader.begin(pinned)
                yield
            finally:
                reader.connection.execute("rollback")

    @contextmanager
    def _bounded(self, reader: StoreConnection, pinned: Release | None) -> Iterator[None]:
        """Interrupt the block at the time limit. Raises GoneError if the pinned release is gone."""
        if self._seconds is not None:
            end = monotonic() + self._seconds
            reader.connection.set_progress_handler(lambda: monotonic() > end, _INSTRUCTIONS)
        try:
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise OvertimeError(
                    f"{self._url}: it took longer than {self._seconds} s, and was ended"
                ) from None
            if pinned and "no such table" in str(error):
                raise gone_error(pinned.id) from None
            raise
        finally:
            reader.connection.set_progress_handler(None, 0)

    def _reader(self) -> StoreConnection:
        reader: StoreConnection | None = getattr(self._local, "reader", None)
        if reader is None or not reader.current():
            reader = self._local.reader = StoreConnection(self._url, former=reader)
            self._readers.add(reader)
        return reader


def _row_numbers(rows: Iterable[tuple[Any]]) -> array[int]:
    """Row numbers, 8 bytes each. Raises SinkError on another value, as a damaged file may have."""
    try:
        return array("q", (number for (number,) in rows))
    except TypeError as error:
        raise SinkError("a row has no number", hint=REPAIR) from error


def _rows(checked: ValidatedQuery, tuples: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Result rows from tuples of SQLite; converting column by column halves the cost."""
    names = checked.fields
    columns = []
    for name, values in zip(names, zip(*tuples, strict=True), strict=False):
        restore = restorer(checked.kinds[name])
        try:
            columns.append(
                [None if value is None else restore(value) for value in values]
                if restore
                else values
            )
        except (ArithmeticError, ValueError, TypeError) as error:
            raise SinkError(
                f"column {name!r}: a served value is not what was loaded", hint=REPAIR
            ) from error
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _cursor_values(checked: ValidatedQuery, row: Sequence[Any]) -> list[Any]:
    """The values of a row in the columns of the order, as Python values."""
    values_by_name = dict(zip(checked.reads, row, strict=True))
    values = []
    for sort in checked.order:
        value, restore = values_by_name[sort.field], restorer(checked.kinds[sort.field])
        values.append(restore(value) if restore and value is not None else value)
    return values
