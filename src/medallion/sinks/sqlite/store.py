"""Reads the active release from a SQLite file: every call sees one release, whatever is published meanwhile."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import copy
from time import monotonic
from typing import Any, cast
from weakref import WeakSet

from medallion.contracts import ROW, Page, Query, Store, quote
from medallion.errors import OvertimeError, SinkError
from medallion.query.aggregation import grouping
from medallion.query.cursor import CursorPosition, gone_error, read_cursor
from medallion.query.validation import ValidatedQuery, key_values, served_table, validate_query
from medallion.records import Release, Served
from medallion.sinks.sqlite.aggregation import (
    OVERFLOW,
    QUANTILE,
    QuantileAggregate,
    few_sql,
    group_rows,
    group_sql,
)
from medallion.sinks.sqlite.database import (
    LOADS,
    RELEASES,
    connect,
    path_of,
    read_active,
    told,
    unwritten,
)
from medallion.sinks.sqlite.query import RANGES, find_sql, order_sql, where_sql
from medallion.sinks.sqlite.row_encoder import bound, restorer
from medallion.storage.digests import REPAIR

_BATCH = 1000
_STEPS = 10_000  # of SQLite's machine between two looks at the clock


class SqliteStore(Store):
    """The query side of a SQLite sink: `url` of its file, `label` of the sink in the pipeline.

    Connections only read, one a thread and process, opened on first use.
    """

    def __init__(self, url: str, label: str) -> None:
        self._url = url
        self._label = label
        self._local = threading.local()
        self._readers: WeakSet[_StoreConnection] = WeakSet()
        self._pinned: Release | None = None
        self._seconds: float | None = None

    def at(self, release: Release | None, seconds: float | None = None) -> SqliteStore:
        made = copy(self)
        made._pinned, made._seconds = release, seconds
        return made

    def release(self) -> Release:
        with self._reading() as reader:
            return reader.release

    def tables(self) -> Mapping[str, Served]:
        return self.release().served.get(self._label, {})

    def find(self, table: str, query: Query) -> Page:
        place = read_cursor(query.cursor) if query.cursor else None
        with self._reading() as reader:
            release = reader.release_at(place)
            served = served_table(release.served.get(self._label, {}), table)
            checked = validate_query(served, query, place)
            sql, values = find_sql(served.name, checked, reader.nulls(served.name))
            found = reader.connection.execute(sql, values).fetchall()
        cursor = None
        if len(found) > checked.limit:
            found.pop()
            cursor = checked.cursor(release.id, _place_of(checked, found[-1]))
        return Page(_rows(checked, found), release.id, cursor)

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
            asked = grouping(served, by, metrics, query)
            indexed = True
            if asked.filters and all(one.operator in RANGES for one in asked.filters):
                (few,) = reader.connection.execute(*few_sql(served.name, asked)).fetchone()
                indexed = bool(few)
            try:
                found = reader.connection.execute(
                    *group_sql(served.name, asked, indexed=indexed)
                ).fetchall()
            except sqlite3.OperationalError as error:
                if str(error) != OVERFLOW:
                    raise
                wide = group_sql(served.name, asked, indexed=indexed, wide=True)
                found = reader.connection.execute(*wide).fetchall()
        return group_rows(asked, found)

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches; `limit` and `cursor` of the query are not used.

        The numbers of the rows are read first, eight bytes each, and the rows by them: a transaction that stayed
        open for as long as the caller takes would keep SQLite from emptying its write-ahead log. Raises GoneError
        when the release is removed meanwhile.
        """
        with told(self._url), closing(_StoreConnection(self._url)) as reader:
            with self._transaction(reader, self._pinned):
                release = reader.release
                served = served_table(release.served.get(self._label, {}), table)
                checked = validate_query(served, query)
                where, values = where_sql(checked)
                sql = f"select {ROW} from {quote(served.name)} where {where} order by {order_sql(checked.order)}"
                numbers = _numbers(reader.connection.execute(sql, values))
            columns = ", ".join(quote(name) for name in (ROW, *checked.fields))
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                sql = f"select {columns} from {quote(served.name)} where {ROW} in ({', '.join('?' * len(batch))})"
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
    def _reading(self) -> Iterator[_StoreConnection]:
        """This thread's reader inside one read transaction."""
        with told(self._url):
            reader = self._reader()
            with self._transaction(reader, self._pinned):
                yield reader

    @contextmanager
    def _transaction(self, reader: _StoreConnection, pinned: Release | None) -> Iterator[None]:
        """One read transaction, of the pinned or the active release."""
        with self._bounded(reader, pinned):
            try:
                reader.begin(pinned)
                yield
            finally:
                reader.connection.execute("rollback")

    @contextmanager
    def _bounded(self, reader: _StoreConnection, pinned: Release | None) -> Iterator[None]:
        """Ends what takes longer than it may, and tells when the pinned release is gone."""
        if self._seconds is not None:
            end = monotonic() + self._seconds
            reader.connection.set_progress_handler(lambda: monotonic() > end, _STEPS)
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

    def _reader(self) -> _StoreConnection:
        reader: _StoreConnection | None = getattr(self._local, "reader", None)
        if reader is None or not reader.current():
            reader = self._local.reader = _StoreConnection(self._url, former=reader)
            self._readers.add(reader)
        return reader


class _StoreConnection:
    """One connection, and what it knows of the releases as long as none comes or goes.

    `former` is kept when it came through a fork: closing a connection of the parent could drop its locks.
    """

    def __init__(self, url: str, former: _StoreConnection | None = None) -> None:
        self._url = url
        self._process = os.getpid()
        self._former = former if former and former._process != self._process else None
        self._active = ""
        self._pinned: Release | None = None
        self._switches = -1
        self._releases: dict[str, Release] = {}
        self._nulls: dict[str, frozenset[str]] = {}
        if not path_of(url).exists():
            raise self._unpublished()
        self._immutable = unwritten(path_of(url))
        self.connection = connect(path_of(url), write=False)
        self.connection.create_aggregate(QUANTILE, 2, cast("Any", QuantileAggregate))
        self._file = self._identity()

    def current(self) -> bool:
        """Whether it belongs to this process and to the file that is there now."""
        return self._process == os.getpid() and self._file == self._identity()

    def begin(self, pinned: Release | None) -> None:
        """Begin a transaction, which sees one state of the file to its end, of the active or the pinned release."""
        self.connection.execute("begin")
        self._pinned = pinned
        if pinned:
            return
        found = read_active(self.connection)
        if found is None:
            raise self._unpublished()
        self._active, switches = found
        if switches != self._switches:
            self._switches = switches
            self._releases.clear()
            self._nulls.clear()

    @property
    def release(self) -> Release:
        return self._pinned or self._release(self._active)

    def release_at(self, place: CursorPosition | None) -> Release:
        """The release a cursor began with, the one of the transaction without. Raises GoneError when it is gone."""
        if place is None or (self._pinned and place.release == self._pinned.id):
            return self.release
        return self._release(place.release)

    def nulls(self, name: str) -> frozenset[str]:
        """The columns of a physical table that hold a null; none of a table that is not there."""
        if name not in self._nulls:
            found = self.connection.execute(
                f"select nulls from {LOADS} where name = ?", (name,)
            ).fetchone()
            if found is None:
                return frozenset()
            self._nulls[name] = frozenset(json.loads(found[0]))
        return self._nulls[name]

    def close(self) -> None:
        self.connection.close()

    def _release(self, ident: str) -> Release:
        if self._pinned or ident not in self._releases:  # pinned, nobody looked whether one went
            found = self.connection.execute(
                f"select body from {RELEASES} where id = ?", (ident,)
            ).fetchone()
            if found is None:
                raise gone_error(ident)
            self._releases[ident] = Release.model_validate_json(found[0])
        return self._releases[ident]

    def _identity(self) -> tuple[object, ...] | None:
        try:
            found = os.stat(path_of(self._url))  # noqa: PTH116 (asked on every call: a Path costs as much again)
        except FileNotFoundError:
            return None
        if self._immutable:  # SQLite does not look for changes then
            return (
                found.st_dev,
                found.st_ino,
                found.st_mtime_ns,
                found.st_size,
                unwritten(path_of(self._url)),
            )
        return found.st_dev, found.st_ino

    def _unpublished(self) -> SinkError:
        return SinkError(f"{self._url}: nothing was published yet", hint="medallion run")


def _numbers(rows: Iterable[tuple[Any]]) -> array[int]:
    """The numbers of rows, eight bytes each. Raises SinkError on what is none, as a damaged file may have."""
    try:
        return array("q", (number for (number,) in rows))
    except TypeError as error:
        raise SinkError("a row has no number", hint=REPAIR) from error


def _rows(checked: ValidatedQuery, found: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The dicts a caller gets from the tuples SQLite gave, restored column by column, which costs half."""
    names = checked.fields
    columns = []
    for name, values in zip(names, zip(*found, strict=True), strict=False):
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


def _place_of(checked: ValidatedQuery, row: Sequence[Any]) -> list[Any]:
    """The sorted values of a row, as Python's own."""
    found = dict(zip(checked.reads, row, strict=True))
    values = []
    for sort in checked.order:
        value, restore = found[sort.field], restorer(checked.kinds[sort.field])
        values.append(restore(value) if restore and value is not None else value)
    return values
