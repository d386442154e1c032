from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.rename import Rename


def test_names_change_and_order_stays():
    rename = plugins.build(plugins.TRANSFORMS, {"rename": {'E-"mail': "email"}})
    assert list(apply_transform(rename, [{"a": 1, 'E-"mail': "x", "c": 2}]).rows[0].items()) == [
        ("a", 1),
        ("email", "x"),
        ("c", 2),
    ]


def test_two_columns_may_swap_names():
    assert apply_transform(Rename(columns={"a": "b", "b": "a"}), [{"a": 1, "b": 2}]).rows == [
        {"b": 1, "a": 2}
    ]


@pytest.mark.parametrize("new", ["b", "B"])
def test_a_name_that_is_taken_is_refused(new: str):
    with pytest.raises(StepError, match="two columns"):
        apply_transform(Rename(columns={"a": new}), [{"a": 1, "b": 2}])


def test_missing_column():
    with pytest.raises(StepError, match="no column 'x'"):
        apply_transform(Rename(columns={"x": "y"}), [{"a": 1}])


@pytest.mark.parametrize(
    "columns", [{}, {"a": "_row"}, {"a": "_Origin"}, {"a": ""}, {"a": "x", "b": "X"}]
)
def test_what_cannot_be_is_found_before_any_work(columns: dict[str, str]):
    with pytest.raises(ValidationError):
        Rename(columns=columns)
