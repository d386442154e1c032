from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.clip import Clip


def test_values_move_to_the_nearest_bound_and_null_stays():
    clip = plugins.build(plugins.TRANSFORMS, {"clip": {"a": [1, 10], "b": [None, 2.5]}})
    rows = [
        {"a": 0, "b": Decimal("2.60")},
        {"a": 5, "b": Decimal("-1.00")},
        {"a": 11, "b": None},
        {"a": None, "b": None},
    ]
    made = apply_transform(clip, rows)
    assert [row["a"] for row in made.rows] == [1, 5, 10, None]
    assert [row["b"] for row in made.rows] == [Decimal("2.50"), Decimal("-1.00"), None, None]


@pytest.mark.parametrize("bounds", [[None, None], [2, 1], ["b", "a"], [1], [1, 2, 3]])
def test_wrong_bounds_are_found_before_any_work(bounds: list[Any]):
    with pytest.raises(ValidationError):
        Clip.model_validate({"columns": {"a": bounds}})


def test_a_bound_that_does_not_fit_and_a_missing_column():
    with pytest.raises(StepError, match=r"0\.5 is not int64"):
        apply_transform(Clip(columns={"a": (0.5, None)}), [{"a": 1}])
    with pytest.raises(StepError, match="no column 'b'"):
        apply_transform(Clip(columns={"b": (1, None)}), [{"a": 1}])


@settings(max_examples=30)
@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(-20, 0), st.integers(0, 20))
def test_it_is_min_and_max(values: list[int], low: int, high: int):
    made = apply_transform(Clip(columns={"a": (low, high)}), [{"a": value} for value in values])
    assert [row["a"] for row in made.rows] == [min(max(value, low), high) for value in values]
