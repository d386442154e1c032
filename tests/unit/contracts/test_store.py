"""What every store does with a query before its database sees it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from medallion.contracts import (
    Filter,
    Grouping,
    MemoryTable,
    Page,
    Query,
    Sort,
    Store,
    ValidatedQuery,
)
from medallion.errors import CallError, GoneError, SinkError
from medallion.records import Column, Release, Served

SERVED = Served(
    table="gold.points",
    name="points__1",
    snapshot="s",
    rows=3,
    columns=(Column(name="id", type="int64"), Column(name="name", type="text")),
    key=("id",),
)
PAIRS = SERVED.model_copy(update={"table": "gold.pairs", "key": ("id", "name")})
RELEASE = Release(
    id="20250102-000000-000001",
    pipeline="shop",
    run="r",
    created=datetime(2025, 1, 2, tzinfo=UTC),
    previous=None,
    tables={},
    layers={},
    served={"serving": {"points": SERVED, "pairs": PAIRS}, "other": {}},
)
LATER = RELEASE.model_copy(update={"id": "20250103-000000-000001"})
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "b"},
    {"id": 2, "name": None},
    {"id": 3, "name": "a"},
]


class Shelf(Store):
    """A store of one table in memory; `pruned` are the releases that it no longer has."""

    def __init__(self) -> None:
        self.current = RELEASE
        self.pruned: set[str] = set()
        self.readings = 0
        self.closed = False

    def active(self) -> Release:
        return self.current

    def kept(self, ident: str) -> Release:
        if ident in self.pruned:
            raise GoneError(f"release {ident} is no longer kept")
        return {release.id: release for release in (RELEASE, LATER)}[ident]

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        return self._table(release, query.served).page(query, release.id)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        return self._table(release, query.served).count(query)

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        return self._table(release, SERVED).groups(query)

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        yield from self._table(release, query.served).batches(query, 2)

    def close(self) -> None:
        self.closed = True

    def _table(self, release: Release, served: Served) -> MemoryTable:
        self.readings += 1
        if release.id in self.pruned:
            self.current = LATER
            raise GoneError(f"release {release.id} is no longer kept")
        return MemoryTable(served, ROWS)


@pytest.fixture
def store() -> Shelf:
    return Shelf()


def test_tables_are_those_of_its_label_or_of_the_first_sink_with_any(store: Shelf) -> None:
    assert store.tables() == {"points": SERVED, "pairs": PAIRS}
    store.label = "other"
    assert store.tables() == {}
    store.label = "serving"
    assert store.tables()["points"] == SERVED


def test_pages_follow_each_other_on_the_release_of_the_first(store: Shelf) -> None:
    query = Query(sort=(Sort("name"),), limit=2)
    first = store.find("points", query)
    assert [row["id"] for row in first.rows] == [2, 3]
    store.current = LATER
    second = store.find("points", Query(sort=(Sort("name"),), limit=2, cursor=first.cursor))
    assert ([row["id"] for row in second.rows], second.release) == ([1], RELEASE.id)
    assert second.cursor is None
    store.pruned.add(RELEASE.id)
    with pytest.raises(GoneError):
        store.find("points", Query(sort=(Sort("name"),), limit=2, cursor=first.cursor))
    with pytest.raises(CallError):
        store.find("points", Query(cursor=first.cursor))


def test_a_row_is_found_by_the_values_of_its_key(store: Shelf) -> None:
    assert store.get("points", 3) == ROWS[2]
    assert store.get("points", 9) is None
    assert store.get("pairs", (1, "b")) == ROWS[0]
    assert store.get("pairs", (1, "a")) is None
    with pytest.raises(CallError):
        store.get("pairs", 1)
    with pytest.raises(CallError):
        store.get("points", "x")


def test_counts_groups_and_scans_are_of_the_matching_rows(store: Shelf) -> None:
    named = Query(filters=(Filter("name", "isnull", False),), limit=1)
    assert store.count("points", named) == 2
    groups = store.group("points", [], {"rows": "count()", "most": "max(id)"}, named)
    assert groups == [{"rows": 2, "most": 3}]
    batches = list(store.scan("points", Query(sort=(Sort("id", descending=True),), limit=1)))
    assert [[row["id"] for row in batch] for batch in batches] == [[3, 2], [1]]
    nothing = Query(filters=(Filter("id", "gt", 9),))
    assert list(store.scan("points", nothing)) == []


@pytest.mark.parametrize(
    ("table", "query", "says"),
    [
        ("point", Query(), "did you mean 'points'"),
        ("points", Query(filters=(Filter("nmae", "eq", "a"),)), "did you mean 'name'"),
        ("points", Query(filters=(Filter("id", "eq", "x"),)), "'x'"),
        ("points", Query(sort=(Sort("nmae"),)), "did you mean 'name'"),
    ],
)
def test_an_invalid_query_never_reaches_the_database(
    store: Shelf, table: str, query: Query, says: str
) -> None:
    for ask in (store.find, store.count, lambda *call: list(store.scan(*call))):
        if ask == store.count and query.sort:
            continue
        with pytest.raises(CallError, match=says):
            ask(table, query)
    assert store.readings == 0


def test_the_next_release_answers_when_the_active_one_was_pruned(store: Shelf) -> None:
    store.pruned.add(RELEASE.id)
    assert store.find("points", Query()).release == LATER.id
    assert store.readings == 2


def test_a_pinned_store_reads_its_release_only(store: Shelf) -> None:
    pinned = store.at(RELEASE, seconds=1.5)
    store.current = LATER
    assert (pinned.release().id, pinned.seconds) == (RELEASE.id, 1.5)
    assert (store.release().id, store.pinned, store.seconds) == (LATER.id, None, None)
    assert pinned.at(None).release().id == RELEASE.id
    pinned.pruned.add(RELEASE.id)
    with pytest.raises(GoneError):
        pinned.count("points", Query())


def test_releases_that_are_pruned_all_the_time_are_an_error(store: Shelf) -> None:
    store.pruned |= {RELEASE.id, LATER.id}
    with pytest.raises(SinkError, match="'points' of release 20250103-000000-000001 is lost"):
        store.count("points", Query())
    assert store.failure() is None
