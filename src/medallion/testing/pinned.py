"""The pinned half of the sink contract: a store that reads one release, whichever is active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store
from medallion.errors import GoneError
from medallion.query.validation import validate_query
from medallion.testing.readers import NUMBERS
from medallion.testing.served import SPEC, Row, items, publish, sorted_rows

# Ids as a lake has them, by which an API finds releases.
FIRST, SECOND, THIRD = (f"2024010{number}-000000-00000{number}" for number in (1, 2, 3))

CALLS: dict[str, Callable[[Store], Any]] = {
    "find": lambda store: store.find("items", Query()),
    "find nothing": lambda store: store.find("items", Query(filters=(Filter("id", "eq", -1),))),
    "get": lambda store: store.get("items", 7),
    "count": lambda store: store.count("items", Query()),
    "group": lambda store: store.group("items", ["active"], {}, Query()),
    "scan": lambda store: list(store.scan("items", Query())),
}


class PinnedContract:
    """`Store.at` reads the rows of any release that is kept; a part of `SinkContract`."""

    def test_a_pinned_store_reads_its_release(self, sink: Sink) -> None:
        first = publish(sink, FIRST, items())
        store = sink.store()
        pinned = store.at(first, 10)
        cursor = store.find("items", Query(limit=50)).cursor
        second = publish(sink, SECOND, items(3))
        assert store.release().id == SECOND
        assert store.kept(FIRST).served == first.served
        for _ in range(2):
            _check(pinned, FIRST, items())
            _check(store.at(second), SECOND, items(3))
            assert len(pinned.find("items", Query(cursor=cursor)).rows) == 10
            sink.activate(first)
        assert store.count("items", Query()) == 60
        store.close()

    def test_a_pinned_store_has_the_tables_and_columns_of_its_release(self, sink: Sink) -> None:
        narrow = SPEC.model_copy(update={"columns": SPEC.columns[:2], "indexes": ()})
        rows = [{"id": row["id"], "name": row["name"]} for row in items(5)]
        first = publish(sink, FIRST, items(5))
        second = publish(sink, SECOND, rows, narrow)
        publish(sink, THIRD, [{"id": 1}], NUMBERS)
        store = sink.store()
        _check(store.at(first), FIRST, items(5))
        _check(store.at(second), SECOND, rows)
        assert set(store.at(second).tables()) == {"items"}
        query = validate_query(second.served[sink.label]["items"], Query(limit=9))
        assert store.read_page(second, query).rows == sorted_rows(rows, ())
        assert store.read_count(second, query) == 5
        assert [row for batch in store.read_batches(second, query) for row in batch] == (
            sorted_rows(rows, ())
        )
        assert set(store.tables()) == set(store.at(None).tables()) == {"numbers"}
        store.close()

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    def test_a_release_that_was_removed_is_gone(
        self, sink: Sink, call: Callable[[Store], Any]
    ) -> None:
        store = sink.store()
        pinned = store.at(publish(sink, FIRST, items()))
        sink.prune([publish(sink, SECOND, items(3))])
        with pytest.raises(GoneError, match=FIRST):
            call(pinned)
        with pytest.raises(GoneError, match=FIRST):
            store.kept(FIRST)
        store.close()

    def test_a_cursor_of_a_release_that_was_removed_is_gone(self, sink: Sink) -> None:
        publish(sink, FIRST, items())
        store = sink.store()
        cursor = store.find("items", Query(limit=5)).cursor
        second = publish(sink, SECOND, items(3))
        sink.prune([second])
        with pytest.raises(GoneError, match=FIRST):
            store.at(second).find("items", Query(cursor=cursor))
        store.close()


def _check(store: Store, release: str, rows: list[Row]) -> None:
    """A store reads exactly these rows of a release, by each of its methods."""
    ordered, first = sorted_rows(rows, (Sort("name"),)), rows[0]
    query = Query(sort=(Sort("name"),), limit=25)
    assert store.release().id == release
    page = store.find("items", query)
    found, pages = list(page.rows), {page.release}
    while page.cursor:
        page = store.find("items", Query(sort=query.sort, limit=25, cursor=page.cursor))
        found += page.rows
        pages.add(page.release)
    assert (found, pages) == (ordered, {release})
    assert [row for batch in store.scan("items", query) for row in batch] == ordered
    assert store.get("items", first["id"]) == first
    assert store.count("items", Query()) == len(rows)
    assert store.group("items", [], {"rows": "count()"}, Query()) == [{"rows": len(rows)}]
