"""Damage in a MongoDB database: documents are counted, and rows that exist nowhere else kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medallion.contracts import Flaw, TableSpec
from medallion.errors import LoadError
from medallion.records import Served
from medallion.sinks.mongodb.database import LOADS
from medallion.sinks.mongodb.repair import check_history, flaws
from medallion.sinks.mongodb.sink import MongoDB
from medallion.testing.served import SPEC, items, publish

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

IDS = TableSpec(name="ids", columns=SPEC.columns[:1], key=("id",))


@pytest.fixture
def sink(mongodb_url: str) -> MongoDB:
    return MongoDB(url=mongodb_url)


def served(sink: MongoDB) -> dict[str, Served]:
    return publish(sink, "first", items(20)).served["serving"]


def test_a_table_that_is_as_it_was_loaded_has_no_flaw(sink: MongoDB, database: Documents) -> None:
    assert list(flaws(database, served(sink))) == []


def test_a_document_that_is_lost_is_found(sink: MongoDB, database: Documents) -> None:
    tables = served(sink)
    database[tables["items"].name].delete_one({})
    assert list(flaws(database, tables)) == [Flaw("items", "has 19 documents; 20 were loaded")]


@pytest.mark.parametrize("change", [{"$set": {"rows": None}}, None])
def test_a_table_that_is_not_loaded_is_found(
    sink: MongoDB, database: Documents, change: dict[str, Any] | None
) -> None:
    tables = served(sink)
    if change:
        database[LOADS].update_one({"_id": tables["items"].name}, change)
    else:
        database[LOADS].delete_many({})
    assert list(flaws(database, tables)) == [Flaw("items", "is not loaded")]


def test_a_table_on_top_of_lost_rows_is_not_discarded(sink: MongoDB, database: Documents) -> None:
    first = served(sink)["items"]
    second = first.model_copy(update={"name": "items__2", "former": first})
    check_history(database, {"items": second}, ["items"], "here")
    check_history(database, {"items": first}, ["items"], "here")
    database[LOADS].delete_one({"_id": first.name})
    check_history(database, {"items": second}, [], "here")
    with pytest.raises(LoadError, match="here: table 'items': the rows served before"):
        check_history(database, {"items": second}, ["items"], "here")
