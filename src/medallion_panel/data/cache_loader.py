"""Loads column caches in a background thread, from the release that visitors see."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from queue import Empty, SimpleQueue

from medallion.contracts import Query, Store
from medallion.errors import MedallionError, SinkError
from medallion.plural import count_of
from medallion.query.validation import served_table
from medallion.records import Release, Served
from medallion.secrets import masked_logger
from medallion_panel.data.column_cache import ColumnCache

MIN_ROWS = 50_000  # a store computes figures of fewer rows quickly enough
MAX_VALUES = 20_000_000  # rows times columns, over all tables of a process: some 200 to 700 MB

_RETRY_AFTER = 60.0  # seconds after a failure
_POLL = 0.5  # seconds between two checks of whether the process is ending
_INSERT_ROWS = 5000
# Pause after each batch, as a share of the time it took, in which visitors get the GIL.
_PAUSE = 0.5

_log = masked_logger(__name__)


@dataclass(frozen=True)
class _LoadRequest:
    release: Release
    table: str
    columns: tuple[str, ...]


class ColumnCacheLoader:
    """The column caches of a process, of one release at a time.

    One thread loads them from `store`. Where that fails, or a table is too large, there is no cache
    and the store answers instead.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._release = ""
        self._caches: dict[str, ColumnCache] = {}
        self._requests: SimpleQueue[_LoadRequest] = SimpleQueue()
        self._due: dict[str, float] = {}  # by table, when it may be requested again
        self._logged_failures: set[str] = set()
        self._thread: threading.Thread | None = None

    def get(self, release: str, table: str) -> ColumnCache | None:
        """The cache of a table of this release, None when there is none (yet)."""
        with self._lock:
            return self._caches.get(table) if release == self._release else None

    def set_release(self, release: str) -> None:
        """Drop the caches of any other release."""
        with self._lock:
            if release != self._release:
                self._release, self._caches, self._due = release, {}, {}
                self._logged_failures = set()

    def request(self, release: Release, columns: Mapping[str, Sequence[str]]) -> None:
        """Have these columns, by table, loaded in the background."""
        with self._lock:
            if release.id != self._release:
                return
            now = time.monotonic()
            for table, names in columns.items():
                if self._due.get(table, 0.0) <= now:
                    self._due[table] = inf
                    self._requests.put(_LoadRequest(release, table, tuple(names)))
            # The thread lives as long as the process, since stores keep a connection per thread.
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="column-cache")
                self._thread.start()

    def _work(self) -> None:
        while _running():
            try:
                request = self._requests.get(timeout=_POLL)
            except Empty:
                continue
            started = time.monotonic()
            try:
                cache = self._load(request)
            except MedallionError as error:
                self._failed(request, error)
            except (
                Exception
            ):  # such as a number beyond 64 bits: no retry, the release will not change
                _log.exception("%s is not cached; the store answers", request.table)
            else:
                if cache is not None and self._put(request, cache):
                    columns, seconds = len(request.columns), time.monotonic() - started
                    _log.info("cached %d columns of %s in %.1f s", columns, request.table, seconds)

    def _failed(self, request: _LoadRequest, error: MedallionError) -> None:
        """Schedule a retry; log the first failure of a table only."""
        table = request.table
        with self._lock:
            if request.release.id != self._release or not _running():
                return
            self._due[table] = time.monotonic() + _RETRY_AFTER
            logged = table in self._logged_failures
            self._logged_failures.add(table)
        if not logged:
            _log.warning("%s is not cached; the store answers: %s", table, error.message)

    def _put(self, request: _LoadRequest, cache: ColumnCache) -> bool:
        with self._lock:
            if request.release.id != self._release:
                return False
            self._caches[request.table] = cache
            return True

    def _load(self, request: _LoadRequest) -> ColumnCache | None:
        """The columns of a table, all of the requested release; None when not to be cached."""
        if request.release.id != self._release:
            return None
        store = self._store.at(request.release)
        served = served_table(store.tables(), request.table)
        if not self._worth_caching(served, request):
            return None
        cache, row_count = ColumnCache(served, request.columns), 0
        pending: list[dict[str, object]] = []
        for batch in self._batches(store, request):
            row_count += len(batch)
            pending += batch
            if len(pending) >= _INSERT_ROWS:
                cache.append(pending)
                pending = []
        cache.append(pending)
        if row_count != served.rows:
            raise SinkError(f"read {count_of(row_count, 'row')} of {served.rows:,}")
        return cache

    def _worth_caching(self, served: Served, request: _LoadRequest) -> bool:
        """Whether a table has enough rows, and its columns fit next to the other caches."""
        with self._lock:
            cached = sum(cache.values for cache in self._caches.values())
        if served.rows < MIN_ROWS:
            _log.info("%s is small; the store answers", request.table)
            return False
        if cached + served.rows * len(request.columns) > MAX_VALUES:
            _log.info("%s is too large to cache; the store answers", request.table)
            return False
        return True

    def _batches(self, store: Store, request: _LoadRequest) -> Iterator[list[dict[str, object]]]:
        """All rows, while the requested release is the one that visitors see."""
        started = time.monotonic()
        for batch in store.scan(request.table, Query(fields=request.columns)):
            if not _running() or request.release.id != self._release:
                raise SinkError(f"release {request.release.id} is no longer the active one")
            yield batch
            time.sleep((time.monotonic() - started) * _PAUSE)
            started = time.monotonic()


def _running() -> bool:
    """Whether the process is not about to end.

    The thread is not a daemon, because Python would end the process in the middle of DuckDB's own
    work.
    """
    return threading.main_thread().is_alive()
