"""What is held of a release answers as its store does; what may not wait does not; what is gone is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import (
    Filter,
    Grouping,
    Page,
    Query,
    Sink,
    Sort,
    Store,
    ValidatedQuery,
)
from medallion.errors import GoneError
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.queries import QueryContract
from medallion.testing.served import items, publish
from medallion_api.cache import release_reader as home
from medallion_api.cache.release_reader import ElsewhereError, ReleaseReader
from tests.shared_release import SharedRelease


class _Active(Store):
    """The active release, read as the API reads it: every question twice, for what is held is so after the first."""

    def __init__(self, store: Store, label: str, cells: int) -> None:
        self._reading = ReleaseReader(store, label, 10)
        self._reading.cells = cells

    def active(self) -> Release:
        return self._reading.store.active()

    def kept(self, ident: str) -> Release:
        return self._reading.store.kept(ident)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        rows = self._reading.at(release)
        first, second = rows.read_page(release, query), rows.read_page(release, query)
        assert first == second
        return first

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        return self._reading.at(release).read_count(release, query)

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        return self._reading.at(release).read_groups(release, query)

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        return self._reading.at(release).read_batches(release, query)

    def close(self) -> None:
        self._reading.store.close()


class _Held(Sqlite):
    """A SQLite sink, read as the API reads it."""

    name = "held"
    cells: int

    def store(self) -> _Active:  # type: ignore[override]
        return _Active(super().store(), self.label, self.cells)


class TestSmallTables(SharedRelease, QueryContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, tmp_path_factory: pytest.TempPathFactory) -> Sink:
        return _Held(url=f"sqlite:{tmp_path_factory.mktemp('shared')}/serving.db", cells=1000)

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sink:
        return _Held(url=f"sqlite:{tmp_path}/serving.db", cells=1000)


class TestLargeTables(SharedRelease, QueryContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, tmp_path_factory: pytest.TempPathFactory) -> Sink:
        return _Held(url=f"sqlite:{tmp_path_factory.mktemp('shared')}/serving.db", cells=0)

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sink:
        return _Held(url=f"sqlite:{tmp_path}/serving.db", cells=0)


@pytest.fixture
def sink(tmp_path: Path) -> Sqlite:
    return Sqlite(url=f"sqlite:{tmp_path}/serving.db")


def test_the_first_rows_of_a_large_table_answer_only_what_they_can(
    sink: Sqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "HEAD", 10)
    release = publish(sink, "one", items())
    store = sink.store()
    reading = ReleaseReader(store, sink.label, 10)
    reading.cells = 0
    rows = reading.at(release)
    for limit in range(1, 8):
        for most in range(60):
            filters = (Filter("active", "eq", True), Filter("id", "lt", most))
            for sort in (
                (Sort("id"),),
                (Sort("id", descending=True),),
                (Sort("name"), Sort("amount")),
            ):
                query = Query(filters, sort, limit=limit)
                assert rows.find("items", query) == store.find("items", query)
    store.close()


def test_a_thread_that_may_not_wait_does_not(sink: Sqlite) -> None:
    release = publish(sink, "one", items())
    store = sink.store()
    reading = ReleaseReader(store, sink.label, 10)
    rows = reading.at(release)
    held, query = rows.find("items", Query()), Query(filters=(Filter("id", "gte", 30),), limit=5)
    page = rows.find("items", query)
    reading.never_wait_here()
    assert rows.find("items", Query()) == held
    assert rows.find("items", query) == page
    assert rows.count("items", query) == store.count("items", query)
    for wait in (
        lambda: rows.find("items", Query(limit=home.QUICK + 1)),
        lambda: rows.group("items", ["active"], {}, Query()),
        lambda: next(rows.scan("items", Query())),
        reading.release,
    ):
        with pytest.raises(ElsewhereError):
            wait()
    store.close()


def test_rows_too_large_to_hold_are_read_from_the_store(
    sink: Sqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "BYTES", 1000)
    release = publish(sink, "one", items())
    store = sink.store()
    reading = ReleaseReader(store, sink.label, 10)
    assert reading.at(release).find("items", Query()) == store.find("items", Query())
    assert not reading.holds(release, "items")
    store.close()


def test_what_is_held_stays_within_its_room(sink: Sqlite, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = 60 * 13
    monkeypatch.setattr(home, "HELD", 3 * cells)
    store = sink.store()
    reading = ReleaseReader(store, sink.label, 10)
    for number in range(6):
        release = publish(sink, str(number), items())
        assert reading.at(release).find("items", Query()).release == str(number)
    assert len(reading._held) == 3
    store.close()


def test_tables_that_a_new_release_replaces_are_forgotten(sink: Sqlite) -> None:
    store = sink.store()
    reading = ReleaseReader(store, sink.label, 10)
    for number in range(4):
        publish(sink, str(number), items())
        reading.forget()
        release = reading.release()
        assert reading.at(release).find("items", Query()).release == str(number)
        names = {served.name for served in reading.served(release).values()}
        assert {part[0] for part in reading._held} == set(reading._luck) == names
    store.close()


def test_a_release_that_was_removed_is_gone(sink: Sqlite) -> None:
    first = publish(sink, "one", items())
    store = sink.store()
    second = publish(sink, "two", items(3))
    sink.prune([second])
    rows = ReleaseReader(store, sink.label, 10).at(first)
    for ask in (
        lambda: rows.find("items", Query()),
        lambda: rows.count("items", Query()),
        lambda: rows.group("items", [], {"n": "count()"}, Query()),
        lambda: list(rows.scan("items", Query())),
    ):
        with pytest.raises(GoneError):
            ask()
    store.close()
