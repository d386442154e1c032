"""Reading a release: which is active, without asking each time; small tables from memory, all else from the store.

A release never changes, so its tables may be held. Which one is active is asked again when the last answer is older
than `FRESH`: a published release shows in every worker within that time, and no answer is ever of two.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock, get_ident
from time import perf_counter
from typing import Any, TypeVar

from medallion.contracts import Page, Query, Store
from medallion.errors import GoneError
from medallion.paging import plan, read_cursor, table_of
from medallion.records import Release, Served
from medallion_api.formats import to_json
from medallion_api.small import SmallTable

FRESH = 0.02
CELLS = 50_000  # values of the largest table that is held
BYTES = 8_000_000  # and its size as JSON
HELD = 400_000  # values of all that are held
QUICK = 200  # rows of the longest page that is made where nobody may wait

T = TypeVar("T")


class ElsewhereError(Exception):
    """This would wait, on a thread that may not."""


class Reading:
    """Reads a store for the API: `label` names the sink, `seconds` is what one question may take."""

    def __init__(self, store: Store, label: str, seconds: float) -> None:
        self.store = store
        self.seconds = seconds
        self._label = label
        self._lock = Lock()
        self._seen: tuple[float, Release] | None = None
        self._held: OrderedDict[str, SmallTable | None] = OrderedDict()
        self._never: int | None = None

    def never_wait_here(self) -> None:
        """From now on the thread that calls this gets ElsewhereError instead of waiting."""
        self._never = get_ident()

    def may_wait(self) -> None:
        """Raises ElsewhereError on the thread that may not."""
        if self._never is not None and get_ident() == self._never:
            raise ElsewhereError

    def known(self) -> Release | None:
        """The active release, when that was asked just now."""
        seen = self._seen
        return seen[1] if seen and perf_counter() - seen[0] <= FRESH else None

    def release(self) -> Release:
        """The active release. Raises SinkError when the store cannot tell."""
        found = self.known()
        if found:
            return found
        self.may_wait()
        with self._lock:
            return self.known() or self._ask()

    def forget(self) -> None:
        """Ask again at the next request: the release that was known is gone."""
        self._seen = None

    def served(self, release: Release) -> Mapping[str, Served]:
        return release.served.get(self._label, {})

    def at(self, release: Release) -> ReleaseStore:
        """All tables of one release."""
        return ReleaseStore(self, release)

    def holds(self, release: Release, table: str) -> bool:
        """Whether a table is in memory."""
        served = self.served(release).get(table)
        return served is not None and self._held.get(served.name) is not None

    def small(self, release: Release, served: Served, table: str) -> SmallTable | None:
        """A table in memory, which is read into it when it is small; else None."""
        if served.rows * len(served.columns) > CELLS:
            return None
        if served.name not in self._held:
            made = self._load(release, served, table)
            with self._lock:
                self._held[served.name] = made
                while sum(held.cells for held in self._held.values() if held) > HELD:
                    self._held.popitem(last=False)
            return made
        return self._held.get(served.name)

    def far(self, release: Release) -> Store:
        """The store itself, put to one release."""
        self.may_wait()
        return self.store.at(release, self.seconds)

    def _load(self, release: Release, served: Served, table: str) -> SmallTable | None:
        rows: list[dict[str, Any]] = []
        size = 0
        for part in self.far(release).scan(table, Query()):
            size += len(to_json(part))
            if size > BYTES:
                return None
            rows += part
        return SmallTable(served, rows)

    def _ask(self) -> Release:
        began = perf_counter()
        found = self.store.release()
        self._seen = began, found
        return found


class ReleaseStore(Store):
    """The tables of one release. Raises GoneError when it is no longer kept."""

    def __init__(self, reading: Reading, release: Release) -> None:
        self._reading = reading
        self._release = release

    def release(self) -> Release:
        return self._release

    def tables(self) -> Mapping[str, Served]:
        return self._reading.served(self._release)

    def find(self, table: str, query: Query) -> Page:
        served = table_of(self.tables(), table)
        place = read_cursor(query.cursor) if query.cursor else None
        if query.limit > QUICK:
            self._reading.may_wait()
        if place is None or place.release == self._release.id:
            small = self._reading.small(self._release, served, table)
            page = small.page(plan(served, query, place), self._release.id) if small else None
            if page:
                return page
        page = self._reading.far(self._release).find(table, query)
        if place is None and page.release != self._release.id:
            raise self._gone()
        return page

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        far = self._reading.far(self._release)
        return self._sure(far, far.get(table, key))

    def count(self, table: str, query: Query) -> int:
        served = table_of(self.tables(), table)
        small = self._reading.small(self._release, served, table)
        if small:
            return small.count(plan(served, query))
        far = self._reading.far(self._release)
        return self._sure(far, far.count(table, query))

    def group(self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query) -> list[dict[str, Any]]:
        far = self._reading.far(self._release)
        return self._sure(far, far.group(table, by, metrics, query))

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        far = self._reading.far(self._release)
        batches = far.scan(table, query)
        yield self._sure(far, next(batches, []))
        yield from batches

    def close(self) -> None:
        """Nothing: the connections are the store's."""

    def _sure(self, far: Store, answer: T) -> T:
        """The answer, which a store that cannot be put to one release may have had from a later one."""
        if far is self._reading.store and far.release().id != self._release.id:
            raise self._gone()
        return answer

    def _gone(self) -> GoneError:
        return GoneError(f"release {self._release.id} is no longer kept")
