"""Values as SQLite stores them, and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf, nan
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts.integers import TooLargeError
from medallion.query.column_types import kind_of
from medallion.sinks.sqlite.row_encoder import bound, restorer, rows_of

STRUCT = "struct<price: decimal(8,2), at: timestamp, seen: timestamptz, data: binary, days: list<date>, open: time>"


def stored(type_: str, values: list[Any], arrow: pa.DataType) -> tuple[list[Any], set[str]]:
    """A column's values as they are bound, and the columns with a null."""
    nulls: set[str] = set()
    batch = pa.record_batch({"a": pa.array(values, arrow)})
    return [value for (value,) in rows_of(batch, {"a": kind_of(type_)}, nulls)], nulls


@pytest.mark.parametrize(
    ("type_", "arrow", "value", "expected"),
    [
        ("int64", pa.int64(), -(2**63), -(2**63)),
        ("uint8", pa.uint8(), 255, 255),
        ("decimal(9,2)", pa.decimal128(9, 2), Decimal("-1.50"), -150),
        ("float64", pa.float64(), inf, inf),
        ("float32", pa.float32(), 0.5, 0.5),
        ("boolean", pa.bool_(), True, 1),
        ("date", pa.date32(), date(1, 2, 3), "0001-02-03"),
        ("timestamp", pa.timestamp("s"), datetime(2024, 1, 31), "2024-01-31T00:00:00.000000Z"),
        ("timestamp(ns)", pa.timestamp("ns"), 1, "1970-01-01T00:00:00.000000Z"),
        ("timestamptz", pa.timestamp("us", "Asia/Tokyo"), datetime(2024, 1, 31, 23, 0, 0, 5, UTC), "2024-01-31T23:00:00.000005Z"),
        ("time", pa.time64("ns"), time(1, 2, 3, 4), "01:02:03.000004"),
        ("text", pa.string(), "it's \N{SNOWMAN} \0", "it's \N{SNOWMAN} \0"),
        ("binary", pa.binary(), b"\0\xff", b"\0\xff"),
        ("list<text>", pa.list_(pa.string()), ["é", None], '["é",null]'),
        ("map<text, decimal(4,1)>", pa.map_(pa.string(), pa.decimal128(4, 1)), [("k", Decimal("1.5"))], '{"k":"1.5"}'),
        ("list<float64>", pa.list_(pa.float64()), [nan, 1.5], "[null,1.5]"),
    ],
)  # fmt: skip
def test_a_value_as_it_is_stored(type_: str, arrow: pa.DataType, value: Any, expected: Any) -> None:
    (answer,), nulls = stored(type_, [value], arrow)
    assert (answer, type(answer), nulls) == (expected, type(expected), set())
    assert stored(type_, [value, None], arrow) == ([expected, None], {"a"})
    assert stored(type_, [], arrow) == ([], set())


def test_nan_is_null() -> None:
    assert stored("float64", [nan, 1.0], pa.float64()) == ([None, 1.0], {"a"})


def test_negative_zero_is_bound_as_sqlite_returns_it() -> None:
    (zero, null), _ = stored("float64", [-0.0, None], pa.float64())
    assert (str(zero), null) == ("0.0", None)


def test_rows_may_be_numbered() -> None:
    batch = pa.record_batch({"a": ["x", "y"]})
    kinds = {"a": kind_of("text")}
    assert list(rows_of(batch, kinds, set(), first=7)) == [(7, "x"), (8, "y")]


def test_rows_of_a_slice_are_its_own() -> None:
    batch = pa.record_batch({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": ["x", "y", None]})
    kinds = {"c": kind_of("text"), "a": kind_of("int64"), "b": kind_of("float64")}
    nulls: set[str] = set()
    assert list(rows_of(batch.slice(1, 1), kinds, nulls)) == [("y", 2, 1.5)]
    assert nulls == set()
    assert list(rows_of(batch.slice(1), kinds, nulls)) == [("y", 2, 1.5), (None, 3, 2.5)]
    assert nulls == {"c"}


def test_a_number_too_large_names_its_place() -> None:
    with pytest.raises(TooLargeError, match="an integer too large for 64 bits") as caught:
        stored("uint64", [1, 2**63], pa.uint64())
    assert (caught.value.column, caught.value.index) == ("a", 1)


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("decimal(9,2)", Decimal("1.5"), 150),
        ("decimal(9,2)", Decimal("1.505"), Decimal("150.5")),
        ("decimal(9,2)", Decimal("1e38"), Decimal("1e40")),
        ("timestamptz", datetime(2024, 1, 31, 10, tzinfo=UTC), "2024-01-31T10:00:00.000000Z"),
        ("timestamp", datetime(2024, 1, 31, 10), "2024-01-31T10:00:00.000000Z"),
        ("date", date(2024, 1, 31), "2024-01-31"),
        ("boolean", False, 0),
        ("text", "a", "a"),
    ],
)
def test_a_value_of_a_query_as_it_is_bound(type_: str, value: Any, expected: Any) -> None:
    answer = bound(kind_of(type_), value)
    assert (answer, type(answer)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("decimal(9,2)", -150, Decimal("-1.50")),
        ("decimal(38,20)", 1, Decimal("1e-20")),
        ("timestamp", "2024-01-31T10:00:00.000001Z", datetime(2024, 1, 31, 10, 0, 0, 1)),
        ("timestamptz", "2024-01-31T10:00:00.000000Z", datetime(2024, 1, 31, 10, tzinfo=UTC)),
        ("date", "0001-02-03", date(1, 2, 3)),
        ("boolean", 0, False),
        ("list<int64>", "[1,null]", [1, None]),
    ],
)
def test_a_stored_value_as_it_is_restored(type_: str, value: Any, expected: Any) -> None:
    restore = restorer(kind_of(type_))
    assert restore
    answer = restore(value)
    assert (answer, type(answer)) == (expected, type(expected))


def test_values_that_are_stored_as_they_are_need_no_restorer() -> None:
    types = ["int64", "float64", "text", "binary", "time"]
    assert [restorer(kind_of(type_)) for type_ in types] == [None] * len(types)


@given(
    st.fixed_dictionaries(
        {
            "price": st.none() | st.decimals(-(10**5), 10**5, places=2),
            "at": st.none() | st.datetimes(),
            "seen": st.none() | st.datetimes(timezones=st.just(UTC)),
            "data": st.none() | st.binary(),
            "days": st.none() | st.lists(st.none() | st.dates()),
            "open": st.none() | st.times().map(lambda value: value.isoformat("microseconds")),
        }
    )
)
def test_a_nested_value_comes_back(value: dict[str, Any]) -> None:
    arrow = pa.struct({
        "price": pa.decimal128(8, 2), "at": pa.timestamp("us"), "seen": pa.timestamp("us", "UTC"),
        "data": pa.binary(), "days": pa.list_(pa.date32()), "open": pa.time64("us"),
    })  # fmt: skip
    row = {**value, "open": value["open"] and time.fromisoformat(value["open"])}
    ((text,), _) = stored(STRUCT, [row], arrow)
    restore = restorer(kind_of(STRUCT))
    assert restore
    restored = restore(text)
    opens = restored.pop("open")
    assert restored == {name: value[name] for name in restored}
    assert (opens and time.fromisoformat(opens)) == row["open"]
    assert json.loads(text).keys() == value.keys()
