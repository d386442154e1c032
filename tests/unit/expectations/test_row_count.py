from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.expectations.row_count import RowCount
from medallion.plugins import EXPECTATIONS, build
from medallion.records import Tally


def tally(rows):
    return Tally(label="t", rows_in=100, kept=100, rows_out=rows)


def test_the_rows_that_would_be_published_are_counted():
    bounds = build(EXPECTATIONS, {"row_count": {"at_least": 2, "at_most": 1500}})
    assert bounds.verdict(tally(2)) is None
    assert bounds.verdict(tally(1500)) is None
    assert bounds.verdict(tally(1)) == "there is 1 row, and there must be at least 2"
    assert bounds.verdict(tally(1501)) == "there are 1,501 rows, and there may be at most 1,500"
    assert RowCount(equals=13).verdict(tally(13)) is None
    assert RowCount(equals=13).verdict(tally(12)) == "there are 12 rows, and there must be 13"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "give `at_least`"),
        ({"equals": 1, "at_most": 2}, "or else `equals`"),
        ({"at_least": 3, "at_most": 2}, "above at_most"),
        ({"at_least": -1}, "greater than or equal"),
        ({"equals": 1, "on_fail": "drop"}, "'warn' or 'fail'"),
        ({"equals": 1, "on_fail": "quarantine"}, "'warn' or 'fail'"),
    ],
)
def test_wrong_declarations_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        RowCount(**fields)
