"""Stores pinned to one release, and queries with a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pymongo
import pymongo.errors
import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store, TableSpec
from medallion.errors import GoneError, OvertimeError
from medallion.records import Column, Release
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.pinned import CALLS
from medallion.testing.served import SPEC as ITEMS
from medallion.testing.served import Row, batches, items, publish, release, snapshot

MANY = 60_000
SPEC = TableSpec(
    name="words",
    columns=(Column(name="id", type="int64"), Column(name="word", type="text")),
    key=("id",),
)

StoreCall = Callable[[Store], Any]


@pytest.fixture(params=["sqlite", "mongodb"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> Sink:
    if request.param == "sqlite":
        return Sqlite(url=f"sqlite:{tmp_path}/serving.db")
    return MongoDB(url=request.getfixturevalue("mongodb_url"))


def load_many(sink: Sink) -> Release:
    numbers = pa.array(range(MANY), pa.int64())
    words = pa.array(
        [f"{number * 7919 % MANY:08} is a word as long as words may be" for number in range(MANY)]
    )
    batches = pa.table({"id": numbers, "word": words}).to_reader(10_000)
    report = sink.load(SPEC, snapshot("many", MANY, "words", SPEC.columns), batches)
    release_of_many = release(sink, "many", [report.served])
    sink.activate(release_of_many)
    return release_of_many


@pytest.fixture
def many(sink: Sink) -> Iterator[tuple[Store, Release]]:
    loaded_release = load_many(sink)
    store = sink.store()
    yield store, loaded_release
    store.close()


def test_a_release_that_was_removed_is_not_read_while_its_tables_are_loaded_again(
    sink: Sink,
) -> None:
    pinned = sink.store().at(publish(sink, "first", items()))
    sink.prune([publish(sink, "second", items(3))])
    names = []

    def rows() -> Iterator[Row]:
        for number, row in enumerate(items()):
            if number == 50:  # some of the others are in the database by now
                for name, call in CALLS.items():
                    with pytest.raises(GoneError, match="first"):
                        call(pinned)
                    names.append(name)
            yield row

    assert sink.load(ITEMS, snapshot("snapshot-first", 60), batches(rows())).loaded
    assert names == list(CALLS)
    pinned.close()


SLOW: dict[str, StoreCall] = {
    "find": lambda store: store.find(
        "words", Query(filters=(Filter("word", "contains", "no such word"),))
    ),
    "count": lambda store: store.count(
        "words", Query(filters=(Filter("word", "contains", "as long"),))
    ),
    "group": lambda store: store.group("words", ["word"], {"n": "count()"}, Query(limit=1)),
    "scan": lambda store: next(store.scan("words", Query(sort=(Sort("word", descending=True),)))),
}


@pytest.mark.parametrize("call", SLOW.values(), ids=SLOW)
def test_the_database_ends_a_query_at_its_time_limit(
    many: tuple[Store, Release], sink: Sink, call: StoreCall
) -> None:
    store, release = many
    mongodb = isinstance(sink, MongoDB)
    call(store.at(release, 30))
    with pytest.raises(OvertimeError, match="timed out") as caught:
        call(store.at(release, 0.02 if mongodb else 0.001))
    if mongodb:
        cause = caught.value.__context__
        assert isinstance(cause, pymongo.errors.NetworkTimeout) or getattr(cause, "code", None) in (
            50,
            11601,
        ), cause
        with pymongo.MongoClient[dict[str, Any]](sink.url) as client:
            stages: list[dict[str, Any]] = [
                {"$currentOp": {}},
                {"$match": {"ns": {"$regex": "words__"}}},
            ]
            while list(
                client.admin.aggregate(stages)
            ):  # a connection that was given up is noticed in a moment
                time.sleep(0.01)


def test_the_time_limit_of_a_scan_is_for_its_first_batch(many: tuple[Store, Release]) -> None:
    store, release = many
    batches = store.at(release, 3).scan("words", Query())
    rows = len(next(batches))
    time.sleep(3.2)
    assert rows + sum(map(len, batches)) == MANY


def test_a_late_page_reads_as_little_as_an_early_one(mongodb_url: str) -> None:
    sink = MongoDB(url=mongodb_url)
    release = load_many(sink)
    store, cursor = sink.store().at(release), None
    for _ in range(5):
        cursor = store.find("words", Query(limit=10_000, cursor=cursor)).cursor
    with pymongo.MongoClient[dict[str, Any]](sink.url) as client:
        database = client.get_default_database()
        database.command("profile", 2)
        assert store.find("words", Query(limit=10, cursor=cursor)).rows[0]["id"] == 50_000
        database.command("profile", 0)
        profile = database["system.profile"].find_one({"command.limit": 11})
        assert profile is not None
        assert (profile["keysExamined"], profile["docsExamined"]) == (11, 11)
    store.close()
