"""Inserting a stream of batches: all rows, numbered in their order, or an error that names one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medallion.contracts import TableSpec
from medallion.contracts.table_target import Target, target
from medallion.errors import LoadError
from medallion.records import Column
from medallion.sinks.mongodb.bulk_insert import insert
from medallion.testing.served import batches, snapshot

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

COLUMNS = (
    Column(name="id", type="uint64"),
    Column(name="name", type="text"),
    Column(name="other", type="text"),
)


def destination(*key: str) -> Target:
    spec = TableSpec(name="things", columns=COLUMNS, key=key)
    return target("mongodb://host/db", 1, spec, snapshot("one", 0, "things", COLUMNS))


def rows(count: int, **last: Any) -> list[dict[str, Any]]:
    content = [{"id": number, "name": f"name {number}", "other": "x"} for number in range(count)]
    return [*content[:-1], {**content[-1], **last}] if count else []


@pytest.mark.parametrize("count", [0, 1, 16, 17, 100])
def test_all_rows_of_all_batches_are_inserted(database: Documents, count: int) -> None:
    nulls = insert(database["things"], destination("id"), batches(rows(count), COLUMNS))
    assert nulls == set()
    documents = list(database["things"].find(sort=[("_id", 1)]))
    assert documents == [{"_id": row["id"], **row} for row in rows(count)]


def test_rows_without_a_key_of_one_column_are_numbered(database: Documents) -> None:
    insert(database["things"], destination(), batches(rows(40), COLUMNS))
    numbers = [document["_id"] for document in database["things"].find(sort=[("id", 1)])]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 40


def test_the_columns_with_a_null_in_any_batch(database: Documents) -> None:
    content = [{**rows(1)[0], "id": 99, "other": None}, *rows(40, name=None)]
    assert insert(database["things"], destination("id"), batches(content, COLUMNS)) == {
        "name",
        "other",
    }


@pytest.mark.parametrize("count", [3, 60])
@pytest.mark.parametrize(
    ("last", "message"),
    [
        ({"id": 1}, r"key \(id\) is not unique: more than one row has 1"),
        ({"id": None}, "'id' is null in some row, and it is part of the key"),
        ({"id": 2**63}, "column 'id', row COUNT: an integer too large for 64 bits"),
    ],
)
def test_a_row_that_cannot_be_stored_is_named(
    database: Documents, count: int, last: dict[str, Any], message: str
) -> None:
    content = batches(rows(count, **last), COLUMNS)
    with pytest.raises(LoadError, match=message.replace("COUNT", str(count))):
        insert(database["things"], destination("id"), content)
