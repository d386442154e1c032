"""The reader half of the sink contract: what is read while releases are published and pruned."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from medallion.contracts import Query, Sink, Sort, Store, TableSpec
from medallion.errors import CallError, MedallionError
from medallion.plural import count_of
from medallion.records import Release
from medallion.testing.processes import forked, started
from medallion.testing.served import COLUMNS, Row, items, load, publish, release

PUBLISHES = 20
_CLOSES = 20
_READERS = 4
_PATIENCE = 300.0  # seconds

NUMBERS = TableSpec(name="numbers", columns=COLUMNS[:1], key=("id",))
_OTHERS = TableSpec(name="others", columns=COLUMNS[:1], key=("id",))


class ReaderContract:
    """Each answer, page and scan is from one release: in threads, other processes and forks."""

    def test_a_cursor_stays_on_its_release(self, sink: Sink) -> None:
        first = publish(sink, "first", items())
        store = sink.store()
        page = store.find("items", Query(sort=(Sort("amount"),), limit=20))
        second = publish(sink, "second", items(5))
        sink.prune([first, second])
        continuation = Query(sort=(Sort("amount"),), limit=100, cursor=page.cursor)
        assert store.find("items", Query()).release == "second"
        rest = store.find("items", continuation)
        assert rest.release == "first"
        assert len(page.rows + rest.rows) == 60
        sink.prune([second])
        with pytest.raises(CallError, match=r"first.* no longer kept"):
            store.find("items", continuation)
        store.close()

    def test_a_scan_stays_on_its_release(self, sink: Sink) -> None:
        publish(sink, "first", [{"id": number} for number in range(5000)], NUMBERS)
        store = sink.store()
        scan = store.scan("numbers", Query())
        rows = next(scan)
        publish(sink, "second", [{"id": -1}], NUMBERS)
        for batch in scan:
            rows += batch
        assert rows == [{"id": number} for number in range(5000)]
        assert next(store.scan("numbers", Query())) == [{"id": -1}]
        store.close()

    def test_readers_in_threads_see_one_release_at_a_time(self, sink: Sink) -> None:
        publish_pair(sink, 0)
        store, releases = sink.store(), set[str]()
        with _threads(lambda: releases.update(_read_pair(store, paging=False))) as faults:
            first = publish_pair(sink, 1)
            latest = [first]
            while not (faults or first.id in releases):
                time.sleep(0.01)
            for number in range(2, PUBLISHES + 1):
                latest = [*latest[-1:], publish_pair(sink, number)]
                sink.prune(latest)
            while not (faults or latest[-1].id in releases):
                time.sleep(0.01)
        store.close()
        assert not faults, faults
        assert len(releases) > 1

    def test_a_store_can_be_closed_while_threads_read_it(self, sink: Sink) -> None:
        publish(sink, "first", items())
        store, answers = sink.store(), Counter[int]()

        def read() -> None:
            with suppress(MedallionError):
                page = store.find("items", Query(limit=100))
                assert (len(page.rows), page.release) == (60, "first")
                answers[threading.get_ident()] += 1

        end = time.monotonic() + _PATIENCE
        with _threads(read) as faults:
            for closes in range(1, _CLOSES + 1):
                while not faults and sum(count >= closes for count in answers.values()) < _READERS:
                    assert time.monotonic() < end, "a thread gets no answer after `close`"
                    time.sleep(0.001)
                store.close()
        assert not faults, faults
        assert store.count("items", Query()) == 60
        store.close()

    def test_readers_in_processes_see_one_release_at_a_time(self, sink: Sink) -> None:
        publish_pair(sink, 0)
        context = multiprocessing.get_context("spawn")
        stop, results = context.Event(), context.Queue()
        readers = [started(_read_until, sink, stop, results) for _ in range(2)]
        assert [results.get(timeout=300) for _ in readers] == ["ready"] * 2
        for number in range(1, PUBLISHES + 1):
            publish_pair(sink, number)
        stop.set()
        outcomes = [results.get(timeout=300) for _ in readers]
        for reader in readers:
            reader.join(300)
        assert all(isinstance(count, int) and count > 0 for count in outcomes), outcomes

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


@contextmanager
def _threads(read: Callable[[], object]) -> Iterator[list[Exception]]:
    """Threads that repeat a read until the block ends or one of them fails; yields the failures."""
    stop = threading.Event()
    faults: list[Exception] = []

    def repeat() -> None:
        while not (stop.is_set() or faults):
            try:
                read()
            except Exception as error:
                faults.append(error)

    readers = [threading.Thread(target=repeat) for _ in range(_READERS)]
    for reader in readers:
        reader.start()
    try:
        yield faults
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def publish_pair(sink: Sink, number: int) -> Release:
    """Publish two tables that belong together: each has 100 + `number` rows."""
    rows: list[Row] = [{"id": row} for row in range(100 + number)]
    served = [load(sink, f"{spec.name}-{number}", rows, spec).served for spec in (NUMBERS, _OTHERS)]
    pair = release(sink, f"pair-{number}", served)
    sink.activate(pair)
    return pair


def _read_pair(store: Store, *, paging: bool = True) -> Iterator[str]:
    """Read both tables of a pair, at once and in two pages; each answer must be from one release.

    Yields the release of each answer. Raises AssertionError when rows of two releases are mixed.
    """
    for table in ("numbers", "others"):
        page = store.find(table, Query(limit=1000))
        expected = 100 + _number(page.release)
        if len(page.rows) != expected:
            raise AssertionError(
                f"{table} of {page.release} has {count_of(len(page.rows), 'row')}, not {expected}"
            )
        yield page.release
        if paging:
            first = store.find(table, Query(limit=60))
            rest = store.find(table, Query(limit=1000, cursor=first.cursor))
            if first.release != rest.release or len(first.rows + rest.rows) != 100 + _number(
                first.release
            ):
                raise AssertionError(
                    f"a page of {first.release} was continued with one of {rest.release}"
                )


def _number(release: str) -> int:
    return int(release.rpartition("-")[2])


def _read_until(sink: Sink, stop: Any, results: Any) -> None:
    """In another process: read until `stop` is set, then put the number of reads, or the error."""
    reads = 0
    store = sink.store()
    try:
        for _ in _read_pair(store):
            reads += 1
        results.put("ready")
        while not stop.is_set():
            reads += len(list(_read_pair(store)))
        results.put(reads)
    except Exception as error:
        results.put(f"{error!r} after {reads} reads")
