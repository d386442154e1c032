"""Which columns are held, and since when: read from the store behind the visitors, for the release they see."""

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
from medallion.records import Release
from medallion.secrets import masked_logger
from medallion_panel.data.column_cache import Held

FEWEST_ROWS = 50_000  # a store counts fewer quickly enough
MOST_VALUES = 20_000_000  # rows times columns of all tables a process holds: some 200 to 700 MB

_AGAIN = 60.0  # seconds after a failure
_LOOK_UP = 0.5  # seconds between two looks whether the process ends
_PART = 5000
_WAY = 0.5  # of the time a batch takes, Python is left to the visitors after it

_log = masked_logger(__name__)


@dataclass(frozen=True)
class _Wish:
    release: Release
    table: str
    columns: tuple[str, ...]


class Holding:
    """The held columns of a process, of one release at a time. One thread reads them from `store`; where it fails,
    or a table is too large, nothing is held, and the store goes on answering."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._release = ""
        self._held: dict[str, Held] = {}
        self._wishes: SimpleQueue[_Wish] = SimpleQueue()
        self._due: dict[str, float] = {}
        self._told: set[str] = set()
        self._thread: threading.Thread | None = None

    def of(self, release: str, table: str) -> Held | None:
        """What is held of a table of this release."""
        with self._lock:
            return self._held.get(table) if release == self._release else None

    def turn_to(self, release: str) -> None:
        """Let go of what is held of any other release."""
        with self._lock:
            if release != self._release:
                self._release, self._held, self._due, self._told = release, {}, {}, set()

    def want(self, release: Release, columns: Mapping[str, Sequence[str]]) -> None:
        """Have these columns of each table held before long."""
        with self._lock:
            if release.id != self._release:
                return
            now = time.monotonic()
            for table, names in columns.items():
                if self._due.get(table, 0.0) <= now:
                    self._due[table] = inf
                    self._wishes.put(_Wish(release, table, tuple(names)))
            if (
                self._thread is None
            ):  # it stays, as do the connections that a store keeps for each thread
                self._thread = threading.Thread(target=self._work, name="holding")
                self._thread.start()

    def _work(self) -> None:
        while _running():
            try:
                wish = self._wishes.get(timeout=_LOOK_UP)
            except Empty:
                continue
            began = time.monotonic()
            try:
                held = self._load(wish)
            except MedallionError as error:
                self._failed(wish, error)
            except Exception:  # such as a number beyond 64 bits: this release's will not change
                _log.exception("%s is not held, and asked of the store", wish.table)
            else:
                if held is not None and self._keep(wish, held):
                    took = time.monotonic() - began
                    _log.info(
                        "%d columns of %s are held after %.1f s",
                        len(wish.columns),
                        wish.table,
                        took,
                    )

    def _failed(self, wish: _Wish, error: MedallionError) -> None:
        """Try again later; tell it the first time only."""
        with self._lock:
            if wish.release.id != self._release or not _running():
                return
            self._due[wish.table] = time.monotonic() + _AGAIN
            known = wish.table in self._told
            self._told.add(wish.table)
        if not known:
            _log.warning("%s is not held, and asked of the store: %s", wish.table, error.message)

    def _keep(self, wish: _Wish, held: Held) -> bool:
        with self._lock:
            if wish.release.id != self._release:
                return False
            self._held[wish.table] = held
            return True

    def _load(self, wish: _Wish) -> Held | None:
        """The columns of a table, all from the release that was wished for; None when they are not to be held."""
        if wish.release.id != self._release:
            return None
        store = self._store.at(wish.release)
        served = served_table(store.tables(), wish.table)
        with self._lock:
            values = served.rows * len(wish.columns) + sum(
                other.values for other in self._held.values()
            )
        if served.rows < FEWEST_ROWS or values > MOST_VALUES:
            size = (
                "small enough to be asked of"
                if served.rows < FEWEST_ROWS
                else "too large to be held, and asked of"
            )
            _log.info("%s is %s the store", wish.table, size)
            return None
        held, rows = Held(served, wish.columns), 0
        part: list[dict[str, object]] = []
        for batch in self._batches(store, wish):
            rows += len(batch)
            part += batch
            if len(part) >= _PART:
                held.append(part)
                part = []
        held.append(part)
        if rows != served.rows:
            raise SinkError(f"{count_of(rows, 'row')} came of {served.rows:,}")
        return held

    def _batches(self, store: Store, wish: _Wish) -> Iterator[list[dict[str, object]]]:
        """All rows, from the wished release alone: a store that cannot be put to one is watched for it."""
        began = time.monotonic()
        for number, batch in enumerate(store.scan(wish.table, Query(fields=wish.columns))):
            if not (_running() and wish.release.id == self._release) or (
                number == 0 and store.release().id != wish.release.id
            ):
                raise SinkError(f"release {wish.release.id} is no longer the active one")
            yield batch
            time.sleep((time.monotonic() - began) * _WAY)
            began = time.monotonic()


def _running() -> bool:
    """Whether the process is not about to end. Python would end without a daemon thread, amid DuckDB's own work."""
    return threading.main_thread().is_alive()
