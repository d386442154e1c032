"""The comparison of two tables, and what it says of their differences."""

from __future__ import annotations

from datetime import date

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from medallion.testing import assert_rows

FRAMES = {
    "dicts": [{"visit": 1, "day": date(2024, 1, 5)}, {"visit": 2, "day": None}],
    "arrow": pa.table({"visit": [1, 2], "day": [date(2024, 1, 5), None]}),
    "pandas": pd.DataFrame({"visit": [1, 2], "day": [date(2024, 1, 5), None]}),
    "polars": pl.DataFrame({"visit": [1, 2], "day": [date(2024, 1, 5), None]}),
}


def test_equal_rows_are_equal_in_any_order_and_kind() -> None:
    nan = float("nan")
    assert_rows([], [])
    assert_rows(
        [{"a": 1, "b": nan}, {"a": 1, "b": nan}, {"a": 2, "b": 0.1}],
        [{"b": pytest.approx(0.1), "a": 2}, {"a": 1, "b": nan}, {"a": 1, "b": nan}],
    )
    assert_rows(FRAMES["pandas"], FRAMES["polars"], ignore_order=False)


@pytest.mark.parametrize(
    ("actual", "expected", "ignore_order", "told"),
    [
        (
            [{"a": 1}],
            [{"a": 1}, {"a": 1}],
            True,
            "the rows differ: 1 actual, 2 expected\n- missing: {'a': 1}",
        ),
        (
            [{"a": 1}, {"a": 2}],
            [{"a": 1}],
            True,
            "the rows differ: 2 actual, 1 expected\n+ unexpected: {'a': 2}",
        ),
        (
            [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
            [{"a": 2, "b": "z"}, {"a": 1, "b": "x"}],
            True,
            (
                "the rows differ: 2 actual, 2 expected\n"
                "differs: {'a': 2}\n    b:\n      - 'z'\n      + 'y'"
            ),
        ),
        (
            [{"a": 1, "c": 3}],
            [{"a": 1, "b": 2}],
            True,
            (
                "the rows differ: 1 actual, 1 expected\n"
                "columns missing: b\ncolumns unexpected: c\ndiffers: {'a': 1}\n"
                "    b:\n      - 2\n      + no such column\n    c:\n      - no such column\n      + 3"
            ),
        ),
        (
            [{"a": 1}, {"a": 2}],
            [{"a": 2}, {"a": 1}, {"a": 3}],
            False,
            (
                "the rows differ: 2 actual, 3 expected\n"
                "row 0, differs: {}\n    a:\n      - 2\n      + 1\n"
                "row 1, differs: {}\n    a:\n      - 1\n      + 2\n- row 2, missing: {'a': 3}"
            ),
        ),
        (
            [{"a": 1}],
            [],
            False,
            "the rows differ: 1 actual, 0 expected\n+ row 0, unexpected: {'a': 1}",
        ),
    ],
)
def test_the_differences_are_listed(
    actual: list[dict[str, object]],
    expected: list[dict[str, object]],
    ignore_order: bool,
    told: str,
) -> None:
    with pytest.raises(AssertionError) as error:
        assert_rows(actual, expected, ignore_order=ignore_order)
    assert str(error.value) == told


def test_a_long_difference_is_cut() -> None:
    with pytest.raises(AssertionError, match="… and 5 more") as error:
        assert_rows([], [{"a": number} for number in range(25)])
    assert len(str(error.value).splitlines()) == 22
