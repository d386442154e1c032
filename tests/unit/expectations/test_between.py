from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.expectations.between import Between
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations


def test_bounds_are_allowed_and_null_passes():
    rows = [{"a": value} for value in (0, 1, 5, 6, None)]
    assert violations(Between(bounds={"a": [1, 5]}), rows) == [(0, "a", "0"), (3, "a", "6")]
    assert violations(Between(bounds={"a": [None, 5]}), rows) == [(3, "a", "6")]
    assert violations(Between(bounds={"a": [1, None]}), rows) == [(0, "a", "0")]


def test_decimals_are_compared_exactly():
    rows = [{"a": Decimal(text)} for text in ("0.00", "0.01", "0.30", "0.31", "-7.00")]
    assert violations(Between(bounds={"a": [0.01, 0.3]}), rows) == [
        (0, "a", "0.00"),
        (3, "a", "0.31"),
        (4, "a", "-7.00"),
    ]
    assert violations(Between(bounds={"a": [0.005, 0.305]}), rows) == [
        (0, "a", "0.00"),
        (3, "a", "0.31"),
        (4, "a", "-7.00"),
    ]


def test_the_widest_decimals_and_bounds_do_not_overflow():
    table = pa.table(
        {"a": pa.array([Decimal("9" * 36 + ".99"), Decimal("0.01")], pa.decimal128(38, 2))}
    )
    assert violations(Between(bounds={"a": ["0.001", "9" * 36]}), table) == [
        (0, "a", "9" * 36 + ".99")
    ]
    assert violations(Between(bounds={"a": [0, 1e30]}), table) == [(0, "a", "9" * 36 + ".99")]


def test_not_a_number_is_between_nothing():
    rows = [{"a": float("nan")}, {"a": 1.5}, {"a": float("inf")}]
    assert violations(Between(bounds={"a": [0, None]}), rows) == [(0, "a", "nan")]


def test_dates_and_the_whole_of_the_last_day():
    rows = [
        {"d": datetime.date(2023, 12, 31)},
        {"d": datetime.date(2024, 1, 1)},
        {"d": datetime.date(2025, 1, 1)},
    ]
    bounds = {"d": ["2024-01-01", datetime.date(2024, 12, 31)]}
    assert [row for row, *_ in violations(Between(bounds=bounds), rows)] == [0, 2]
    times = [{"d": datetime.datetime(2024, 12, 31, 23)}, {"d": datetime.datetime(2025, 1, 1)}]
    assert [row for row, *_ in violations(Between(bounds=bounds), times)] == [1]
    noon = {"d": [None, "2024-12-31T12:00:00"]}
    assert [row for row, *_ in violations(Between(bounds=noon), times)] == [0, 1]


def test_a_row_breaks_it_once_though_several_columns_do():
    rows = [{"a": 9, "b": 9}, {"a": 1, "b": 9}]
    assert violations(Between(bounds={"a": [0, 5], "b": [0, 5]}), rows) == [
        (0, "a", "9"),
        (1, "b", "9"),
    ]


def test_as_written_in_yaml():
    made = build(EXPECTATIONS, {"between": {"amount": [0.01, 100000]}}, on_fail="quarantine")
    assert made.on_fail == "quarantine"
    assert made.identity()["fields"]["bounds"] == {"amount": ["0.01", "100000"]}


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([5, 1], "above the high bound"),
        ([None, None], "at least one bound"),
        ([1, "2024-01-01"], "one bound is a number, the other a date"),
        (["low", 1], "neither a number nor a date"),
        ([True, 1], "neither a number nor a date"),
        ([0, float("inf")], "neither a number nor a date"),
        ([1], "required"),
    ],
)
def test_wrong_bounds_are_refused_when_declared(bounds, message):
    with pytest.raises(ValidationError, match=message):
        Between(bounds={"a": bounds})


def test_columns_of_another_kind_are_step_errors():
    with pytest.raises(StepError, match=r"it is text[\s\S]*cast"):
        violations(Between(bounds={"a": [1, 2]}), [{"a": "1"}])
    with pytest.raises(StepError, match="to dates, but it is int64"):
        violations(Between(bounds={"a": ["2024-01-01", None]}), [{"a": 1}])
    with pytest.raises(StepError, match="no column 'b'"):
        violations(Between(bounds={"b": [1, 2]}), [{"a": 1}])
