"""The kinds of served columns, and the values of callers that they take."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.errors import CallError, SinkError
from medallion.query.column_types import Kind, coerce, day_of, flag, kind_of


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int64", "-5", -5),
        ("decimal(12,2)", "100", Decimal(100)),
        ("decimal(12,2)", 0.1, Decimal("0.1")),
        ("date", "2024-01-01", date(2024, 1, 1)),
        ("timestamp", "2024-01-01", datetime(2024, 1, 1)),
        ("timestamp(ns)", "2024-01-01 02:00", datetime(2024, 1, 1, 2)),
        ("timestamptz(ns)", "2024-01-01T02:00", datetime(2024, 1, 1, 2, tzinfo=UTC)),
        ("float64", "-Infinity", -inf),
        ("timestamptz", "2024-01-01T02:00:00+02:00", datetime(2024, 1, 1, tzinfo=UTC)),
        ("boolean", "TRUE", True),
        ("float64", "1e3", 1000.0),
        ("time", "10:30", "10:30:00.000000"),
        ("json", '{"a": 1}', '{"a": 1}'),
    ],
)
def test_text_becomes_the_columns_value(type_: str, value: object, expected: object) -> None:
    assert coerce(kind_of(type_), value, "x") == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int64", " 5"),
        ("int64", "٥"),
        ("int64", "9" * 5000),
        ("int64", 5.0),
        ("decimal(12,2)", "1,5"),
        ("decimal(12,2)", "inf"),
        ("decimal(12,2)", "1e999"),
        ("float64", "nan"),
        ("float64", float("nan")),
        ("float64", True),
        ("date", "01/02/2024"),
        ("date", datetime(2024, 1, 1, tzinfo=UTC)),
        ("timestamp", "2024-01-01T25:00"),
        ("timestamp", "2024-01-01T00:00:00Z"),
        ("timestamp", datetime(2024, 1, 1, tzinfo=UTC)),
        ("timestamptz", "0001-01-01T00:00:00+01:00"),
        ("time", "24:00"),
        ("text", b"x"),
    ],
)
def test_what_does_not_fit_is_refused(type_: str, value: object) -> None:
    with pytest.raises(CallError, match="for 'x'\n  → write it as") as caught:
        coerce(kind_of(type_), value, "x")
    assert len(caught.value.message) < 130


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("list<int64>", Kind("list", items=(("", Kind("integer")),))),
        (
            "list<list<decimal(5,1)>>",
            Kind("list", items=(("", Kind("list", items=(("", Kind("decimal", 1)),))),)),
        ),
        (
            'struct<"a, (b": list<date>, c: map<text, decimal(4,2)>>',
            Kind(
                "struct",
                items=(
                    ("a, (b", Kind("list", items=(("", Kind("date")),))),
                    (
                        "c",
                        Kind("map", items=(("key", Kind("text")), ("value", Kind("decimal", 2)))),
                    ),
                ),
            ),
        ),
    ],
)
def test_nested_types_are_read(type_: str, expected: Kind) -> None:
    assert kind_of(type_) == expected


@pytest.mark.parametrize("type_", ["interval", "time(ns)", "list<timetz>", "whatever"])
def test_types_no_database_serves_are_refused(type_: str) -> None:
    with pytest.raises(SinkError, match="no database can serve"):
        kind_of(type_)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("int8", Kind("integer")),
        ("uint128", Kind("integer", wide=True)),
        ("uint64", Kind("integer", wide=True)),
        ("float32", Kind("float")),
        ("decimal(38,10)", Kind("decimal", 10)),
        ("uuid", Kind("text")),
        ("json", Kind("text")),
        ("null", Kind("text")),
        ("binary", Kind("bytes")),
        ("timestamp(ns)", Kind("timestamp", nanoseconds=True)),
        ("timestamptz(ns)", Kind("timestamp", zoned=True)),
        ("time", Kind("time")),
    ],
)
def test_each_type_has_a_kind(type_: str, kind: Kind) -> None:
    assert kind_of(type_) == kind
    assert str(kind_of(type_)) == kind.name


def test_only_single_values_have_an_order() -> None:
    types = [
        "int64",
        "text",
        "boolean",
        "time",
        "binary",
        "list<text>",
        "struct<a: text>",
        "map<text, text>",
    ]
    assert [kind_of(type_).ordered for type_ in types] == [True] * 4 + [False] * 4
    with pytest.raises(
        CallError, match="'x' is of type list, which can only be asked whether it `isnull`"
    ):
        coerce(kind_of("list<text>"), ["a"], "x")


def test_a_walk_reaches_every_part_of_a_nested_value() -> None:
    kind = kind_of("struct<a: list<int64>, b: map<text, decimal(4,2)>, c: text>")

    def shown(kind: Kind, value: Any) -> str:
        return f"{kind}:{value}"

    value = {"a": [1, None, 2], "b": {1: Decimal(3)}, "other": 4}
    expected = {"a": ["integer:1", None, "integer:2"], "b": {"1": "decimal:3"}, "c": None}
    assert kind.walk(value, shown) == expected
    assert kind.walk({**value, "b": [(1, Decimal(3))]}, shown) == expected
    assert kind.walk(None, shown) is None


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int64", 2**63 - 1, 2**63 - 1),
        ("int64", "-9223372036854775808", -(2**63)),
        ("uint64", 2**64, 2**64),
        ("int128", str(-(2**127)), -(2**127)),
        ("decimal(4,2)", "1e38", Decimal("1e38")),
        ("decimal(4,2)", "1.23456", Decimal("1.23456")),
        ("float64", Decimal("1.5"), 1.5),
        ("time", time(1, 2, 3, 4), "01:02:03.000004"),
        ("timestamptz", datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)),
        ("timestamp", date(2024, 1, 1), datetime(2024, 1, 1)),
    ],
)
def test_a_value_of_python_becomes_the_columns_value(type_: str, value: Any, expected: Any) -> None:
    answer = coerce(kind_of(type_), value, "x")
    assert (answer, type(answer)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int64", 2**63),
        ("int64", True),
        ("int128", 10**40),
        ("uint64", 1.0),
        ("decimal(4,2)", "1e39"),
        ("decimal(4,2)", inf),
        ("text", "\ud800"),
    ],
)
def test_a_value_beyond_the_kind_is_refused(type_: str, value: Any) -> None:
    with pytest.raises(CallError, match="is not a valid"):
        coerce(kind_of(type_), value, "x")


def test_the_form_of_a_timestamp_says_whether_it_has_a_zone() -> None:
    for type_, form in (
        ("timestamptz", "2024-12-31T23:59:59Z"),
        ("timestamp", "2024-12-31T23:59:59, without a time zone"),
    ):
        with pytest.raises(CallError) as caught:
            coerce(kind_of(type_), "now", "at")
        assert caught.value.hint == f"write it as {form}"


@given(st.dates())
def test_a_day_is_known_by_its_value_or_its_text(day: date) -> None:
    assert day_of(day) == day_of(day.isoformat()) == day
    assert day_of(datetime(day.year, day.month, day.day)) is None


def test_other_texts_are_not_days() -> None:
    values = ["2024-02-30", "2024-1-1", "20240101", "2024-01-01T00:00", " 2024-01-01", 5, None]
    assert [day_of(value) for value in values] == [None] * len(values)


def test_a_flag_is_true_or_false_and_nothing_else() -> None:
    assert [flag(value) for value in (True, False, "true", "FALSE")] == [True, False, True, False]
    for value in (1, 0, "1", "yes", "", None):
        with pytest.raises(ValueError, match=r".*"):
            flag(value)
