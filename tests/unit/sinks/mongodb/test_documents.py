"""Values as MongoDB stores them, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from hypothesis import example, given
from hypothesis import strategies as st

from medallion.contracts import TableSpec
from medallion.errors import CallError
from medallion.query.column_types import kind_of
from medallion.records import Column
from medallion.sinks.mongodb.documents import (
    EXACT,
    bson_value,
    columns_of,
    decimal128,
    python_value,
    restorer,
    rows_of,
    schema_of,
    stored_value,
)

DAY = datetime(2024, 1, 31, tzinfo=UTC)


def test_a_schema_has_every_column_and_no_null_in_the_key() -> None:
    columns = (
        Column(name="id", type="int64"),
        Column(name="prices", type="list<decimal(5,2)>"),
        Column(name="at", type="timestamp"),
    )
    assert schema_of(TableSpec(name="t", columns=columns, key=("id",))) == {
        "bsonType": "object",
        "required": ["id", "prices", "at"],
        "properties": {
            "id": {"bsonType": ["int", "long"], "description": "int64"},
            "prices": {"bsonType": ["array", "null"], "description": "list<decimal(5,2)>"},
            "at": {"bsonType": ["date", "null"], "description": "timestamp"},
        },
    }


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("int64", 2**63 - 1, 2**63 - 1),
        ("decimal(9,2)", Decimal("1.50"), Decimal128("1.50")),
        ("float64", inf, inf),
        ("date", date(2024, 1, 31), DAY),
        ("timestamptz", DAY, DAY),
        ("boolean", True, True),
        ("time", "01:02:03.000000", "01:02:03.000000"),
        ("binary", b"\0\xff", b"\0\xff"),
        ("text", "$a", "$a"),
    ],
)
def test_a_value_is_stored_and_restored(type_: str, value: Any, stored: Any) -> None:
    kind = kind_of(type_)
    assert stored_value(kind, value) == bson_value(kind, value) == stored
    assert (python_value(kind, stored), type(python_value(kind, stored))) == (value, type(value))


def test_a_value_between_two_stored_decimals_is_compared_as_it_is() -> None:
    assert stored_value(kind_of("decimal(9,2)"), Decimal("1.505")) == Decimal128("1.505")
    with pytest.raises(CallError, match="has more than 34 digits"):
        stored_value(kind_of("decimal(9,2)"), Decimal("1" * 35))
    with pytest.raises(
        OverflowError, match="a decimal of more than the 34 digits that MongoDB stores"
    ):
        decimal128(Decimal("0.1" + "0" * 33 + "1"))


def test_nan_is_null_and_a_local_time_has_no_zone() -> None:
    assert bson_value(kind_of("float64"), nan) is None
    assert python_value(kind_of("timestamp"), DAY) == datetime(2024, 1, 31)
    assert python_value(kind_of("decimal(9,2)"), None) is None


def test_nested_values_are_restored_in_all_their_parts() -> None:
    kind = kind_of(
        "struct<prices: list<decimal(9,2)>, since: date, at: timestamp, by: map<text, date>>"
    )
    stored = {"prices": [Decimal128("1.50"), None], "since": DAY, "at": DAY, "by": {"a": DAY}}
    assert python_value(kind, stored) == {
        "prices": [Decimal("1.50"), None],
        "since": date(2024, 1, 31),
        "at": datetime(2024, 1, 31),
        "by": {"a": date(2024, 1, 31)},
    }


def test_values_that_are_stored_as_they_are_need_no_restorer() -> None:
    types = ["float64", "text", "boolean", "time", "timestamptz"]
    assert [restorer(kind_of(type_)) for type_ in types] == [None] * len(types)


@given(
    st.decimals(allow_nan=False, allow_infinity=False).filter(
        lambda number: EXACT.create_decimal(number) == number
    )
)
@example(Decimal("-0.00"))
@example(Decimal("9" * 34))
@example(Decimal("-9" + "9" * 33 + "e-30"))
@example(Decimal("1e6144"))
@example(Decimal("1e-6176"))
def test_every_decimal_of_34_digits_comes_back(number: Decimal) -> None:
    restored = python_value(kind_of("decimal(38,2)"), decimal128(number))
    assert restored == number


def test_infinite_decimals_come_back() -> None:
    assert python_value(kind_of("decimal(9,2)"), Decimal128("-Infinity")) == Decimal("-Infinity")


def test_documents_become_rows_of_the_fields_that_are_asked_for() -> None:
    kinds = {
        "_row": kind_of("int64"),
        "price": kind_of("decimal(9,2)"),
        "day": kind_of("date"),
        "name": kind_of("text"),
    }
    documents = [
        {"_id": 1, "price": Decimal128("1.50"), "day": DAY, "name": "x"},
        {"_id": 2, "price": None},
    ]
    assert rows_of(["day", "_row", "price"], kinds, documents) == [
        {"day": date(2024, 1, 31), "_row": 1, "price": Decimal("1.50")},
        {"day": None, "_row": 2, "price": None},
    ]
    assert columns_of(["name", "price"], kinds, documents) == [["x", None], [Decimal("1.50"), None]]
    assert rows_of(["name"], kinds, []) == []
