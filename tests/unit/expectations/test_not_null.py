from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.expectations.not_null import NotNull
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations

ROWS = [{"a": 1, "b": None}, {"a": None, "b": None}, {"a": 3, "b": 3}]


def test_each_row_breaks_it_once_by_its_first_empty_column():
    assert violations(NotNull(columns=["a", "b"]), ROWS) == [(0, "b", None), (1, "a", None)]


def test_as_written_in_yaml():
    made = build(EXPECTATIONS, {"not_null": "a"}, on_fail="drop")
    assert violations(made, ROWS) == [(1, "a", None)]


def test_errors():
    with pytest.raises(StepError, match="no column 'c'"):
        violations(NotNull(columns="c"), ROWS)
    with pytest.raises(ValidationError, match="at least 1"):
        NotNull(columns=[])
