"""Values of a cursor in MongoDB: kept with their type, compared, and less a lag."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from pydantic import ValidationError

from medallion.sources.increments import CursorRange
from medallion.sources.mongodb import MongoDBSource
from medallion.sources.mongodb_cursor import (
    bound_text,
    bson_bound,
    field_value,
    is_greater,
    less,
    range_filter,
    written_bound,
)

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)

CASES: list[tuple[Any, Any, Any]] = [
    (NOON, "10 minutes", datetime(2024, 1, 1, 11, 50, tzinfo=UTC)),
    (ObjectId.from_datetime(NOON), "1 hour", ObjectId.from_datetime(NOON - timedelta(hours=1))),
    (Int64(1 << 60), 3, (1 << 60) - 3),
    (1.5, 1, 0.5),
    (Decimal128("1.10"), 1, Decimal128("0.10")),
    ("b", 0, "b"),
    (7, 0, 7),
]


@pytest.mark.parametrize(("value", "lag", "expected"), CASES)
def test_a_value_less_a_lag(value: Any, lag: Any, expected: Any) -> None:
    end = less(value, lag)
    assert end == expected
    assert bson_bound(bound_text(end)) == end
    assert is_greater(value, end) is bool(lag)


@pytest.mark.parametrize(
    ("value", "lag", "message"),
    [
        (NOON, 3, "values of type datetime, for which `lag` is a time"),
        (3, "1 day", "values of type int, for which `lag` is a number"),
        ("a", 3, "values of type str, for which `lag` is not possible"),
        (True, 0, "a value of type bool"),
        ([1], 0, "a value of type list"),
    ],
)
def test_values_that_cannot_be_a_cursor(value: Any, lag: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        less(value, lag)


def test_a_range_is_a_filter() -> None:
    low, high = bound_text(Int64(1)), bound_text(Int64(5))
    assert range_filter("n", CursorRange()) == {}
    assert range_filter("n", CursorRange(low, high)) == {"n": {"$gte": 1, "$lt": 5}}
    assert range_filter("n", CursorRange(None, high)) == {"n": {"$lt": 5}}
    assert range_filter("n", CursorRange(high)) == {"n": {"$not": {"$lt": 5}}}


def test_a_field_may_be_nested() -> None:
    assert field_value({"a": {"b": 1}}, "a.b") == 1
    assert field_value({"a": 1}, "a.b") is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lag": 1}, "`key`, `lag` and `whole` are for a `cursor`"),
        ({"cursor": "at", "fields": ["id"]}, "`fields` must have 'at'"),
        ({"cursor": "at", "lag": "soon"}, "should match pattern"),
    ],
)
def test_wrong_keys_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MongoDBSource.model_validate({"url": "mongodb://db/shop", "collection": "o", **fields})


def test_the_key_is_the_id_by_default() -> None:
    url = "mongodb://db/shop"
    assert MongoDBSource(url=url, collection="o").version_key == ()
    assert MongoDBSource(url=url, collection="o", cursor="at").version_key == ("_id",)
    assert MongoDBSource(url=url, collection="o", cursor="at", key=("n",)).version_key == ("n",)


@pytest.mark.parametrize(
    ("text", "known", "value"),
    [
        ("2024-03-01", datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)),
        (
            "2024-03-01T02:00+02:00",
            datetime(2024, 1, 1, tzinfo=UTC),
            datetime(2024, 3, 1, tzinfo=UTC),
        ),
        ("65e11a8000000000000000aa", ObjectId(), ObjectId("65e11a8000000000000000aa")),
        ("2024-03-01", ObjectId(), ObjectId("65e11a800000000000000000")),
        ("7", Int64(1), 7),
        ("7.5", 1, 7.5),
        ("7.0", 1.5, 7),
        ("1e3", 1, 1000),
        (str(10**30), Int64(1), 1e30),
        ("7.50", Decimal128("1"), Decimal128("7.50")),
        ("march", "april", "march"),
    ],
)
def test_a_value_that_a_user_writes(text: str, known: object, value: object) -> None:
    assert bson_bound(written_bound(text, bound_text(known))) == value


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (datetime(2024, 1, 1, tzinfo=UTC), "datetime"),
        (ObjectId(), "ObjectId"),
        (Int64(1), "Int64"),
        (1.5, "float"),
        (Decimal128("1"), "Decimal128"),
    ],
)
def test_a_value_of_another_type_is_refused(known: object, kind: str) -> None:
    with pytest.raises(ValueError, match=f"has values of type .*{kind}.*, which 'soon' is not"):
        written_bound("soon", bound_text(known))
