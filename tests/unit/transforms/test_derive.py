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
        ({"c": "a, b"}, "not a single SQL expression"),
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


@pytest.mark.parametrize(
    ("expression", "good", "bad"),
    [
        ("a / b", 2.0, [(1, "1, 0")]),
        ("a // b", 2, [(1, "1, 0")]),
        ("a % b", 1, [(1, "1, 0")]),
        ("a::decimal(9,2) / b::decimal(9,2)", 2.0, [(1, "1, 0")]),
        ("ln(b)", 0.0, [(1, "0")]),
        ("9223372036854775807 * b", 2**63 - 1, []),
        ("9223372036854775807 - b - 1 + 2 * a - 2 * a", None, None),
        ("case when b = 0 then exp(1000) else 1.0 end", 1.0, [(1, "0")]),
        ("cast(c as integer)", 7, [(1, "x")]),
        ("cast(c as date) is null", None, None),
    ],
)
def test_rows_that_cannot_be_computed_are_quarantined(expression, good, bad):
    rows = [
        {"a": 2, "b": 1, "c": "7"},
        {"a": 1, "b": 0, "c": "x"},
        {"a": None, "b": None, "c": None},
    ]
    rows[0]["a"] = 1 if "%" in expression else 2
    rows[0]["b"] = 2 if "%" in expression else 1
    made = apply_transform(Derive(columns={"d": expression}), rows)
    if bad is None:
        assert {fate for _, fate, *_ in made.set_aside} == {"quarantined"}
        return
    assert made.set_aside == [(row, "quarantined", "derive", "d", value) for row, value in bad]
    assert made.rows[0]["d"] == good


def test_infinite_values_of_the_data_stay_and_later_columns_see_earlier_ones():
    rows = [{"a": float("inf"), "b": 1.0}, {"a": 1.0, "b": 0.0}, {"a": 4.0, "b": 2.0}]
    made = apply_transform(Derive(columns={"b": "a / b", "c": "b * 2", "d": "random() >= 0"}), rows)
    assert [row["c"] for row in made.rows] == [float("inf"), 4.0]
    assert [aside[3:] for aside in made.set_aside] == [("b", "1.0, 0.0")]


def test_text_compared_with_a_number_is_refused():
    with pytest.raises(StepError, match="compares text to"):
        apply_transform(Derive(columns={"x": "case when v = 2 then 'two' end"}), [{"v": "1.5"}])
