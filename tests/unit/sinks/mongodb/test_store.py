"""The MongoDB store beyond the contract of all stores: pruned releases, large sums and pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from medallion.contracts import Filter, Query, Sort, TableSpec
from medallion.errors import GoneError, SinkError
from medallion.records import Column
from medallion.sinks.mongodb.database import ACTIVE, LOADS
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.mongodb.store import MongoStore
from medallion.testing.served import publish

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

NUMBERS = TableSpec(
    name="numbers",
    columns=(Column(name="id", type="int64"), Column(name="kind", type="text")),
    key=("id",),
)


def numbers(count: int, text: str = "") -> list[dict[str, Any]]:
    return [{"id": number, "kind": "ab"[number % 2] + text} for number in range(count)]


@pytest.fixture
def sink(mongodb_url: str) -> MongoDB:
    return MongoDB(url=mongodb_url)


@pytest.fixture
def store(sink: MongoDB) -> Iterator[MongoStore]:
    with closing(sink.store()) as store:
        yield store


def test_a_store_masks_the_password_of_its_url() -> None:
    with closing(MongoStore("mongodb://ann:s3cret@host/shop", "serving")) as store:
        assert repr(store) == "<MongoStore mongodb://ann:***@host/shop>"


def test_nothing_was_published(store: MongoStore, database: Documents) -> None:
    for _ in range(2):
        with pytest.raises(SinkError, match="nothing was published yet") as caught:
            store.release()
        assert caught.value.hint == "medallion run"
        database[ACTIVE].replace_one({"_id": "active"}, {"_id": "active"}, upsert=True)


def test_a_pruned_release_is_gone(sink: MongoDB, store: MongoStore) -> None:
    pinned = store.at(publish(sink, "first", numbers(10), NUMBERS))
    publish(sink, "second", numbers(20), NUMBERS)
    asks = [
        lambda: pinned.count("numbers", Query()),
        lambda: pinned.find("numbers", Query()).rows,
        lambda: pinned.group("numbers", [], {"n": "count()"}, Query()),
        lambda: list(pinned.scan("numbers", Query())),
    ]
    assert all(ask() for ask in asks)
    sink.prune([])
    for ask in asks:
        with pytest.raises(GoneError, match="first"):
            ask()
    with pytest.raises(GoneError, match="first"):
        store.kept("first")
    assert store.count("numbers", Query()) == 20


def test_no_matching_row_is_an_answer(sink: MongoDB, store: MongoStore) -> None:
    publish(sink, "first", numbers(10), NUMBERS)
    nothing = Query((Filter("id", "gt", 99),))
    assert store.count("numbers", nothing) == 0
    assert store.find("numbers", nothing).rows == []
    assert store.group("numbers", ["kind"], {"n": "count()"}, nothing) == []
    assert store.group("numbers", [], {"n": "count()"}, nothing) == [{"n": 0}]
    assert list(store.scan("numbers", nothing)) == []


def test_sums_beyond_64_bits_are_exact(sink: MongoDB, store: MongoStore) -> None:
    largest = 2**63 - 1
    rows = [{"id": largest, "kind": "a"}, {"id": largest - 1, "kind": "a"}, {"id": 5, "kind": "b"}]
    publish(sink, "first", rows, NUMBERS)
    totals = store.group("numbers", ["kind"], {"total": "sum(id)"}, Query())
    assert totals == [{"kind": "a", "total": 2 * largest - 1}, {"kind": "b", "total": 5}]


@pytest.mark.parametrize("least", [0, 490])
def test_groups_of_a_range_are_the_same_with_and_without_an_index(
    sink: MongoDB, store: MongoStore, least: int
) -> None:
    publish(sink, "first", numbers(500), NUMBERS)
    query = Query((Filter("id", "gte", least),))
    groups = store.group("numbers", ["kind"], {"n": "count()", "most": "max(id)"}, query)
    half = (500 - least) // 2
    assert groups == [{"kind": "a", "n": half, "most": 498}, {"kind": "b", "n": half, "most": 499}]


def test_a_page_larger_than_a_message_of_the_server(sink: MongoDB, store: MongoStore) -> None:
    publish(sink, "first", numbers(20, "x" * 1_000_000), NUMBERS)
    page = store.find("numbers", Query(sort=(Sort("id", descending=True),), limit=19))
    assert [row["id"] for row in page.rows] == list(range(19, 0, -1))
    assert page.cursor
    rest = store.find(
        "numbers", Query(sort=(Sort("id", descending=True),), limit=19, cursor=page.cursor)
    )
    assert [row["id"] for row in rest.rows] == [0]


def test_a_scan_gives_all_rows_in_order_and_in_batches(sink: MongoDB, store: MongoStore) -> None:
    publish(sink, "first", numbers(2500), NUMBERS)
    query = Query(sort=(Sort("kind"), Sort("id", descending=True)), fields=("id",))
    batches = list(store.scan("numbers", query))
    assert [len(batch) for batch in batches] == [1000, 1000, 500]
    assert [row["id"] for batch in batches for row in batch] == [
        *range(2498, -1, -2),
        *range(2499, 0, -2),
    ]


def test_what_is_cached_is_dropped_by_a_switch(
    sink: MongoDB, store: MongoStore, database: Documents
) -> None:
    publish(sink, "first", [{"id": 1, "kind": None}, {"id": 2, "kind": "a"}], NUMBERS)
    assert store.group("numbers", [], {"m": "max(kind)"}, Query((Filter("id", "eq", 1),))) == [
        {"m": None}
    ]
    publish(sink, "second", [{"id": 1, "kind": "z"}], NUMBERS)
    assert store.release().id == "second"
    assert database[LOADS].count_documents({}) == 2
    assert store.group("numbers", [], {"m": "max(kind)"}, Query()) == [{"m": "z"}]


def test_a_closed_store_opens_another_client(sink: MongoDB, store: MongoStore) -> None:
    publish(sink, "first", numbers(3), NUMBERS)
    assert store.count("numbers", Query()) == 3
    store.close()
    assert store.count("numbers", Query()) == 3
