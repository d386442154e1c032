"""Loading a table as a changed copy of its former collection: what is left, and what is refused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import OperationFailure

from medallion.contracts import row_changes
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target, target
from medallion.records import Served
from medallion.sinks.mongodb.database import LOADS, connect
from medallion.sinks.mongodb.table_changes import copy_table
from medallion.sinks.mongodb.table_load import drop_collections, load_table
from medallion.testing.served import SPEC, batches, items, snapshot

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

FLAT = tuple(column for column in SPEC.columns if column.name not in ("tags", "detail", "counts"))
WAY = SPEC.model_copy(update={"columns": FLAT, "indexes": (("-amount", "day"),)})
ROWS = items(30)
CHANGED = [*ROWS[:4], {**ROWS[4], "name": None, "amount": None}, *items(33)[5:]]


def destination(ident: str, rows: list[dict[str, Any]]) -> Target:
    return target("mongodb://host/db", 1, WAY, snapshot(ident, len(rows), "items", FLAT))


def loaded(database: Documents, ident: str, rows: list[dict[str, Any]]) -> Served:
    table = destination(ident, rows)
    count = load_table(database, table, batches(rows, FLAT), token=7)
    return table.report("serving", 1.0, count, loaded=True).served


def copied(database: Documents, former: Served) -> tuple[str, int]:
    changes = row_changes(batches(ROWS, FLAT), batches(CHANGED, FLAT), 10)
    assert changes is not None
    table = destination("two", CHANGED)
    return table.name, copy_table(database, table, former, changes, token=7)


def described(database: Documents, name: str) -> tuple[Any, ...]:
    """Documents, options and indexes of a collection."""
    (description,) = database.list_collections(filter={"name": name})
    indexes = database[name].index_information()
    return [*database[name].find(sort=[("_id", 1)])], description["options"], indexes


def test_a_copy_is_the_same_collection_as_a_load(database: Documents) -> None:
    former = loaded(database, "one", ROWS)
    before = described(database, former.name)
    name, count = copied(database, former)
    assert count == len(CHANGED)
    other = loaded(database, "three", CHANGED)
    assert described(database, name) == described(database, other.name)
    assert described(database, former.name) == before
    assert sorted(database.list_collection_names()) == sorted(
        [LOADS, former.name, name, other.name]
    )
    marks = {mark.pop("_id"): mark for mark in database[LOADS].find()}
    assert marks[name] == marks[other.name]


@pytest.mark.parametrize("damage", ["a replaced row", "another row", "collection", "rows", "mark"])
def test_a_former_collection_that_is_not_what_was_loaded_is_not_copied(
    database: Documents, damage: str
) -> None:
    former = loaded(database, "one", ROWS)
    match damage:
        case "a replaced row":
            database[former.name].delete_one({"_id": ROWS[4]["id"]})
        case "another row":
            database[former.name].delete_one({"_id": ROWS[9]["id"]})
        case "collection":
            database[former.name].drop()
        case "rows":
            database[LOADS].update_many({}, {"$set": {"rows": None}})
        case "mark":
            database[LOADS].delete_many({})
    with pytest.raises(NotCopiedError):
        copied(database, former)
    assert destination("two", CHANGED).name not in database.list_collection_names()


def test_a_copy_that_its_client_no_longer_awaits_leaves_nothing(
    database: Documents, mongodb_url: str
) -> None:
    """The server goes on; the next writer has dropped the temporary collection."""
    former = loaded(database, "one", ROWS)
    failures: list[OperationFailure] = []

    def copy_slowly() -> None:
        pause = {"$function": {"body": "function() { sleep(100) }", "args": [], "lang": "js"}}
        with connect(mongodb_url) as client:
            client_database = client.get_default_database()
            client_database.create_collection("two__loading7")
            stages = [{"$match": {"$expr": {"$ne": [pause, 1]}}}, {"$out": "two__loading7"}]
            begun.set()
            try:
                client_database[former.name].aggregate(stages)
            except OperationFailure as error:
                failures.append(error)

    begun = threading.Event()
    thread = threading.Thread(target=copy_slowly)
    thread.start()
    begun.wait()
    while not any(name.startswith("tmp.agg_out") for name in database.list_collection_names()):
        assert thread.is_alive()
    drop_collections(database, "two", 7)
    thread.join()
    assert "changed during processing" in str(failures)
    assert sorted(database.list_collection_names()) == sorted([LOADS, former.name])
