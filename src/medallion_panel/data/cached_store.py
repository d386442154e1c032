"""The store that all sessions of a process share, with a cache of its answers per release."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import inf
from sys import float_info
from typing import Any, TypeVar

from medallion.contracts import Filter, Page, Query, Sort, Store
from medallion.errors import CallError, MedallionError, SinkError, did_you_mean
from medallion.query.column_types import Kind, kind_of
from medallion.records import Release, Served
from medallion_panel.data.cache_loader import ColumnCacheLoader
from medallion_panel.data.column_cache import ColumnCache
from medallion_panel.ui.series_colors import SeriesColors

T = TypeVar("T")

_MAX_ANSWERS = 512
_MAX_ATTEMPTS = 3  # reads of one answer, when releases are published meanwhile
_THREADS = 16


class CachedStore:
    """A store with a cache: a release never changes, so its answers stay valid while it is active.

    Call it from the threads of `pool`, so that a slow query does not block other visitors.
    `uncached` is the store itself; `colors` are the colours of series, common to all visitors.

    Parameters: `store`, opened on first use.
    """

    def __init__(self, store: Store) -> None:
        self.uncached = store
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._query_locks: dict[Any, threading.Lock] = {}
        # At most one query per processor at a time: those asked first, for the top of the page,
        # finish first.
        self._slots = threading.Semaphore(max(2, os.cpu_count() or 2))
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dashboard-query")
        self._release: Release | None = None
        self._error: MedallionError | None = None  # of the last look at the store
        self._column_caches = ColumnCacheLoader(store)
        self.colors = SeriesColors()

    def release(self) -> Release:
        """Ask the store for its active release. Raises MedallionError when it cannot be read."""
        try:
            self._release = self.uncached.release()
        except MedallionError as error:
            self._error = error
            raise
        self._error = None
        self._column_caches.set_release(self._release.id)
        return self._release

    def last_release(self) -> Release:
        """The release that was active at the last look at the store; every answer is from it."""
        return self._release or self.release()

    def tables(self) -> Mapping[str, Served]:
        """The served tables by name, uncached."""
        return self.uncached.tables()

    def served(self, table: str) -> Served:
        """A served table. Raises CallError with the nearest name."""
        tables = self._cached(("tables",), self.tables)
        if table not in tables:
            raise CallError(f"no table {table!r}{did_you_mean(table, tables)}")
        return tables[table]

    def kinds(self, table: str) -> dict[str, Kind]:
        """The kind of every column of a table."""
        return {column.name: kind_of(column.type) for column in self.served(table).columns}

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        """`Store.group`, from cached columns where they suffice."""
        key = ("group", table, tuple(by), tuple(metrics.items()), query)
        from_columns = self._from_columns(table, lambda cache: cache.group(by, metrics, query))
        return self._cached(
            key, lambda: self.uncached.group(table, by, metrics, query), from_columns
        )

    def find(self, table: str, query: Query) -> Page:
        """`Store.find`."""
        return self._cached(("find", table, query), lambda: self.uncached.find(table, query))

    def count(self, table: str, query: Query) -> int:
        """`Store.count`, from cached columns where they suffice."""
        key = ("count", table, query.filters)
        from_columns = self._from_columns(table, lambda cache: cache.count(query))
        return self._cached(key, lambda: self.uncached.count(table, query), from_columns)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        """`Store.get`."""
        return self._cached(("get", table, key), lambda: self.uncached.get(table, key))

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """`Store.scan`, uncached."""
        return self.uncached.scan(table, query)

    def points(self, table: str, query: Query) -> list[dict[str, Any]]:
        """The `fields` of all rows that match, in no particular order."""
        rows = self._from_columns(table, lambda cache: cache.rows(query))(self.last_release().id)
        if rows is None:
            rows = [row for batch in self.scan(table, query) for row in batch]
        return rows

    def cache_columns(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Load these columns of large tables, by table, into memory in the background."""
        self._column_caches.request(self.last_release(), columns)

    def values(self, table: str, column: str, limit: int) -> list[Any]:
        """The first `limit` distinct values of a column in order, without null."""
        groups = self.group(table, (column,), {}, Query(sort=(Sort(column),), limit=limit + 1))
        return [row[column] for row in groups if row[column] is not None][:limit]

    def bounds(self, table: str, column: str) -> tuple[Any, Any]:
        """The least and the greatest finite value of a column; (None, None) when there is none."""
        metrics = {"low": f"min({column})", "high": f"max({column})"}
        (row,) = self.group(table, (), metrics, Query())
        if row["low"] == -inf or row["high"] == inf:
            finite = (Filter(column, "gte", -float_info.max), Filter(column, "lte", float_info.max))
            (row,) = self.group(table, (), metrics, Query(finite))
        return row["low"], row["high"]

    def _from_columns(
        self, table: str, query: Callable[[ColumnCache], T | None]
    ) -> Callable[[str], T | None]:
        """A query as a function of a release: its answer from cached columns, None without them."""

        def answer(release: str) -> T | None:
            cache = self._column_caches.get(release, table)
            return None if cache is None else query(cache)

        return answer

    def _cached(
        self,
        key: Any,
        query: Callable[[], T],
        from_columns: Callable[[str], T | None] = lambda _: None,
    ) -> T:
        """The answer of a query about the last release seen, computed once.

        While the store is unreachable, only answers from the cache or `from_columns` are given, and
        every other query fails immediately: waiting for a timeout each would block all visitors.
        """
        for _ in range(_MAX_ATTEMPTS):
            release = self.last_release().id
            cache_key = (release, repr(key))
            with self._query_lock(cache_key):
                with self._lock:
                    if cache_key in self._answers:
                        self._answers.move_to_end(cache_key)
                        cached: T = self._answers[cache_key]
                        return cached
                answer = from_columns(release)
                if answer is not None:
                    return self._put(cache_key, answer)
                if self._error is not None:
                    raise self._error
                with self._slots:
                    answer = query()
                if self.release().id == release:
                    return self._put(cache_key, answer)
        raise SinkError(
            "releases change faster than they can be read", hint="wait until the run has finished"
        )

    def _put(self, cache_key: Any, answer: T) -> T:
        with self._lock:
            self._answers[cache_key] = answer
            while len(self._answers) > _MAX_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    @contextmanager
    def _query_lock(self, cache_key: Any) -> Iterator[None]:
        """One computation per query at a time: others that ask the same wait for its answer."""
        with self._lock:
            lock = self._query_locks.setdefault(cache_key, threading.Lock())
        try:
            with lock:
                yield
        finally:
            with self._lock:
                self._query_locks.pop(cache_key, None)
