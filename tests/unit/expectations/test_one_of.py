from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from medallion.errors import StepError
from medallion.expectations.one_of import OneOf
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations


def test_values_outside_the_list_break_it_and_null_passes():
    made = build(EXPECTATIONS, {"one_of": {"s": ["open", "it's"]}})
    assert violations(made, [{"s": "open"}, {"s": "Open"}, {"s": None}, {"s": "it's"}]) == [
        (1, "s", "Open")
    ]


@pytest.mark.parametrize(
    ("good", "bad", "listed"),
    [
        (1, 2, [1]),
        ("1", "2", ["1"]),
        (1.5, 1.0, [1.5]),
        (Decimal("0.10"), Decimal("0.20"), [0.1]),
        (True, False, [True]),
        (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2), [datetime.date(2024, 1, 1)]),
        (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2), ["2024-01-01"]),
    ],
)
def test_values_of_each_type(good, bad, listed):
    assert [
        row for row, *_ in violations(OneOf(values={"a": listed}), [{"a": good}, {"a": bad}])
    ] == [1]


def test_several_columns():
    rows = [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}]
    assert violations(OneOf(values={"a": [1], "b": [1]}), rows) == [(1, "a", "2"), (2, "b", "2")]


def test_errors():
    with pytest.raises(StepError, match="'x' is not int64, which column 'a' is"):
        violations(OneOf(values={"a": ["x"]}), [{"a": 1}])
    with pytest.raises(
        StepError, match=r"1234 is not text, which column 'a' is[\s\S]*put it in quotes"
    ):
        violations(OneOf(values={"a": [1234]}), [{"a": "01234"}])
    with pytest.raises(
        StepError, match=r"1\.9 is not int64, which column 'a' is: it does not fit exactly"
    ):
        violations(OneOf(values={"a": [1.9]}), [{"a": 2}])
    with pytest.raises(StepError, match="no column 'b'"):
        violations(OneOf(values={"b": ["x"]}), [{"a": 1}])
