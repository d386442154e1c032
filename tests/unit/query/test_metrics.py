"""Metrics as text: what is read, what is refused, and quantiles of numbers."""

from __future__ import annotations

from fractions import Fraction
from math import inf
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.errors import CallError
from medallion.query.metrics import MetricCall, metric_call, metric_columns, quantile_of


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("count()", MetricCall("count")),
        (" sum( net amount ) ", MetricCall("sum", "net amount")),
        ("mean(delay)", MetricCall("mean", "delay")),
        ("mean(delay, flights)", MetricCall("mean", "delay", weight="flights")),
        ("median(a)", MetricCall("quantile", "a", fraction=0.5)),
        ("quantile(a, 0.95)", MetricCall("quantile", "a", fraction=0.95)),
        ("quantile(a,0)", MetricCall("quantile", "a", fraction=0.0)),
        ("count_distinct(id)", MetricCall("count_distinct", "id")),
        ("min(größe)", MetricCall("min", "größe")),
        (
            "sum(a) / count()",
            MetricCall("ratio", parts=(MetricCall("sum", "a"), MetricCall("count"))),
        ),
        (
            "sum(a)/sum(b)",
            MetricCall("ratio", parts=(MetricCall("sum", "a"), MetricCall("sum", "b"))),
        ),
    ],
)
def test_a_metric_is_read(text: str, call: MetricCall) -> None:
    assert metric_call(text) == call


@pytest.mark.parametrize(
    ("text", "columns", "call"),
    [
        ("mean(a, b)", ["a, b"], MetricCall("mean", "a, b")),
        ("sum(a, b)", [], MetricCall("sum", "a, b")),
        ("sum(a) / sum(b)", ["a) / sum(b"], MetricCall("sum", "a) / sum(b")),
        ("quantile(a, b, 0.5)", ["a, b"], MetricCall("quantile", "a, b", fraction=0.5)),
        ("sum(f(x))", ["f(x)"], MetricCall("sum", "f(x)")),
    ],
)
def test_the_columns_of_the_table_decide_what_a_name_is(
    text: str, columns: list[str], call: MetricCall
) -> None:
    assert metric_call(text, "m", columns) == call


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("amount", "total: no metric 'amount'; did you mean 'count'?", "such as count() or sum(amount)"),
        ("summ(a)", "total: no metric 'summ(a)'; did you mean 'sum'?", "such as count() or sum(amount)"),
        ("ratio(a)", "total: no metric 'ratio(a)'; there is count, count_distinct, max, mean, median, min, quantile, sum", "such as count() or sum(amount)"),
        ("count(a)", "total: count() counts rows and takes no column", "filter by `isnull`, or count distinct values by count_distinct(column)"),
        ("quantile(a)", "total: 'a' is not a valid fraction from 0 to 1", "such as quantile(amount, 0.95)"),
        ("quantile(a, 1.01)", "total: '1.01' is not a valid fraction from 0 to 1", "such as quantile(amount, 0.95)"),
        ("quantile(a, nan)", "total: 'nan' is not a valid fraction from 0 to 1", "such as quantile(amount, 0.95)"),
        ("mean(a) / count()", "total: a ratio divides sums and counts, and mean(a) is neither", ""),
        ("sum(a) / sum(b) / sum(c)", "total: a ratio divides sums and counts, and sum(a) / sum(b) is neither", ""),
    ],
)  # fmt: skip
def test_another_text_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(CallError) as caught:
        metric_call(text, "total")
    assert (caught.value.message, caught.value.hint or "") == (message, hint)


def test_the_columns_that_a_metric_reads() -> None:
    assert metric_columns("sum(a) / sum(b)") == ("a", "b")
    assert metric_columns("mean(a, b)") == ("a", "b")
    assert metric_columns("count()") == ()
    assert metric_columns("amount") == ("amount",)


def test_sums_and_counts_alone_add_up() -> None:
    texts = ["count()", "sum(a)", "mean(a)", "min(a)", "max(a)", "median(a)", "sum(a) / count()"]
    assert [metric_call(text).additive for text in texts] == [True, True] + [False] * 5


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.3, 7.0),
        ([3, 1, 2], 0.5, 2.0),
        ([4, 1, 3, 2], 0.5, 2.5),
        ([10, 20], 0.25, 12.5),
        ([1, 2, 3, 4], 0.0, 1.0),
        ([1, 2, 3, 4], 1.0, 4.0),
        ([1, inf], 0.5, inf),
        ([-inf, inf], 0.5, None),
        ([inf, inf], 0.5, inf),
        ([1e308, 1.7e308], 0.5, 1.35e308),
    ],
)
def test_a_quantile_is_interpolated(
    values: list[float], fraction: float, expected: float | None
) -> None:
    assert quantile_of(values, fraction) == expected


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30))
def test_quartiles_are_those_of_the_standard_library(values: list[int]) -> None:
    expected = quantiles(map(Fraction, values), n=4, method="inclusive")
    assert [quantile_of(values, part / 4) for part in (1, 2, 3)] == [
        float(each) for each in expected
    ]
