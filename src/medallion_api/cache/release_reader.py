"""Reads the active release from the store, through a cache of its tables.

A release never changes. Small tables are cached whole; of large tables, the first rows for
conditions that recur, such as the best clients of a country. The store is asked for the active
release when its last response is older than `FRESH`, so that every worker serves a new release
within that time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from threading import BoundedSemaphore, Lock, get_ident
from time import perf_counter
from typing import Any

from medallion.contracts import Filter, NamedRelease, Page, Query, Sort, Store
from medallion.errors import CallError, GoneError, MedallionError
from medallion.query.aggregation import Grouping
from medallion.query.memory_table import MemoryTable
from medallion.query.validation import ValidatedQuery, validate_query
from medallion.records import Release, Served
from medallion_api.cache.named_releases import NamedReleases
from medallion_api.representations import to_json

FRESH = 0.02
SLOW = 0.5  # seconds: failures that take longer are remembered
AGAIN = 2.0  # seconds for which a failure is remembered before the store is queried again
PROBE = 2.0  # timeout of that query, in seconds
CELLS = 50_000  # values of the largest table that is cached whole
BYTES = 8_000_000  # size of the largest such table as JSON
HELD = 400_000  # values of all cached tables together
EXPORTS = 32  # concurrent streams: each has its own connection to the store and its own files
HEAD = 200  # first rows that are cached of a large table
QUICK = 200  # rows of the longest page that the event loop writes itself
_WANTED = 1000
_RETRY = 16
# Consecutive cache misses of a large table before only one query in `_RETRY` tries the cache.
LUCK = 8

Part = tuple[str, tuple[Filter, ...], tuple[Sort, ...]]


class ElsewhereError(Exception):
    """The request would block a thread that must not block."""


@dataclass(frozen=True)
class CachedRows:
    """All rows of a part of a table when `whole`, else the first ones in the order of a query."""

    table: MemoryTable
    whole: bool


class ReleaseReader:
    """Reads a store for the API: `label` names the sink, `seconds` is the timeout of one query.

    `cells` is the number of values up to which a table is cached whole. `names` finds the releases
    that a request may name.
    """

    def __init__(
        self, store: Store, label: str, seconds: float, names: NamedReleases | None = None
    ) -> None:
        self.store = store
        self._names = names
        self.seconds = seconds
        self.cells = CELLS
        self.exports = BoundedSemaphore(EXPORTS)
        self.label = label
        self._lock = Lock()
        self._seen: tuple[float, Release] | None = None
        self._failed: tuple[float, MedallionError] | None = None
        self._held: OrderedDict[Part, CachedRows | None] = OrderedDict()
        self._wanted: OrderedDict[Part, None] = OrderedDict()
        self._luck: dict[str, int] = {}
        self._asked = count()
        self._never: int | None = None

    def never_wait_here(self) -> None:
        """From now on, the calling thread gets ElsewhereError instead of blocking."""
        self._never = get_ident()

    def may_wait(self) -> None:
        """Raises ElsewhereError on the thread that must not block."""
        if self._never is not None and get_ident() == self._never:
            raise ElsewhereError

    def known(self) -> Release | None:
        """The active release, when it was read within `FRESH` seconds."""
        seen = self._seen
        return seen[1] if seen and perf_counter() - seen[0] <= FRESH else None

    def release(self) -> Release:
        """The active release. Raises SinkError when the store fails.

        Concurrent callers share one query. While a store hangs, they get its failure immediately,
        and one of them queries again every `AGAIN` seconds.
        """
        release = self.known()
        if release:
            return release
        self._fail_fast()
        self.may_wait()
        with self._lock:
            release = self.known()
            if release:
                return release
            self._fail_fast()
            return self._ask()

    def named(self, reference: str) -> NamedRelease:
        """The release that an id, the beginning of one, or a candidate's name refers to.

        Raises CallError when there is none.
        """
        self.may_wait()
        if self._names is None:
            raise CallError("only the active release can be read here")
        return self._names.named(reference)

    def keeps(self, ident: str) -> bool:
        """Whether the store still has the tables of a published release."""
        try:
            return bool(self.served(self.far(None).kept(ident)))
        except GoneError:
            return False

    def forget(self) -> None:
        """Query again at the next request: the last known release is gone."""
        self._seen = None

    def served(self, release: Release) -> Mapping[str, Served]:
        return release.served.get(self.label, {})

    def at(self, release: Release) -> ReleaseStore:
        """All tables of one release."""
        return ReleaseStore(self, release)

    def holds(self, release: Release, table: str) -> bool:
        """Whether a query of a table is likely to be a cache hit."""
        served = self.served(release).get(table)
        return served is not None and self._luck.get(served.name, 0) > 0

    def small(self, release: Release, served: Served) -> MemoryTable | None:
        """A small table, read on first use; None for a large one."""
        if served.rows * len(served.columns) > self.cells:
            return None
        part: Part = (served.name, (), ())
        if part not in self._held:
            rows = self._load(release, served)
            self._hold(part, rows)
            self._luck[served.name] = LUCK if rows else 0
        cached = self._held.get(part)
        return cached.table if cached else None

    def head(self, release: Release, checked: ValidatedQuery) -> CachedRows | None:
        """The first rows that meet the equality filters of a query; None until it recurs."""
        served = checked.served
        equal = tuple(one for one in checked.filters if one.operator == "eq")
        if not served.key or len(equal) == len(checked.filters) or checked.limit > HEAD // 2:
            return None
        if self._luck.get(served.name) == -LUCK and next(self._asked) % _RETRY:
            return None
        part: Part = (served.name, equal, checked.order)
        if part not in self._held:
            if part not in self._wanted:
                self._want(part)
                return None
            columns = tuple(column.name for column in served.columns)
            first = replace(checked, filters=equal, fields=columns, limit=HEAD)
            page = self.far(release).read_page(release, first)
            self._hold(part, CachedRows(MemoryTable(served, page.rows), page.cursor is None))
        return self._held.get(part)

    def record_hit(self, name: str, *, hit: bool) -> None:
        """Record whether a query of a large table was a cache hit."""
        luck = self._luck.get(name, 0) + (1 if hit else -1)
        self._luck[name] = max(-LUCK, min(LUCK, luck))

    def far(self, release: Release | None) -> Store:
        """The store itself, reading one release or the active one."""
        self.may_wait()
        return self.store.at(release, self.seconds)

    def _want(self, part: Part) -> None:
        with self._lock:
            self._wanted[part] = None
            while len(self._wanted) > _WANTED:
                self._wanted.popitem(last=False)

    def _hold(self, part: Part, rows: CachedRows | None) -> None:
        with self._lock:
            self._held[part] = rows
            while sum(cached.table.values for cached in self._held.values() if cached) > HELD:
                self._held.popitem(last=False)

    def _load(self, release: Release, served: Served) -> CachedRows | None:
        rows: list[dict[str, Any]] = []
        size = 0
        for part in self.far(release).read_batches(release, validate_query(served, Query())):
            size += len(to_json(part))
            if size > BYTES:
                return None
            rows += part
        return CachedRows(MemoryTable(served, rows), whole=True)

    def _fail_fast(self) -> None:
        failed = self._failed
        if failed and perf_counter() - failed[0] < AGAIN:
            raise type(failed[1])(failed[1].message, hint=failed[1].hint)

    def _ask(self) -> Release:
        began = perf_counter()
        patience = min(self.seconds, PROBE) if self._failed else self.seconds
        try:
            release = self.store.at(None, patience).release()
        except MedallionError as error:
            ended = perf_counter()
            self._failed = (ended, error) if ended - began > SLOW else None
            raise
        if self._seen is None or self._seen[1].id != release.id:
            self._drop_replaced(self.served(release))
        self._seen, self._failed = (began, release), None
        return release

    def _drop_replaced(self, tables: Mapping[str, Served]) -> None:
        """Drop cached tables that a new release replaces. The caller has the lock."""
        names = {served.name for served in tables.values()}
        self._held = OrderedDict(
            (part, rows) for part, rows in self._held.items() if part[0] in names
        )
        self._wanted = OrderedDict((part, None) for part in self._wanted if part[0] in names)
        self._luck = {name: luck for name, luck in self._luck.copy().items() if name in names}


class ReleaseStore(Store):
    """The tables of one release. Raises GoneError when it is no longer kept."""

    def __init__(self, reading: ReleaseReader, release: Release) -> None:
        self._reading = reading
        self.label = reading.label
        self.pinned = release

    def active(self) -> Release:
        return self._reading.release()

    def kept(self, ident: str) -> Release:
        return self._reading.far(None).kept(ident)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        if query.limit > QUICK:
            self._reading.may_wait()
        page = self._cached(release, query) if release is self.pinned else None
        return page or self._reading.far(release).read_page(release, query)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        small = self._reading.small(release, query.served)
        return (
            small.count(query) if small else self._reading.far(release).read_count(release, query)
        )

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        return self._reading.far(release).read_groups(release, query)

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        return self._reading.far(release).read_batches(release, query)

    def close(self) -> None:
        """Does nothing: the connections belong to the store."""

    def _cached(self, release: Release, query: ValidatedQuery) -> Page | None:
        """The page, when the cache has its rows."""
        small = self._reading.small(release, query.served)
        if small:
            # A cursor needs the row numbers of a table without a key, which are not cached.
            whole = query.after is None and small.count(query) <= query.limit
            return small.page(query, release.id) if query.served.key or whole else None
        head = self._reading.head(release, query) if query.after is None else None
        page = head.table.page(query, release.id) if head else None
        if head and page and page.cursor is None and not head.whole:
            page = None  # it may need further rows
        self._reading.record_hit(query.served.name, hit=page is not None)
        return page
