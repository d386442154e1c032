from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.drop import Drop


def test_the_others_stay_in_order():
    drop = plugins.build(plugins.TRANSFORMS, {"drop": "b"})
    assert list(apply_transform(drop, [{"c": 1, "b": 2, "a": 3}]).rows[0]) == ["c", "a"]


def test_missing_column_and_last_column():
    with pytest.raises(StepError, match="no column 'x'"):
        apply_transform(Drop(columns=("x",)), [{"a": 1}])
    with pytest.raises(StepError, match="no column would be left"):
        apply_transform(Drop(columns=("a",)), [{"a": 1}])


def test_nothing_to_drop_is_refused():
    with pytest.raises(ValidationError):
        Drop(columns=())
