from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.map_values import MapValues


def test_listed_values_change_and_the_others_stay():
    step = plugins.build(
        plugins.TRANSFORMS,
        {"map_values": {"a": {"UK": "GB", "n/a": None, "1": "one"}, "n": {1: -1}}},
    )
    rows = [
        {"a": "UK", "n": 1},
        {"a": "n/a", "n": 2},
        {"a": "uk", "n": None},
        {"a": None, "n": 3},
        {"a": "1", "n": 4},
    ]
    made = apply_transform(step, rows)
    assert [row["a"] for row in made.rows] == ["GB", None, "uk", None, "one"]
    assert [row["n"] for row in made.rows] == [-1, 2, None, 3, 4]
    assert made.types == {"a": "text", "n": "int64"}


def test_values_may_swap():
    step = MapValues(columns={"a": {"x": "y", "y": "x"}})
    assert apply_transform(step, [{"a": "x"}, {"a": "y"}]).rows == [{"a": "y"}, {"a": "x"}]


@pytest.mark.parametrize(
    "mapped", [{False: "Norway"}, {1234: "x"}, {"x": 1234}, {"x": 1000.0}, {"x": True}]
)
def test_values_that_yaml_reads_as_no_text_need_quotes(mapped):
    with pytest.raises(StepError, match="put it in quotes, as it is written in the data"):
        apply_transform(MapValues(columns={"a": mapped}), [{"a": "no"}])


def test_values_that_do_not_fit_and_missing_columns():
    with pytest.raises(StepError, match="'two' is not int64"):
        apply_transform(MapValues(columns={"n": {1: "two"}}), [{"n": 1}])
    with pytest.raises(StepError, match="no column 'b'"):
        apply_transform(MapValues(columns={"b": {1: 2}}), [{"n": 1}])
    with pytest.raises(ValidationError):
        MapValues(columns={"a": {}})
