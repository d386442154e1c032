from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.aggregate import Aggregate

ROWS = [
    {"country": "FR", "amount": Decimal("1.10"), "items": 1, "note": "b"},
    {"country": "DE", "amount": Decimal("5.00"), "items": 2, "note": "a"},
    {"country": "FR", "amount": Decimal("2.20"), "items": 3, "note": None},
    {"country": "FR", "amount": None, "items": 3, "note": "c"},
]


def test_groups_come_in_the_order_of_their_key_with_exact_sums():
    outcome = apply_transform(
        Aggregate(
            by="country", metrics={"n": "count()", "revenue": "sum(amount)", "items": "sum(items)"}
        ),
        ROWS,
    )
    assert outcome.rows == [
        {"country": "DE", "n": 1, "revenue": Decimal("5.00"), "items": 2},
        {"country": "FR", "n": 3, "revenue": Decimal("3.30"), "items": 7},
    ]
    assert outcome.types["items"] == "int64"
    assert outcome.types["revenue"] == "decimal(38,2)"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("count()", 4),
        ("count(*)", 4),
        ("count(amount)", 3),
        ("count_distinct(items)", 3),
        ("mean(items)", 2.25),
        ("min(note)", "a"),
        ("max(items)", 3),
        ("median(items)", 2.5),
        ("quantile(items, 0.5)", 2.5),
        ("variance(items)", pytest.approx(0.916666, rel=1e-5)),
        ("stddev(items)", pytest.approx(0.957427, rel=1e-5)),
        ("first(note)", "b"),
        ("last(note)", "c"),
        ('sum("items")', 9),
    ],
)
def test_each_function_over_all_rows(call, expected):
    assert apply_transform(Aggregate(metrics={"x": call}), ROWS).rows == [{"x": expected}]


def test_first_takes_the_first_row_even_when_its_value_is_null():
    rows = [{"a": None}, {"a": 1}]
    assert apply_transform(Aggregate(metrics={"x": "first(a)"}), rows).rows == [{"x": None}]


@pytest.mark.parametrize("call", ["median(a)", "quantile(a, 0.5)", "mean(a)"])
def test_a_value_between_two_decimals_is_not_cut_to_their_scale(call):
    rows = [{"a": Decimal("1.10")}, {"a": Decimal("2.25")}]
    assert apply_transform(Aggregate(metrics={"x": call}), rows).rows == [
        {"x": pytest.approx(1.675)}
    ]


def test_having_sort_and_limit_work_on_what_comes_out():
    rows = [{"k": key, "v": value} for key, value in [("a", 3), ("b", 9), ("c", 9), ("d", 1)]]
    step = Aggregate(
        by="k", metrics={"total": "sum(v)"}, having="total > 1", sort="-total", limit=2
    )
    assert apply_transform(step, rows).rows == [{"k": "b", "total": 9}, {"k": "c", "total": 9}]


def test_a_sorted_or_cut_result_needs_all_rows_together():
    metrics = {"n": "count()"}
    assert Aggregate(by="k", metrics=metrics).key() == ("k",)
    assert Aggregate(by="k", metrics=metrics, limit=1).key() == ()
    assert Aggregate(by="k", metrics=metrics, sort="n").key() == ()


def test_a_sum_of_whole_numbers_too_large_fails_rather_than_changes():
    table = pa.table({"v": pa.array([2**62, 2**62], pa.int64())})
    with pytest.raises(Exception, match="out of range"):
        apply_transform(Aggregate(metrics={"x": "sum(v)"}), table)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("summ(a)", "did you mean 'sum'"),
        ("sum", "is not a call"),
        ("sum()", "needs a column"),
        ("quantile(a)", "lacks its number"),
        ("quantile(a, 2)", "not between 0 and 1"),
        ("sum(a, 3)", "takes no number"),
        ("sum(f(a))", "derive"),
    ],
)
def test_a_wrong_call_is_refused_when_declared(metric, message):
    with pytest.raises(ValidationError, match=message):
        Aggregate(metrics={"x": metric})


def test_names_that_would_clash_are_refused_when_declared():
    with pytest.raises(ValidationError, match="two columns 'K'"):
        Aggregate(by="k", metrics={"K": "count()"})
    with pytest.raises(ValidationError, match="reserved"):
        Aggregate(metrics={"_row": "count()"})
    with pytest.raises(ValidationError, match="did you mean 'total'"):
        Aggregate(metrics={"total": "count()"}, sort="-totl")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metrics": {"x": "sum(amont)"}}, "did you mean 'amount'"),
        ({"metrics": {"x": "sum(note)"}}, "'note' is text, not a number"),
        ({"metrics": {"x": "count()"}, "by": "contry"}, "did you mean 'country'"),
        ({"metrics": {"x": "count()"}, "having": "y > 1"}, "it may use: x"),
        ({"metrics": {"x": "count()"}, "having": "x >"}, "SQL: syntax error"),
        ({"metrics": {"x": "count()"}, "having": "x in (select 1 from t)"}, "reads a table"),
    ],
)
def test_what_the_rows_do_not_allow_is_a_step_error(fields, message):
    with pytest.raises(StepError, match=message):
        apply_transform(Aggregate(**fields), ROWS)


@pytest.mark.parametrize("call", ["sum(x)", "mean(x)", "variance(x)"])
def test_finite_numbers_whose_figure_is_not_finite(call):
    step = Aggregate(metrics={"y": call})
    with pytest.raises(duckdb.Error, match=re.escape(f"{call} leaves the range of float64")):
        apply_transform(step, [{"x": 1.7e308}, {"x": 1.7e308}, {"x": -1.7e308}, {"x": 1.7e308}])
    found = apply_transform(Aggregate(metrics={"y": "sum(x)"}), [{"x": float("inf")}, {"x": None}])
    assert found.rows == [{"y": float("inf")}]
