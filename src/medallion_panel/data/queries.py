"""What the dashboard reads: a store's answers, kept as long as their release is the active one."""

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
from medallion_panel.data.cache_loader import Holding
from medallion_panel.data.column_cache import Held
from medallion_panel.ui.series_colors import SeriesColors

T = TypeVar("T")

_KEPT = 512
_TRIES = 3
_THREADS = 16


class Figures:
    """A store for all sessions of a process. Releases never change, so their answers may be kept.

    The threads of `pool` ask it, so that a slow answer keeps no other visitor waiting. Parameters: `store`,
    opened on first use.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[Any, threading.Lock] = {}
        # No more questions at once than processors: those asked first, the figures at the top, come first.
        self._asking = threading.Semaphore(max(2, os.cpu_count() or 2))
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="figures")
        self._seen: Release | None = None
        self._lost: MedallionError | None = None
        self._holding = Holding(store)
        self.colors = SeriesColors()

    def release(self) -> Release:
        """Ask the store for its active release."""
        try:
            self._seen = self.store.release()
        except MedallionError as error:
            self._lost = error
            raise
        self._lost = None
        self._holding.turn_to(self._seen.id)
        return self._seen

    def seen(self) -> Release:
        """The release that was active when the store was last asked: every answer is of this one."""
        return self._seen or self.release()

    def tables(self) -> Mapping[str, Served]:
        return self.store.tables()

    def served(self, table: str) -> Served:
        """A served table. Raises CallError with the nearest name."""
        tables = self._kept(("tables",), self.tables)
        if table not in tables:
            raise CallError(f"no table {table!r}{did_you_mean(table, tables)}")
        return tables[table]

    def kinds(self, table: str) -> dict[str, Kind]:
        """What each column of a table holds."""
        return {column.name: kind_of(column.type) for column in self.served(table).columns}

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        key = ("group", table, tuple(by), tuple(metrics.items()), query)
        held = self._of(table, lambda held: held.group(by, metrics, query))
        return self._kept(key, lambda: self.store.group(table, by, metrics, query), held)

    def find(self, table: str, query: Query) -> Page:
        return self._kept(("find", table, query), lambda: self.store.find(table, query))

    def count(self, table: str, query: Query) -> int:
        held = self._of(table, lambda held: held.count(query))
        return self._kept(
            ("count", table, query.filters), lambda: self.store.count(table, query), held
        )

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        return self._kept(("get", table, key), lambda: self.store.get(table, key))

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        return self.store.scan(table, query)

    def points(self, table: str, query: Query) -> list[dict[str, Any]]:
        """The `fields` of all rows that match, in no order."""
        found = self._of(table, lambda held: held.rows(query))(self.seen().id)
        return (
            [row for batch in self.scan(table, query) for row in batch] if found is None else found
        )

    def hold(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Have these columns of large tables held before long: what is asked of them alone then needs no store."""
        self._holding.want(self.seen(), columns)

    def values(self, table: str, column: str, limit: int) -> list[Any]:
        """The distinct values of a column, in their order, null left out."""
        found = self.group(table, (column,), {}, Query(sort=(Sort(column),), limit=limit + 1))
        return [row[column] for row in found if row[column] is not None][:limit]

    def bounds(self, table: str, column: str) -> tuple[Any, Any]:
        """The least and the greatest value of a column that are not infinite, None both when there is none."""
        metrics = {"low": f"min({column})", "high": f"max({column})"}
        (row,) = self.group(table, (), metrics, Query())
        if row["low"] == -inf or row["high"] == inf:
            finite = (Filter(column, "gte", -float_info.max), Filter(column, "lte", float_info.max))
            (row,) = self.group(table, (), metrics, Query(finite))
        return row["low"], row["high"]

    def _of(self, table: str, question: Callable[[Held], T | None]) -> Callable[[str], T | None]:
        """The answer from what is held of a table of a release, None without."""

        def ask(release: str) -> T | None:
            held = self._holding.of(release, table)
            return None if held is None else question(held)

        return ask

    def _kept(
        self, key: Any, ask: Callable[[], T], held: Callable[[str], T | None] = lambda _: None
    ) -> T:
        """The answer to a question about the release seen, asked once. While the store is out of reach, only what
        was asked before or is `held` is answered: every further question would keep all visitors waiting."""
        for _ in range(_TRIES):
            before = self.seen().id
            full = (before, repr(key))
            with self._one_at_a_time(full):
                with self._lock:
                    if full in self._answers:
                        self._answers.move_to_end(full)
                        found: T = self._answers[full]
                        return found
                answer = held(before)
                if answer is not None:
                    return self._keep(full, answer)
                if self._lost is not None:
                    raise self._lost
                with self._asking:
                    answer = ask()
                if self.release().id == before:
                    return self._keep(full, answer)
        raise SinkError(
            "releases change faster than they can be read", hint="wait until the run is done"
        )

    def _keep(self, question: Any, answer: T) -> T:
        with self._lock:
            self._answers[question] = answer
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return answer

    @contextmanager
    def _one_at_a_time(self, question: Any) -> Iterator[None]:
        """Who asks the same meanwhile waits, and finds the answer."""
        with self._lock:
            turn = self._turns.setdefault(question, threading.Lock())
        with turn:
            yield
        with self._lock:
            self._turns.pop(question, None)
