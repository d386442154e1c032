from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.select import Select


def test_listed_columns_in_the_order_listed():
    select = plugins.build(plugins.TRANSFORMS, {"select": ["c", "a"]})
    made = apply_transform(select, [{"a": 1, "b": 2, "c": 3}, {"a": 4, "b": 5, "c": 6}])
    assert [list(row.items()) for row in made.rows] == [[("c", 3), ("a", 1)], [("c", 6), ("a", 4)]]


def test_missing_column():
    with pytest.raises(StepError, match="no column 'd'"):
        apply_transform(Select(columns=("d",)), [{"a": 1}])


@pytest.mark.parametrize("columns", [(), ("a", "a"), ("a", "A"), ("_row",)])
def test_nothing_one_column_twice_and_reserved_ones_are_refused(columns: tuple[str, ...]):
    with pytest.raises(ValidationError):
        Select(columns=columns)
