"""Loading one table into MongoDB: its documents, indexes and validator, and earlier rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medallion.contracts import TableSpec
from medallion.contracts.table_target import Target, target
from medallion.errors import LoadError, SinkError
from medallion.records import Column, Served
from medallion.sinks.mongodb.database import LOADS
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.mongodb.table_load import check_names, drop_collections, drop_load, load_table
from medallion.testing.served import SPEC as ITEMS
from medallion.testing.served import batches, items, load, publish, snapshot

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

COLUMNS = (Column(name="id", type="int64"), Column(name="a b", type="text"))
SPEC = TableSpec(name="things", columns=COLUMNS, key=("id",))


@pytest.fixture
def sink(mongodb_url: str) -> MongoDB:
    return MongoDB(url=mongodb_url)


def rows(*pairs: tuple[int, str | None]) -> list[dict[str, Any]]:
    return [{"id": ident, "a b": text} for ident, text in pairs]


def loaded(
    database: Documents,
    spec: TableSpec,
    content: list[dict[str, Any]],
    ident: str,
    count: int | None = None,
) -> tuple[Target, int]:
    record = snapshot(ident, len(content) if count is None else count, spec.name, spec.columns)
    destination = target("mongodb://host/db", 1, spec, record)
    return destination, load_table(database, destination, batches(content, spec.columns), token=7)


def served(destination: Target, count: int) -> Served:
    return destination.report("serving", 1.0, count, loaded=True).served


def documents(database: Documents, name: str) -> list[tuple[Any, Any]]:
    return [(each["_id"], each["a b"]) for each in database[name].find(sort=[("_id", 1)])]


def test_a_complete_table_gets_its_name_and_a_mark(database: Documents) -> None:
    destination, count = loaded(database, SPEC, rows((3, "x"), (1, None)), "one")
    assert count == 2
    assert documents(database, destination.name) == [(1, None), (3, "x")]
    assert sorted(database.list_collection_names()) == sorted([LOADS, destination.name])
    assert list(database[LOADS].find()) == [
        {"_id": destination.name, "rows": 2, "nulls": ["a b"], "token": 7}
    ]


def test_a_table_without_rows_is_a_collection_too(database: Documents) -> None:
    destination, count = loaded(database, SPEC, [], "one")
    assert count == 0
    assert destination.name in database.list_collection_names()


def test_a_table_that_is_not_complete_keeps_its_temporary_name(database: Documents) -> None:
    with pytest.raises(LoadError, match="1 row arrived, the snapshot holds 2"):
        loaded(database, SPEC, rows((1, "x")), "one", count=2)
    (name,) = database.list_collection_names()
    assert name.endswith("__loading7")
    drop_collections(database, name.removesuffix("__loading7"), 7)
    assert database.list_collection_names() == []


def test_a_merged_row_replaces_the_one_of_its_key(database: Documents) -> None:
    first, count = loaded(database, SPEC, rows((1, "x"), (2, None)), "one")
    spec = SPEC.model_copy(update={"mode": "merge", "former": served(first, count)})
    second, count = loaded(database, spec, rows((3, "z"), (1, "new")), "two")
    assert (count, documents(database, second.name)) == (3, [(1, "new"), (2, None), (3, "z")])


def test_an_appended_row_leaves_the_one_of_its_key(database: Documents) -> None:
    first, count = loaded(database, SPEC, rows((1, "x")), "one")
    spec = SPEC.model_copy(update={"mode": "append", "former": served(first, count)})
    second, _ = loaded(database, spec, rows((1, "new"), (2, "y")), "two")
    assert documents(database, second.name) == [(1, "x"), (2, "y")]


def test_a_column_that_earlier_rows_lack_is_null_in_them(database: Documents) -> None:
    narrow = SPEC.model_copy(update={"columns": COLUMNS[:1]})
    first, count = loaded(database, narrow, [{"id": 1}], "one")
    spec = SPEC.model_copy(update={"mode": "append", "former": served(first, count)})
    second, _ = loaded(database, spec, rows((2, "y")), "two")
    assert documents(database, second.name) == [(1, None), (2, "y")]
    mark = database[LOADS].find_one({"_id": second.name})
    assert mark
    assert mark["nulls"] == ["a b"]


def test_earlier_rows_that_are_not_there_are_reported(database: Documents) -> None:
    first, count = loaded(database, SPEC, rows((1, "x")), "one")
    database[LOADS].update_one({"_id": first.name}, {"$set": {"rows": None}})
    spec = SPEC.model_copy(update={"mode": "append", "former": served(first, count)})
    with pytest.raises(LoadError, match="the rows served before"):
        loaded(database, spec, rows((2, "y")), "two")


@pytest.mark.parametrize(("writer", "dropped"), [(0, True), (6, False), (7, True), (8, True)])
def test_a_load_of_a_newer_writer_is_not_dropped(
    database: Documents, writer: int, dropped: bool
) -> None:
    destination, _ = loaded(database, SPEC, rows((1, "x")), "one")
    assert drop_load(database, destination.name, 7, writer) is dropped
    assert (destination.name not in database.list_collection_names()) is dropped
    assert (database[LOADS].count_documents({}) == 0) is dropped


def test_a_load_that_is_not_there_is_not_dropped(database: Documents) -> None:
    assert not drop_load(database, "nothing__1", 7, 0)


@pytest.mark.parametrize("name", ["a.b", "$a", "_id", "a\0"])
def test_a_name_that_mongodb_cannot_query_is_refused(name: str) -> None:
    columns = (Column(name="a$", type="int64"), Column(name=name, type="int64"))
    spec = TableSpec(name="odd", columns=columns)
    with pytest.raises(LoadError, match="MongoDB cannot query a column named"):
        check_names(target("mongodb://host/db", 1, spec, snapshot("one", 0, "odd", columns)))


def test_documents_keep_their_schema(sink: MongoDB, database: Documents) -> None:
    release = publish(sink, "first", items())
    name = release.served["serving"]["items"].name
    (options,) = [
        description["options"] for description in database.list_collections(filter={"name": name})
    ]
    schema = options["validator"]["$jsonSchema"]
    assert schema["properties"]["day"] == {"bsonType": ["date", "null"], "description": "date"}
    assert schema["properties"]["id"] == {"bsonType": ["int", "long"], "description": "int64"}
    assert database[name].count_documents({"$jsonSchema": schema}) == 60
    with pytest.raises(Exception, match="failed validation"):
        database[name].insert_one({"_id": -1, "id": "text"})


def test_a_column_name_that_mongodb_cannot_query_is_refused(sink: MongoDB) -> None:
    for name in ("a.b", "$a", "_id"):
        spec = TableSpec(name="odd", columns=(Column(name=name, type="int64"),))
        with pytest.raises(SinkError, match="rename it"):
            load(sink, "one", [{name: 1}], spec)


def test_an_index_declared_twice_is_created_once(sink: MongoDB, database: Documents) -> None:
    indexes = (("name",), ("name", "id"), ("id", "name"))
    spec = TableSpec(name="pairs", columns=ITEMS.columns[:2], key=("id", "name"), indexes=indexes)
    (served,) = publish(sink, "first", [{"id": 1, "name": "Ana"}], spec).served["serving"].values()
    assert sorted(database[served.name].index_information()) == [
        "_id_",
        "id_1_name_1",
        "name_1_id_1",
    ]
