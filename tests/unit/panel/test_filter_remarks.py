"""What filters make of shares, changes and targets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.comparison import Comparison, PeriodShift
from medallion_panel.blocks.filter_remarks import filter_remark
from medallion_panel.date_spans import DateSpan, Shift
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable, content_of

SALES = SmallTable({"day": "date", "land": "text", "v": "float64"}, [(date(2023, 1, 2), "IE", 1.0)])
LINE = {"table": "t", "x": "day", "y": "sum(v)"}
KPI = {"table": "t", "value": "sum(v)"}
SHARES = "Shares of the rows filtered by Land, not of all rows."
CHANGES = "Changes of the rows filtered by Land, not of all rows."
TARGET = "The target is for all rows, the figure for those filtered by Land."


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


@pytest.mark.parametrize(
    ("kind", "settings", "remark"),
    [
        ("line", {**LINE, "show": "share"}, SHARES),
        ("bar", {**LINE, "show": "growth"}, CHANGES),
        ("line", {**LINE, "target": 5}, TARGET),
        ("kpi", {**KPI, "over": "day"}, CHANGES),
        ("kpi", {**KPI, "target": 5}, TARGET),
        ("kpi", KPI, ""),
        ("line", LINE, ""),
        ("line", {**LINE, "show": "total"}, ""),
        ("markdown", {"text": "{t.sum(v)}"}, ""),
    ],
)
def test_a_relative_figure_names_the_filters(
    context: BlockContext, kind: str, settings: dict[str, Any], remark: str
) -> None:
    content = content_of(**{kind: settings})
    filters = (Filter("land", "in", ("IE",)), Filter("other", "eq", 1))
    assert filter_remark(content, replace(context, page_filters=filters)) == remark
    assert filter_remark(content, context) == ""


def test_a_filter_on_the_dates_of_changes_is_not_named(context: BlockContext) -> None:
    filters = (Filter("day", "gte", date(2023, 1, 1)),)
    context = replace(context, page_filters=filters)
    assert filter_remark(content_of(kpi={**KPI, "over": "day"}), context) == ""
    assert filter_remark(content_of(line={**LINE, "show": "growth"}), context) == ""
    assert "filtered by Day" in filter_remark(content_of(line={**LINE, "show": "share"}), context)


def test_the_period_of_a_page_is_no_filter_of_its_comparison(context: BlockContext) -> None:
    span = DateSpan(date(2023, 1, 1), date(2023, 1, 31))
    period, land = Filter("day", "gte", date(2023, 1, 1)), Filter("land", "eq", "IE")
    shift = PeriodShift("day", span, span, Shift(days=31))
    content = content_of(kpi=KPI)
    compared = replace(context, page_filters=(period,), comparison=Comparison("then", (), shift))
    assert filter_remark(content, compared) == ""
    comparison = Comparison("then", (land,), shift)
    compared = replace(context, page_filters=(period, land), comparison=comparison)
    assert filter_remark(content, compared) == CHANGES
