"""What readers of a store see while releases come and go, as a part of the contract of sinks."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from medallion.contracts import Query, Sink, Sort, Store, TableSpec
from medallion.errors import CallError
from medallion.plural import count_of
from medallion.records import Release
from medallion.testing.processes import forked, started
from medallion.testing.served import COLUMNS, Row, items, load, publish, release

PUBLISHES = 20

NUMBERS = TableSpec(name="numbers", columns=COLUMNS[:1], key=("id",))
_OTHERS = TableSpec(name="others", columns=COLUMNS[:1], key=("id",))


class ReaderContract:
    """Every answer, page and scan is of one release, in threads, other processes and forks."""

    def test_a_cursor_stays_on_the_release_it_began_with(self, sink: Sink) -> None:
        first = publish(sink, "first", items())
        store = sink.store()
        begun = store.find("items", Query(sort=(Sort("amount"),), limit=20))
        second = publish(sink, "second", items(5))
        sink.prune([first, second])
        going = Query(sort=(Sort("amount"),), limit=100, cursor=begun.cursor)
        assert store.find("items", Query()).release == "second"
        rest = store.find("items", going)
        assert rest.release == "first"
        assert len(begun.rows + rest.rows) == 60
        sink.prune([second])
        with pytest.raises(CallError, match=r"first.* no longer kept"):
            store.find("items", going)
        store.close()

    def test_a_scan_stays_on_the_release_it_began_with(self, sink: Sink) -> None:
        publish(sink, "first", [{"id": number} for number in range(5000)], NUMBERS)
        store = sink.store()
        scan = store.scan("numbers", Query())
        found = next(scan)
        publish(sink, "second", [{"id": -1}], NUMBERS)
        for batch in scan:
            found += batch
        assert found == [{"id": number} for number in range(5000)]
        assert next(store.scan("numbers", Query())) == [{"id": -1}]
        store.close()

    def test_readers_in_threads_see_one_release_at_a_time(self, sink: Sink) -> None:
        publish_pair(sink, 0)
        store, done = sink.store(), threading.Event()
        faults: list[Exception] = []
        seen: set[str] = set()

        def read() -> None:
            while not done.is_set():
                try:
                    seen.update(_look(store, paging=False))
                except Exception as error:
                    faults.append(error)
                    return

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        kept: list[Release] = []
        for number in range(1, PUBLISHES + 1):
            kept = [*kept[-1:], publish_pair(sink, number)]
            sink.prune(kept)
        done.set()
        for reader in readers:
            reader.join()
        store.close()
        assert not faults, faults
        assert len(seen) > 1

    def test_readers_in_processes_see_one_release_at_a_time(self, sink: Sink) -> None:
        publish_pair(sink, 0)
        context = multiprocessing.get_context("spawn")
        done, results = context.Event(), context.Queue()
        readers = [started(_read_until, sink, done, results) for _ in range(2)]
        assert [results.get(timeout=60) for _ in readers] == ["ready"] * 2
        for number in range(1, PUBLISHES + 1):
            publish_pair(sink, number)
        done.set()
        outcomes = [results.get(timeout=60) for _ in readers]
        for reader in readers:
            reader.join(60)
        assert all(isinstance(seen, int) and seen > 0 for seen in outcomes), outcomes

    def test_a_store_made_before_a_fork_serves_both_sides(self, sink: Sink) -> None:
        publish(sink, "first", items())
        store = sink.store()
        inherited, child_end = os.pipe()
        process = forked(lambda: os.write(child_end, b"%d" % store.count("items", Query())))
        assert os.waitpid(process, 0)[1] == 0
        assert os.read(inherited, 10) == b"60"
        os.close(inherited)
        os.close(child_end)
        assert store.count("items", Query()) == 60
        store.close()


def publish_pair(sink: Sink, number: int) -> Release:
    """Publish two tables that belong together: both hold 100 + `number` rows."""
    rows: list[Row] = [{"id": place} for place in range(100 + number)]
    served = [load(sink, f"{spec.name}-{number}", rows, spec).served for spec in (NUMBERS, _OTHERS)]
    made = release(sink, f"pair-{number}", served)
    sink.activate(made)
    return made


def _look(store: Store, *, paging: bool = True) -> Iterator[str]:
    """Read both tables of a pair, whole and in two pages, and check that each answer is of one release."""
    for table in ("numbers", "others"):
        page = store.find(table, Query(limit=1000))
        expected = 100 + _number(page.release)
        if len(page.rows) != expected:
            raise AssertionError(
                f"{table} of {page.release} has {count_of(len(page.rows), 'row')}, not {expected}"
            )
        yield page.release
        if paging:
            begun = store.find(table, Query(limit=60))
            rest = store.find(table, Query(limit=1000, cursor=begun.cursor))
            if begun.release != rest.release or len(begun.rows + rest.rows) != 100 + _number(
                begun.release
            ):
                raise AssertionError(
                    f"a page of {begun.release} was continued with one of {rest.release}"
                )


def _number(release: str) -> int:
    return int(release.rpartition("-")[2])


def _read_until(sink: Sink, done: Any, results: Any) -> None:
    """In another process: read until told to stop, then report how many reads were right, or what was wrong."""
    seen = 0
    store = sink.store()
    try:
        for _ in _look(store):
            seen += 1
        results.put("ready")
        while not done.is_set():
            seen += len(list(_look(store)))
        results.put(seen)
    except Exception as error:
        results.put(f"{error!r} after {seen} reads")
