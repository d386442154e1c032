"""The columns that blocks name, as `check` looks them up."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion_panel.block_settings import Groups
from medallion_panel.series_settings import Chart


def test_the_column_of_a_term_is_looked_up() -> None:
    block = Chart(table="t", x="month(day)", y="mean(delay, flights)", by="bin(price, 2.5)")
    assert [column for _, column in block.columns_used()] == ["day", "price", "delay", "flights"]


def test_the_columns_of_groups_are_looked_up_with_their_place() -> None:
    block = Groups(table="t", by=("land", "quarter(day)"), metrics=("count()", "sum(paid)"))
    assert list(block.columns_used()) == [
        (("by", 0), "land"),
        (("by", 1), "day"),
        (("metrics", 1), "paid"),
    ]
    assert block.metric == "count()"


def test_an_invalid_metric_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValidationError, match=r"no metric 'total\(paid\)'.*count_distinct"):
        Groups.model_validate({"table": "t", "by": "land", "metrics": ["total(paid)"]})
    with pytest.raises(ValidationError, match="metrics"):
        Groups.model_validate({"table": "t", "metrics": []})
