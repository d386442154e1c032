from __future__ import annotations

import pytest

from medallion.errors import StepError
from medallion.expectations.expression import Expression
from medallion.plugins import EXPECTATIONS, build
from medallion.testing import violations

ROWS = [{"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": None, "b": 1}]


def test_false_and_null_break_it_with_the_values_it_names():
    made = build(EXPECTATIONS, {"expression": "a < b -- in order"})
    assert violations(made, ROWS) == [(1, "a, b", "2, 1"), (2, "a, b", "NULL, 1")]
    assert violations(Expression(condition="A = 1"), ROWS) == [(1, "a", "2"), (2, "a", None)]
    assert violations(Expression(condition="1 = 2"), ROWS[:1]) == [(0, None, None)]


def test_a_rule_is_named_by_its_condition():
    assert Expression(condition="a < b").rule == "expression (a < b)"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("a + 1", "gives int32|gives int64"),
        ("nope > 1", 'Referenced column "nope" not found'),
        ("a >", "syntax error"),
        ("true) or (true", "syntax error"),
        ("a, b", "not a single SQL expression"),
        ("a from rows", "not a single SQL expression"),
        ("a in (select x from read_csv('x.csv'))", "reads a table"),
        ("true; drop table x", "SELECT|statements"),
        ("sum(a) > 1", "aggregate"),
    ],
)
def test_what_is_no_condition_is_a_step_error(condition, message):
    with pytest.raises(StepError, match=message):
        violations(Expression(condition=condition), ROWS)


def test_a_condition_that_cannot_be_computed_is_broken():
    rows = [{"a": 4, "b": 2}, {"a": 1, "b": 0}, {"a": 1, "b": 2}]
    assert violations(Expression(condition="a // b > 1"), rows) == [
        (1, "a, b", "1, 0"),
        (2, "a, b", "1, 2"),
    ]
    assert violations(Expression(condition="random() >= 0 and a > 0"), rows) == []


def test_text_compared_with_a_number_is_refused():
    with pytest.raises(StepError, match="compares text to"):
        violations(Expression(condition="v <> 2"), [{"v": "1.5"}])
