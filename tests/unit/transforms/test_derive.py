from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.derive import Derive

ROWS = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]


def test_in_order_later_ones_use_earlier_ones():
    step = plugins.build(plugins.TRANSFORMS, {"derive": {"c": "a + 1 -- next", "d": "c * 10"}})
    assert apply_transform(step, ROWS).rows == [
        {"a": 1, "b": "x", "c": 2, "d": 20},
        {"a": None, "b": "y", "c": None, "d": None},
    ]


def test_an_existing_column_is_replaced_in_its_place():
    made = apply_transform(Derive(columns={"a": "coalesce(a, 0)", "c": "a"}), ROWS)
    assert [list(row.items()) for row in made.rows] == [
        [("a", 1), ("b", "x"), ("c", 1)],
        [("a", 0), ("b", "y"), ("c", 0)],
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"c": "a +"}, r"cannot compute 'a \+'"),
        ({"c": "nope"}, '"nope" not found'),
        ({"c": "sum(a)"}, "aggregate"),
        ({"c": "a, b"}, "no single SQL expression"),
        ({"c": "a) as d, (b"}, "cannot compute"),
        ({"A": "1"}, "two columns"),
        ({"c": "d", "d": "1"}, '"d" not found'),
    ],
)
def test_a_wrong_expression_is_named_with_the_reason(columns: dict[str, str], message: str):
    with pytest.raises(StepError, match=message):
        apply_transform(Derive(columns=columns), ROWS)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"_row": "1"},
        {"_ORIGIN": "1"},
        {"c": ""},
        {"c": "lag(a) over ()"},
        {"c": "(select 1)"},
        {"c": "unnest([1])"},
    ],
)
def test_what_cannot_be_is_found_before_any_work(columns: dict[str, str]):
    with pytest.raises(ValidationError):
        Derive(columns=columns)
