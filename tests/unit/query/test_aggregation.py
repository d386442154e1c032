"""Queries for groups: terms, metrics and their kinds, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from medallion.errors import CallError
from medallion.query.aggregation import Metric, Term, grouping
from medallion.query.column_types import Kind
from medallion.query.query import Filter, Query, Sort
from medallion.records import Column, Served

TYPES = {
    "id": "int64",
    "city": "text",
    "total": "decimal(12,2)",
    "share": "float64",
    "day": "date",
    "at": "timestamptz",
    "tags": "list<text>",
    "bin(x, 1)": "text",
}
SERVED = Served(
    table="gold.sales",
    name="sales__1",
    snapshot="s",
    rows=1,
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
INTEGER, DECIMAL, FLOAT, TEXT = Kind("integer"), Kind("decimal", 2), Kind("float"), Kind("text")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("city", Term("city", TEXT)),
        ("month(day)", Term("day", TEXT, "month")),
        (" year( at ) ", Term("at", TEXT, "year")),
        ("bin(total, 0.25)", Term("total", DECIMAL, "bin", Decimal("0.25"))),
        ("bin(id, 10)", Term("id", INTEGER, "bin", Decimal(10))),
        ("bin(share, 1e-3)", Term("share", FLOAT, "bin", Decimal("0.001"))),
        ("bin(x, 1)", Term("bin(x, 1)", TEXT)),
    ],
)
def test_a_term_is_read(text: str, term: Term) -> None:
    groups = grouping(SERVED, [text], {}, Query())
    assert groups.terms == (term,)
    assert groups.by == (text,)
    assert groups.kinds == {term.column: term.kind}
    assert groups.order == (Sort(term.column),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("citi", "no column 'citi'; did you mean 'city'"),
        ("_row", "no column '_row'"),
        ("tags", "'tags' is of type list, which cannot be grouped by"),
        ("hour(day)", "cannot group by 'hour'"),
        ("mont(day)", "cannot group by 'mont'; did you mean 'month'"),
        ("month(city)", "'month' asks a date or timestamp, and 'city' is of type text"),
        ("bin(city, 1)", "'bin' asks a number, and 'city' is of type text"),
        (
            "bin(total, 0.001)",
            "bins of 'total' need a width above 0 of at most 2 places, not 0.001",
        ),
        ("bin(id, 0.5)", "need a width above 0 of at most 0 places, not 0.5"),
        ("bin(id, 0)", "need a width above 0"),
        ("bin(share, -1)", "need a width above 0, not -1"),
        ("bin(share, inf)", "need a width above 0, not"),
        ("bin(id, x)", "'x' is not a valid decimal for 'the width of the bins of id'"),
    ],
)
def test_another_term_is_refused(text: str, message: str) -> None:
    with pytest.raises(CallError) as caught:
        grouping(SERVED, [text], {}, Query())
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("count()", Metric("m", "count", None, INTEGER)),
        ("sum(total)", Metric("m", "sum", "total", DECIMAL)),
        ("max(city)", Metric("m", "max", "city", TEXT)),
        ("mean(id)", Metric("m", "mean", "id", FLOAT)),
        ("mean(total, id)", Metric("m", "mean", "total", FLOAT, weight="id")),
        ("median(total)", Metric("m", "quantile", "total", FLOAT, fraction=0.5)),
    ],
)
def test_a_metric_has_the_kind_of_its_result(text: str, metric: Metric) -> None:
    assert grouping(SERVED, [], {"m": text}, Query()).metrics == (metric,)


def test_a_ratio_is_a_float_of_two_metrics_and_their_columns() -> None:
    (ratio,) = grouping(SERVED, [], {"m": "sum(total) / sum(id)"}, Query()).metrics
    parts = (Metric("m", "sum", "total", DECIMAL), Metric("m", "sum", "id", INTEGER))
    assert ratio == Metric("m", "ratio", None, FLOAT, parts=parts)
    assert ratio.columns == ("total", "id")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sum(city)", "m: sum asks a number, and 'city' is of type text"),
        ("mean(total, city)", "m: mean asks a number, and 'city' is of type text"),
        ("median(day)", "m: quantile asks a number, and 'day' is of type date"),
        ("min(tags)", "m: 'tags' is of type list, which has no order"),
        ("sum(totl)", "no column 'totl'; did you mean 'total'?"),
        ("sum(total) / sum(city)", "m: sum asks a number, and 'city' is of type text"),
    ],
)
def test_a_metric_of_an_unfit_column_is_refused(text: str, message: str) -> None:
    with pytest.raises(CallError) as caught:
        grouping(SERVED, [], {"m": text}, Query())
    assert caught.value.message == message


def test_the_order_ends_with_all_terms_and_filters_are_validated() -> None:
    query = Query((Filter("id", "gt", "5"),), (Sort("n", descending=True), Sort("day")), limit=7)
    groups = grouping(SERVED, ["city", "month(day)"], {"n": "count()"}, query)
    assert groups.order == (Sort("n", descending=True), Sort("day"), Sort("city"))
    assert groups.filters == (Filter("id", "gt", 5),)
    assert groups.limit == 7
    assert list(groups.kinds) == ["city", "day", "n"]
    assert groups.expressions == {"n": "count()"}


@pytest.mark.parametrize(
    ("by", "metrics", "sort", "message"),
    [
        ([], {}, (), "the result has no columns"),
        (["day", "month(day)"], {}, (), "'day' would be two columns of the result"),
        (["city"], {"city": "count()"}, (), "'city' would be two columns of the result"),
        (["city"], {}, (Sort("id"),), "no column 'id'"),
        (["city"], {}, (Sort("city"), Sort("city", descending=True)), "'city' is sorted by twice"),
    ],
)
def test_a_result_that_cannot_be_is_refused(
    by: list[str], metrics: dict[str, str], sort: tuple[Sort, ...], message: str
) -> None:
    with pytest.raises(CallError) as caught:
        grouping(SERVED, by, metrics, Query(sort=sort))
    assert message in caught.value.message
