"""Stored values as Python values."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from medallion.errors import SinkError
from medallion.query.column_types import Kind, kind_of
from medallion.query.stored_values import json_value, result_columns, result_rows, value_of_json

EAST = timezone(timedelta(hours=2))
KINDS = {"a": Kind("integer"), "b": Kind("text")}


def doubled(kind: Kind) -> Any:
    return (lambda value: value * 2) if kind.name == "integer" else None


def test_values_that_are_not_null_are_converted() -> None:
    tuples = [(1, "x", "beyond"), (None, None, "beyond")]
    assert result_rows(["a", "b"], KINDS, tuples, doubled) == [
        {"a": 2, "b": "x"},
        {"a": None, "b": None},
    ]
    assert [*map(list, result_columns(["b"], KINDS, [("x",)], doubled))] == [["x"]]
    assert result_rows(["a"], KINDS, [], doubled) == []


def test_a_value_of_another_form_names_its_column() -> None:
    with pytest.raises(SinkError, match="column 'a': a served value is not what was loaded"):
        result_rows(["a"], KINDS, [("x",)], lambda _: int)


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("decimal(12,2)", Decimal("1.50"), "1.50"),
        ("timestamp", datetime(2024, 1, 2, 3), "2024-01-02T03:00:00+00:00"),
        ("date", date(2024, 1, 2), "2024-01-02"),
        ("binary", b"\x00\xff", "00ff"),
        ("float64", 1.5, 1.5),
        ("float64", inf, inf),
        ("int64", 7, 7),
        ("text", "x", "x"),
        ("boolean", True, True),
    ],
)
def test_what_is_inside_a_nested_value(type_: str, value: Any, stored: Any) -> None:
    kind = kind_of(type_)
    plain = json_value(kind, value)
    assert plain == stored
    assert value_of_json(kind, plain) == value


def test_nan_is_null_and_moments_are_in_utc() -> None:
    assert json_value(kind_of("float64"), nan) is None
    kind, moment = Kind("timestamp", zoned=True), datetime(2024, 1, 2, 3, tzinfo=EAST)
    assert json_value(kind, moment) == "2024-01-02T01:00:00+00:00"
    assert value_of_json(kind, json_value(kind, moment)) == moment
