"""The period of a page: its part of the URL, its chips, its conditions and its comparison."""

from __future__ import annotations

from datetime import date
from typing import Any

from medallion.contracts import Filter
from medallion.query.column_types import Kind
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.filters import page_filters
from medallion_panel.pages.page_period import PagePeriod
from medallion_panel.pages.period_options import NO_PERIOD, PeriodOptions
from medallion_panel.section import FilterField, PageSettings
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable

OPTIONS = PeriodOptions("day", date(2024, 3, 15), releases=("march",))
MONTHS = PeriodOptions(
    "month",
    date(2024, 3, 31),
    "month",
    {f"2024-0{month}": date(2024, month, 1) for month in (1, 2, 3)},
)


def page_with(period: dict[str, Any], *blocks: dict[str, Any]) -> PageSettings:
    text = {"markdown": {"text": "x"}}
    page = {"title": "P", "period": period, "blocks": [text, *blocks]}
    return PageSettings.model_validate(page)


class Period:
    """A period and how often it reported a change."""

    def __init__(self, options: PeriodOptions = OPTIONS, **settings: Any) -> None:
        self.changes = 0
        bounds = (date(2023, 1, 1), date(2024, 3, 15))
        field = FilterOptions(FilterField(column="day"), Kind("date"), bounds=bounds)
        self.days: Any
        (self.days,) = page_filters([field], FORMATS, lambda: self.period.give_way())
        self.period = PagePeriod(
            page_with(settings), options, None, FORMATS, self._changed, [self.days]
        )

    def _changed(self) -> None:
        self.changes += 1

    def labels(self) -> list[str]:
        return [chip["label"] for chip in self.period.chips(())]


def test_a_preset_of_the_url_is_a_condition_and_a_chip() -> None:
    one = Period()
    assert one.period.set({"period": ["last-7-days"]}) == []
    assert one.period.texts() == {"period": ["last-7-days"]}
    assert one.period.conditions() == (
        Filter("day", "gte", date(2024, 3, 9)),
        Filter("day", "lte", date(2024, 3, 15)),
    )
    assert one.labels() == ["Last 7 days: 9–15 Mar 2024"]
    assert one.period.remove("?period")
    assert (one.period.texts(), one.period.conditions(), one.changes) == ({}, (), 0)
    assert not one.period.remove("day")


def test_unknown_values_of_the_url_are_reported() -> None:
    one = Period(MONTHS)
    notices = one.period.set({"period": ["last-30-days"], "compare": ["april"]})
    assert notices == [
        (
            "This page has no period “last-30-days”: choose last-12-months, this-month, last-month, "
            "this-quarter, last-quarter, this-year, last-year, year-to-date, all."
        ),
        "This page cannot be compared with “april”.",
    ]
    nothing = Period(NO_PERIOD)
    assert nothing.period.widgets == []
    assert nothing.period.set({"period": ["all"]}) == ["This page has no period “all”."]
    assert nothing.period.set({"compare": ["previous-year"]}) == [
        "This page cannot be compared with “previous-year”."
    ]


def test_a_declared_period_is_shown_at_first_and_not_in_the_url() -> None:
    one = Period(default="last-30-days", compare="previous-year")
    assert one.period.texts() == {}
    assert one.labels() == [
        "Last 30 days: 15 Feb\u2009–\u200915 Mar 2024",
        "Compared with: 15 Feb\u2009–\u200915 Mar 2023",
    ]
    one.period.set({"period": ["all"], "compare": ["nothing"]})
    assert one.period.texts() == {"period": ["all"], "compare": ["nothing"]}
    assert one.labels() == []
    one.period.clear()
    assert one.period.texts() == {}


def test_a_preset_that_does_not_suit_the_column_is_not_shown() -> None:
    one = Period(MONTHS, default="last-30-days")
    assert one.period.conditions() == ()


def test_a_visitors_choice_is_reported() -> None:
    one = Period()
    period, compare = one.period.widgets
    period.value, compare.value = "last-month", "previous-period"
    assert one.changes == 2
    comparison = one.period.comparison((*one.period.conditions(), Filter("c", "in", ("IE",))))
    assert comparison is not None
    assert comparison.label == "1–31 Jan 2024"
    assert comparison.compared_filters() == (
        Filter("day", "gte", date(2024, 1, 1)),
        Filter("day", "lte", date(2024, 1, 31)),
        Filter("c", "in", ("IE",)),
    )


def test_months_are_compared_as_whole_months() -> None:
    one = Period(MONTHS)
    one.period.set({"period": ["this-month"], "compare": ["previous-period"]})
    comparison = one.period.comparison(())
    assert comparison is not None
    assert comparison.compared_filters() == (Filter("month", "in", ("2024-02",)),)


def test_all_dates_have_no_period_before() -> None:
    one = Period()
    one.period.set({"compare": ["previous-period"]})
    assert one.period.comparison(()) is None
    assert one.labels() == ["Choose a period to compare it with another one"]


def test_days_that_a_visitor_selects_replace_the_preset_and_the_other_way_round() -> None:
    one = Period()
    days = one.days
    one.period.set({"period": ["last-7-days"], "compare": ["previous-period"]})
    days.widget.param.update(first="2024-02-01", last="2024-02-29", changes=1)
    assert one.period.texts() == {"compare": ["previous-period"]}
    comparison = one.period.comparison(tuple(days.conditions()))
    assert comparison is not None
    assert comparison.label == "1–31 Jan 2024"
    assert comparison.compared_filters() == MARCH_BEFORE
    one.period.widgets[0].value = "last-month"
    assert (days.texts(), one.changes) == ([], 1)


MARCH_BEFORE = (
    Filter("day", "gte", date(2024, 1, 1)),
    Filter("day", "lte", date(2024, 1, 31)),
)


def test_another_release_moves_what_presets_mean() -> None:
    one = Period()
    one.period.set({"period": ["last-7-days"]})
    one.period.update(PeriodOptions("day", date(2024, 3, 16)))
    assert one.labels() == ["Last 7 days: 10–16 Mar 2024"]


def test_annotations_can_be_hidden_where_there_are_any(open_context: OpenContext) -> None:
    chart = {"table": "t", "x": "day", "y": "count()", "annotations": [{"at": 2024, "text": "x"}]}
    page = page_with({}, {"line": chart})
    period = PagePeriod(page, NO_PERIOD, None, FORMATS, lambda: None)
    (box,) = period.widgets
    context = open_context(SmallTable({"day": "date"}, []))
    assert period.apply(context, ()).annotated
    assert period.texts() == {}
    box.value = "hidden"
    assert not period.apply(context, ()).annotated
    assert period.texts() == {"annotations": ["hidden"]}
    assert period.set({"annotations": ["hidden"]}) == []
    assert box.value == "hidden"
    period.clear()
    assert box.value == "shown"
