from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from medallion.contracts import Inputs
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.window import Window

ROWS = [
    {"who": "a", "day": 2, "spent": 10},
    {"who": "b", "day": 1, "spent": 5},
    {"who": "a", "day": 1, "spent": 30},
    {"who": "a", "day": 2, "spent": 20},
]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("row_number()", [2, 1, 1, 3]),
        ("rank()", [2, 1, 1, 2]),
        ("dense_rank()", [2, 1, 1, 2]),
        ("lag(spent)", [30, None, None, 10]),
        ("lag(spent, 2)", [None, None, None, 30]),
        ("lead(spent, 1)", [20, None, 10, None]),
        ("running_sum(spent)", [40, 5, 30, 60]),
        ("running_mean(spent)", [20.0, 5.0, 30.0, 20.0]),
        ("running_min(spent)", [10, 5, 30, 10]),
        ("running_max(spent)", [30, 5, 30, 30]),
        ("running_count()", [2, 1, 1, 3]),
        ("moving_sum(spent, 2)", [40, 5, 30, 30]),
        ("moving_mean(spent, 2)", [20.0, 5.0, 30.0, 15.0]),
        ("moving_min(spent, 2)", [10, 5, 30, 10]),
        ("moving_max(spent, 2)", [30, 5, 30, 20]),
        ("share(spent)", [10 / 60, 1.0, 0.5, 20 / 60]),
        ("sum(spent)", [60, 5, 60, 60]),
        ("mean(spent)", [20.0, 5.0, 20.0, 20.0]),
        ("count()", [3, 1, 3, 3]),
        ("count_distinct(day)", [2, 1, 2, 2]),
        ("median(spent)", [20.0, 5.0, 20.0, 20.0]),
        ("quantile(spent, 0.0)", [10.0, 5.0, 10.0, 10.0]),
        ("first(spent)", [30, 5, 30, 30]),
        ("last(spent)", [20, 5, 20, 20]),
    ],
)
def test_each_function_in_its_group_and_order(call, expected):
    outcome = apply_transform(Window(by="who", order_by="day", columns={"x": call}), ROWS)
    assert [row["x"] for row in outcome.rows] == expected
    assert [row["spent"] for row in outcome.rows] == [10, 5, 30, 20]


def test_without_order_rows_stand_as_in_their_files_and_nulls_come_last():
    assert [
        row["x"] for row in apply_transform(Window(columns={"x": "row_number()"}), ROWS).rows
    ] == [1, 2, 3, 4]
    rows = [{"a": None}, {"a": 1}, {"a": 2}]
    outcome = apply_transform(Window(order_by="-a", columns={"x": "row_number()"}), rows)
    assert [row["x"] for row in outcome.rows] == [3, 2, 1]


def test_sums_stay_whole_or_exact():
    rows = [{"i": 1, "d": Decimal("0.10")}, {"i": 2, "d": Decimal("0.20")}]
    outcome = apply_transform(Window(columns={"si": "running_sum(i)", "sd": "sum(d)"}), rows)
    assert outcome.rows[1]["sd"] == Decimal("0.30")
    assert outcome.types["si"] == "int64"


def test_identity_of_rows_passes_through():
    import duckdb

    connection = duckdb.connect()
    rows = connection.sql("select 7::bigint as _row, 9::bigint as _origin, 1 as a")
    made = Window(columns={"n": "count()"}).apply(rows, Inputs(connection))
    assert made.columns == ["_row", "_origin", "a", "n"]
    assert made.fetchall() == [(7, 9, 1, 1)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"columns": {"x": "rank()"}}, "needs `order_by`"),
        ({"columns": {"x": "rank(a)"}, "order_by": "a"}, "takes nothing"),
        ({"columns": {"x": "moving_sum(a)"}}, "lacks its number"),
        ({"columns": {"x": "moving_sum(a, 0)"}}, "not a whole number of rows"),
        ({"columns": {"x": "row_numbr()"}}, "did you mean 'row_number'"),
        ({"columns": {}}, "at least 1"),
    ],
)
def test_a_wrong_declaration_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        Window(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"columns": {"Spent": "count()"}}, "two columns 'Spent'"),
        ({"columns": {"x": "sum(who)"}}, "not a number"),
        ({"columns": {"x": "count()"}, "order_by": "-dya"}, "did you mean 'day'"),
    ],
)
def test_what_the_rows_do_not_allow_is_a_step_error(fields, message):
    with pytest.raises(StepError, match=message):
        apply_transform(Window(**fields), ROWS)
