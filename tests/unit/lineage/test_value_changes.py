"""The change of numbers: exact where they are, in absolute terms and per cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from medallion.lineage.value_changes import value_change
from medallion.records.column_type import column_type


@pytest.mark.parametrize(
    ("type_", "before", "after", "change", "percent"),
    [
        ("int64", 10, 12, 2, 20.0),
        ("int64", -10, -12, -2, -20.0),
        ("int64", 0, 5, 5, None),
        ("int64", None, 5, None, None),
        ("int64", 5, None, None, None),
        ("int64", 2**62, 2**62 + 1, 1, 0.0),
        ("int128", 10**38, 10**38 + 1, 1, 0.0),
        ("decimal(12,2)", "10.00", "12.50", Decimal("2.50"), 25.0),
        ("decimal(38,1)", f"{'9' * 37}.1", f"{'9' * 37}.2", Decimal("0.1"), 0.0),
        ("float64", 1.5, 3.0, 1.5, 100.0),
        ("float64", 3, 1.5, -1.5, -50.0),
        ("float64", 1e308, -1e308, None, None),
        ("float64", 5e-324, 1e308, 1e308, None),
        ("text", "10", "12", None, None),
        ("boolean", False, True, None, None),
    ],
)
def test_numbers_change_by_an_amount_and_a_percentage(
    type_: str, before: Any, after: Any, change: Any, percent: float | None
) -> None:
    item = value_change(before, after, column_type(type_))
    assert (item.before, item.after) == (before, after)
    assert (item.change, item.percent) == (change, percent)
    assert type(item.change) is type(change)
