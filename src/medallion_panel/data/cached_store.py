"""The store that all sessions of a process share, with a cache of its answers per release."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from math import inf
from sys import float_info
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from medallion.contracts import Filter, Page, Query, Sort, Store
from medallion.errors import GoneError, MedallionError, SinkError
from medallion.query.aggregation import grouping
from medallion.query.column_types import Kind, kind_of
from medallion.query.validation import served_table, validate_query
from medallion.records import Release, Served
from medallion_panel.data.arrow_rows import ArrowRows
from medallion_panel.data.cache_loader import ColumnCacheLoader
from medallion_panel.data.visit_waits import VisitWaits
from medallion_panel.ui.series_colors import SeriesColors

T = TypeVar("T")

# An answer from cached columns, and a function that asks the store where it is None.
Reading: TypeAlias = tuple[T | None, Callable[[], T]]

_MAX_ANSWERS = 2048
_MAX_VALUES = 1_000_000  # in all answers that are kept: some 100 MB
BYTES_PER_VALUE = 100  # of a dict
_MAX_ATTEMPTS = 3  # reads of one answer, when releases are published meanwhile
_THREADS = 16
_LOOK_SECONDS = 4.0


class CachedStore:
    """A store with a cache: a release never changes, so its answers stay valid while it is active.

    Call it from the threads of `pool`, so that a slow query does not block other visitors.
    `uncached` is the store itself; `colors` are the colours of series, and `waits`
    how long figures took, of all visitors.

    Parameters: `store`, opened on first use.
    """

    def __init__(self, store: Store) -> None:
        self.uncached = store
        self._answers: OrderedDict[Any, Any] = OrderedDict()  # of one release
        self._sizes: dict[Any, int] = {}  # the number of values in each
        self._values = 0  # in all of them
        self._lock = threading.Lock()
        self._query_locks: dict[Any, threading.Lock] = {}
        # At most one query per processor at a time: those asked first, for the top of the page,
        # finish first.
        self._slots = threading.Semaphore(max(2, os.cpu_count() or 2))
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dashboard-query")
        self._release: Release | None = None
        self._error: MedallionError | None = None  # of the last look at the store
        self._looking = threading.Lock()
        self._looked_at = -inf
        self._column_caches = ColumnCacheLoader(store)
        self.colors, self.waits = SeriesColors(), VisitWaits()

    def release(self) -> Release:
        """Ask the store for its active release. Raises MedallionError when it cannot be read."""
        try:
            self._release = self.uncached.release()
        except MedallionError as error:
            self._error = error
            raise
        finally:
            self._looked_at = monotonic()
        self._error = None
        self._column_caches.set_release(self._release.id)
        self._drop_others(self._release.id)
        return self._release

    def recent_release(self) -> Release:
        """The release that was active a few seconds ago: one look serves all visitors.

        Raises the MedallionError of that look.
        """
        with self._looking:
            if self._release is None or monotonic() - self._looked_at > _LOOK_SECONDS:
                return self.release()
            if self._error is not None:
                raise self._error
            return self._release

    def seen_release(self) -> Release | None:
        """The release of the last look, without looking; None when that failed or is too old."""
        recent = monotonic() - self._looked_at <= _LOOK_SECONDS
        return self._release if recent and self._error is None else None

    def last_release(self) -> Release:
        """The release that was active at the last look at the store; every answer is from it."""
        return self._release or self.release()

    def tables(self) -> Mapping[str, Served]:
        """The served tables by name."""
        return self.uncached.tables_of(self.last_release())

    def served(self, table: str, release: Release | None = None) -> Served:
        """A served table, of the last release seen or of another one.

        Raises CallError with the nearest name.
        """
        return self._served(release or self.last_release(), table)

    def kinds(self, table: str) -> dict[str, Kind]:
        """The kind of every column of a table."""
        return {column.name: kind_of(column.type) for column in self.served(table).columns}

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        """`Store.group`, from cached columns where they suffice."""

        def groups(release: Release) -> Reading[list[dict[str, Any]]]:
            checked = grouping(self._served(release, table), by, metrics, query)
            cache = self._column_caches.get(release.id, table)
            cached = cache.groups(checked) if cache else None
            return cached, lambda: self.uncached.read_groups(release, checked)

        return self._cached(("group", table, tuple(by), tuple(metrics.items()), query), groups)

    def find(self, table: str, query: Query) -> Page:
        """`Store.find`."""
        return self._cached(
            ("find", table, query),
            lambda release: (None, lambda: self.uncached.at(release).find(table, query)),
        )

    def count(self, table: str, query: Query) -> int:
        """`Store.count`, from cached columns where they suffice."""

        def count(release: Release) -> Reading[int]:
            checked = validate_query(self._served(release, table), query)
            cache = self._column_caches.get(release.id, table)
            cached = cache.count(checked) if cache else None
            return cached, lambda: self.uncached.read_count(release, checked)

        return self._cached(("count", table, query.filters), count)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        """`Store.get`."""
        return self._cached(
            ("get", table, key),
            lambda release: (None, lambda: self.uncached.at(release).get(table, key)),
        )

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """`Store.scan`, uncached."""
        return self.uncached.scan(table, query)

    def points(self, table: str, query: Query) -> ArrowRows:
        """The `fields` of all rows that match, in no particular order."""

        def points(release: Release) -> Reading[ArrowRows]:
            checked = validate_query(self._served(release, table), query)
            cache = self._column_caches.get(release.id, table)
            cached = cache.rows(checked) if cache else None
            store = self.uncached.at(release)
            return (
                None if cached is None else ArrowRows.of(cached, query.fields),
                lambda: ArrowRows.of(list(chain(*store.scan(table, query))), query.fields),
            )

        return self._cached(("points", table, query), points)

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

    def _served(self, release: Release, table: str) -> Served:
        return served_table(self.uncached.tables_of(release), table)

    def _cached(self, key: Any, read: Callable[[Release], Reading[T]]) -> T:
        """The answer of a query about the last release seen, computed once.

        While the store is unreachable, only cached answers and those of cached columns are given,
        and every other query fails immediately: waiting for a timeout each would block all
        visitors.
        """
        for _ in range(_MAX_ATTEMPTS):
            release = self.last_release()
            cache_key = (release.id, repr(key))
            with self._query_lock(cache_key):
                with self._lock:
                    if cache_key in self._answers:
                        self._answers.move_to_end(cache_key)
                        cached: T = self._answers[cache_key]
                        return cached
                answer, ask = read(release)
                if answer is not None:
                    return self._put(cache_key, answer)
                if self._error is not None:
                    raise self._error
                try:
                    with self._slots:
                        answer = ask()
                except GoneError:
                    if self.release().id == release.id:
                        raise
                    continue
                if self.release().id == release.id:
                    return self._put(cache_key, answer)
        raise SinkError(
            "releases change faster than they can be read", hint="wait until the run has finished"
        )

    def derived(self, key: Any, compute: Callable[[], T], values: Callable[[T], int]) -> T:
        """What is computed from answers of one release, once for all visitors, who only read it.

        Parameters: `key` has all that it depends on but the release; `values` says how many values
        it contains.
        """
        release = self.last_release().id
        cache_key = (release, repr(key))
        with self._query_lock(cache_key):
            with self._lock:
                if cache_key in self._answers:
                    self._answers.move_to_end(cache_key)
                    cached: T = self._answers[cache_key]
                    return cached
            computed = compute()
            if self.last_release().id == release:
                self._keep(cache_key, computed, values(computed))
            return computed

    def _put(self, cache_key: Any, answer: T) -> T:
        self._keep(cache_key, answer, _values_of(answer))
        return answer

    def _keep(self, cache_key: Any, answer: Any, values: int) -> None:
        """Keep an answer of the last release, and of the others those that were read last."""
        with self._lock:
            if self._release is None or cache_key[0] != self._release.id:
                return
            if cache_key not in self._answers and values <= _MAX_VALUES // 4:
                self._answers[cache_key] = answer
                self._sizes[cache_key] = values
                self._values += values
            while len(self._answers) > _MAX_ANSWERS or self._values > _MAX_VALUES:
                former, _ = self._answers.popitem(last=False)
                self._values -= self._sizes.pop(former)

    def _drop_others(self, release: str) -> None:
        """Drop the answers of any other release."""
        with self._lock:
            if self._answers and next(iter(self._answers))[0] != release:
                self._answers.clear()
                self._sizes.clear()
                self._values = 0

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


def _values_of(answer: Any) -> int:
    """The number of values in an answer of a store, or as many as take its memory."""
    if isinstance(answer, ArrowRows):
        return 1 + answer.nbytes // BYTES_PER_VALUE
    rows = answer.rows if isinstance(answer, Page) else answer
    if isinstance(rows, list):
        return 1 + len(rows) * (len(rows[0]) if rows else 1)
    return 1 + (len(rows) if isinstance(rows, dict) else 0)
