"""Rows that are kept as Arrow arrays come back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, isnan, nan
from typing import Any

import pytest

from medallion_panel.data.arrow_rows import ArrowRows


@pytest.mark.parametrize(
    "values",
    [
        [1, None, -(2**63)],
        [2**100, 1],
        [Decimal("1.50"), Decimal("-0.001"), None],
        [Decimal("1e40"), Decimal("1e-40")],
        [0.1, inf, None],
        ["Zoë", "", None],
        [True, None],
        [date(1, 1, 1), date(9999, 12, 31)],
        [datetime(2024, 1, 2, 3, 4, 5, 6), None],
        [datetime(2024, 1, 2, tzinfo=UTC), None],
        [1, 2.5, "mixed"],
        [None, None],
    ],
)
def test_values_come_back_as_they_were(values: list[Any]) -> None:
    rows = ArrowRows({"a": values, "b": [*range(len(values))]})
    assert len(rows) == len(values)
    read = [rows[number] for number in range(len(rows))]
    assert [row["a"] for row in read] == values
    assert [type(row["a"]) for row in read] == [type(value) for value in values]
    assert [row["b"] for row in read] == [*range(len(values))]


def test_nan_stays_nan() -> None:
    assert isnan(ArrowRows({"a": [nan]})[0]["a"])


def test_rows_are_read_one_after_the_other() -> None:
    rows = [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": "y", "c": None}]
    kept = ArrowRows.of(rows, ["a", "b"])
    assert list(kept) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert kept.nbytes >= 2 * 8 + 2
    assert ArrowRows({"mixed": [1, "x"]}).nbytes > kept.nbytes
