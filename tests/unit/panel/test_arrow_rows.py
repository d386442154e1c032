"""Rows that are kept as Arrow arrays come back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from math import inf, isnan, nan
from typing import Any

import pytest

from medallion_panel.data.arrow_rows import ArrowRows

BERLIN = timezone(timedelta(hours=1))


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
        [datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=BERLIN)],
        [None, None],
        [b"\xff", None],
        [[1, 2], None, []],
        [[1, 2.5]],
        [(1, 2)],
        [{"a": 1}, {"b": 2}],
        [{"a": {"b": 1}}, {"a": {"c": 2}}],
        [{"b": 1, "a": 2}, {"a": 2, "b": 1}],
        ["whole", "\ud800"],
        [{"a": "\ud800"}],
    ],
)
def test_values_come_back_as_they_were(values: list[Any]) -> None:
    rows = ArrowRows({"a": values, "b": [*range(len(values))]})
    assert len(rows) == len(values)
    read = [rows[number] for number in range(len(rows))]
    assert [row["a"] for row in read] == values
    assert [type(row["a"]) for row in read] == [type(value) for value in values]
    assert [row["b"] for row in read] == [*range(len(values))]


@pytest.mark.parametrize(
    "values",
    [
        [Decimal("1.5"), Decimal("1.25")],
        [Decimal("1E+3")],
        [Decimal("-0.0")],
        [[1, True], [2.0]],
        [{"b": 1, "a": 2}, {"a": 1, "b": 2}],
        [datetime(2024, 1, 2, tzinfo=BERLIN)],
        [[nan], [inf]],
    ],
)
def test_equal_values_are_written_as_they_were(values: list[Any]) -> None:
    assert repr(ArrowRows({"a": values}).column("a")) == repr(values)


@pytest.mark.parametrize(
    "value", [[1, 2], {"a": 1}, Decimal("1.50"), datetime(2024, 1, 2, tzinfo=UTC)]
)
def test_values_that_arrow_does_not_change_take_its_memory(value: Any) -> None:
    assert ArrowRows({"a": [value] * 1000}).nbytes < ArrowRows({"a": [1, "x"] * 500}).nbytes


def test_nan_stays_nan() -> None:
    assert isnan(ArrowRows({"a": [nan]})[0]["a"])


def test_rows_are_read_one_after_the_other() -> None:
    rows = [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": "y", "c": None}]
    kept = ArrowRows.of(rows, ["a", "b"])
    assert list(kept) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert kept.nbytes >= 2 * 8 + 2
    assert ArrowRows({"mixed": [1, "x"]}).nbytes > kept.nbytes
