from __future__ import annotations

import pytest

from medallion.errors import StepError
from medallion.expectations.unique import Unique
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations

ROWS = [
    {"a": 1, "b": "x"},
    {"a": 1, "b": "y"},
    {"a": None, "b": "x"},
    {"a": None, "b": "x"},
    {"a": 1, "b": "x"},
]


def test_all_rows_but_the_first_break_it_and_null_is_passed_over():
    assert violations(build(EXPECTATIONS, {"unique": "a"}), ROWS) == [(1, "a", "1"), (4, "a", "1")]


def test_several_columns_make_one_key():
    assert violations(Unique(columns=["a", "b"]), ROWS) == [(4, "a, b", "1, x")]


def test_a_missing_column_is_a_step_error():
    with pytest.raises(StepError, match="no column 'c'"):
        violations(Unique(columns="c"), ROWS)
