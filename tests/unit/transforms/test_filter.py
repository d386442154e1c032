from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.filter import FilterStep

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": None, "b": "y"}]


def test_false_and_unknown_are_dropped_and_told():
    step = plugins.build(plugins.TRANSFORMS, {"filter": "a > 1 -- the large ones"})
    made = apply_transform(step, ROWS)
    assert made.rows == [ROWS[1]]
    assert made.set_aside == [
        (0, "dropped", "filter", None, None),
        (2, "dropped", "filter", None, None),
    ]


def test_it_does_not_leak_out_of_its_brackets():
    assert apply_transform(FilterStep(where="a = 1 or a = 2"), ROWS).rows == ROWS[:2]
    with pytest.raises(StepError, match="cannot compute"):
        apply_transform(FilterStep(where="a = 1) or (a = 2"), ROWS)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("a >", "cannot compute 'a >': .*syntax error"),
        ("nope > 1", '"nope" not found'),
        ("upperr(b) = 'X'", "upperr"),
        ("sum(a) > 1", "aggregate"),
        ("a + 1", "not a condition"),
        ("exists (from rows)", "exists"),
    ],
)
def test_a_wrong_condition_is_named_with_the_reason(where: str, message: str):
    with pytest.raises(StepError, match=message):
        apply_transform(FilterStep(where=where), ROWS)


@pytest.mark.parametrize(
    "where", ["", "  ", "a in (select 1)", "row_number() over () = 1", "unnest([true])", "a > 1; a"]
)
def test_what_is_not_of_one_row_is_found_before_any_work(where: str):
    with pytest.raises(ValidationError):
        FilterStep(where=where)


def test_words_inside_texts_and_names_do_no_harm():
    rows = [{"select": "over (; unnest("}]
    assert apply_transform(FilterStep(where="\"select\" = 'over (; unnest('"), rows).rows == rows


def test_rows_that_a_condition_cannot_be_computed_for_are_quarantined():
    rows = [{"a": 4, "b": 2}, {"a": 1, "b": 0}, {"a": 1, "b": 2}]
    made = apply_transform(FilterStep(where="a / b > 1"), rows)
    assert made.rows == rows[:1]
    assert made.set_aside == [
        (1, "quarantined", "filter", None, "1, 0"),
        (2, "dropped", "filter", None, None),
    ]


@pytest.mark.parametrize(
    "where",
    [
        "v = 2",
        "2 <> v",
        "v in (1, 2)",
        "v not in (1.5)",
        "v is distinct from 2",
        "case v when 2 then true else false end",
        "a = 1 and not (lower(v) = 0123)",
        "v = true",
        "v = date '2024-01-31'",
        "v = a",
        "list_filter([v], lambda x: v = 2) is not null",
    ],
)
def test_text_is_not_read_as_a_number_to_be_compared(where: str):
    """DuckDB would find 1.5 equal to 2, and 01 equal to 1."""
    with pytest.raises(StepError, match="compares text to") as caught:
        apply_transform(FilterStep(where=where), [{"a": 1, "v": "1.5"}])
    assert "`cast` the column first" in str(caught.value)


@pytest.mark.parametrize(
    "where",
    [
        "v = '1.5'",
        "a = '1'",
        "v in ('1.5', '2')",
        "v is not null and v <> 'x'",
        "cast(v as double) = 1.5",
    ],
)
def test_what_compares_alike_keeps_its_rows(where: str):
    rows = [{"a": 1, "v": "1.5"}]
    assert apply_transform(FilterStep(where=where), rows).rows == rows
