"""Queries as MongoDB conditions: values are never operators, and pages continue at their cursor."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from bson.decimal128 import Decimal128

from medallion.contracts import Filter, Query, Sort
from medallion.query.cursor import read_cursor
from medallion.query.validation import ValidatedQuery, validate_query
from medallion.records import Column, Served
from medallion.sinks.mongodb.query import (
    after_cursor,
    conditions,
    order,
    projection,
    stored_name,
    where,
)
from medallion.sinks.mongodb.sink import MongoDB
from medallion.testing.served import SPEC, publish

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

TYPES = {"id": "int64", "name": "text", "price": "decimal(9,2)"}
SERVED = Served(
    table="gold.t",
    name="t__1",
    snapshot="s",
    rows=0,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": 1, "id": 1, "name": "Crème (1)", "price": Decimal128("1.50")},
    {"_id": 2, "id": 2, "name": "CREME .*", "price": Decimal128("-2.50")},
    {"_id": 3, "id": 3, "name": None, "price": None},
    {"_id": 4, "id": 4, "name": "$tea", "price": Decimal128("1.00")},
]


def checked(
    *filters: Filter, sort: tuple[Sort, ...] = (), cursor: str | None = None
) -> ValidatedQuery:
    position = read_cursor(cursor) if cursor else None
    return validate_query(SERVED, Query(filters, sort), position)


def test_a_key_of_one_column_and_the_row_number_are_the_id() -> None:
    assert [stored_name(name, ["id"]) for name in ("id", "_row", "name")] == ["_id", "_id", "name"]
    assert [stored_name(name, ["id", "name"]) for name in ("id", "_row")] == ["id", "_id"]


def test_a_projection_leaves_the_id_out_unless_it_is_the_row_number() -> None:
    assert projection(["name", "id"]) == {"_id": 0, "name": 1, "id": 1}
    assert projection(["_row", "name"]) == {"_id": 1, "name": 1}
    assert projection(["_row"]) == {"_id": 1}
    assert projection([]) == {"_id": 1}


def test_an_order_ends_with_the_key() -> None:
    assert order(checked(sort=(Sort("name", descending=True),))) == [("name", -1), ("_id", 1)]


def test_no_filter_is_no_condition() -> None:
    query = checked()
    assert where(query) == {}
    assert after_cursor(query, []) == {}
    assert conditions([], query.kinds, ["id"]) == {}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([Filter("name", "eq", "$tea")], [4]),
        ([Filter("name", "ne", "$tea")], [1, 2]),
        ([Filter("name", "contains", "(1)")], [1]),
        ([Filter("name", "contains", "$te")], [4]),
        ([Filter("name", "contains", "creme")], []),
        ([Filter("name", "search", "creme")], [1, 2]),
        ([Filter("name", "search", ".*")], [2]),
        ([Filter("name", "startswith", "C")], [1, 2]),
        ([Filter("name", "startswith", "")], [1, 2, 4]),
        ([Filter("name", "in", ("$tea", "x"))], [4]),
        ([Filter("name", "isnull", True)], [3]),
        ([Filter("name", "isnull", False)], [1, 2, 4]),
        ([Filter("price", "gte", "1.5")], [1]),
        ([Filter("price", "lt", "1.0001")], [2, 4]),
        ([Filter("id", "gt", 1), Filter("id", "lt", 3)], [2]),
    ],
)
def test_conditions(database: Documents, filters: list[Filter], expected: list[int]) -> None:
    database["t__1"].insert_many([dict(each) for each in DOCUMENTS])
    cursor = database["t__1"].find(where(checked(*filters))).sort("_id")
    assert [document["id"] for document in cursor] == expected


@pytest.mark.parametrize(
    "sort",
    [
        (),
        (Sort("price"),),
        (Sort("price", descending=True),),
        (Sort("name", descending=True), Sort("id", descending=True)),
        (Sort("name"), Sort("price", descending=True)),
    ],
)
def test_a_cursor_continues_after_every_row(database: Documents, sort: tuple[Sort, ...]) -> None:
    database["t__1"].insert_many(
        [*map(dict, DOCUMENTS), {"_id": 5, "id": 5, "name": None, "price": None}]
    )
    query = checked(sort=sort)
    documents = list(database["t__1"].find().sort(order(query)))
    for position, last in enumerate(documents):
        values = [last[each.field] for each in query.order]
        shown = [value.to_decimal() if isinstance(value, Decimal128) else value for value in values]
        cursor = query.cursor("r", shown)
        after = after_cursor(checked(sort=sort, cursor=cursor), {"name", "price"})
        rest = list(database["t__1"].find(after).sort(order(query)))
        assert rest == documents[position + 1 :]


def test_an_index_serves_filter_sort_and_cursor(mongodb_url: str, database: Documents) -> None:
    sink = MongoDB(url=mongodb_url)
    spec = SPEC.model_copy(update={"columns": SPEC.columns[:3], "indexes": (("name", "-amount"),)})
    rows = [
        {"id": number, "name": "FI"[number % 2], "amount": Decimal(number % 50)}
        for number in range(500)
    ]
    (served,) = publish(sink, "first", rows, spec).served["serving"].values()
    query = Query(
        filters=(Filter("name", "eq", "F"),), sort=(Sort("amount", descending=True),), limit=10
    )
    store = sink.store()
    cursor = store.find("items", query).cursor
    store.close()
    assert cursor
    validated = validate_query(served, query, read_cursor(cursor))
    condition = {"$and": [where(validated), after_cursor(validated, frozenset())]}
    explained = database[served.name].find(condition).sort(order(validated)).limit(11).explain()
    steps = str(explained["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in steps
    assert "COLLSCAN" not in steps
    assert "'SORT'" not in steps
