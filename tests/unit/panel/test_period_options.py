"""The periods that a page can show, by the data and the release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion.records import Release
from medallion_panel.date_spans import DateSpan
from medallion_panel.messages.messages import messages_in
from medallion_panel.pages.period_options import NO_PERIOD, PeriodOptions, period_options
from medallion_panel.section import PageSettings
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import SmallTable


class _Stores:
    """Releases to compare with."""

    def references(self, shown: Release) -> tuple[str, ...]:
        return ("march", f"before {shown.id}")


def options_of(
    open_store: OpenStore, type_: str, values: Sequence[Any], **page: Any
) -> tuple[PeriodOptions, list[str]]:
    store = open_store({"t": SmallTable({"day": type_}, [(value,) for value in values])})
    blocks = [{"kpi": {"table": "t", "value": "count()"}}]
    settings = PageSettings.model_validate({"title": "P", "blocks": blocks, **page})
    return period_options(settings, store, messages_in("en"), _Stores())  # type: ignore[arg-type]


def test_today_is_the_latest_date_in_the_data(open_store: OpenStore) -> None:
    days = [date(2023, 5, 1), date(2023, 11, 7), None]
    options, notices = options_of(open_store, "date", days, period="day")
    assert (options.column, options.today) == ("day", date(2023, 11, 7))
    assert (options.length, notices) == ("day", [])
    assert options.releases[0] == "march"
    span = DateSpan(date(2023, 11, 1), date(2023, 11, 7))
    assert options.conditions(span) == (
        Filter("day", "gte", span.first),
        Filter("day", "lte", span.last),
    )


def test_dates_after_the_release_do_not_count(open_store: OpenStore) -> None:
    options, _ = options_of(open_store, "date", [date(2099, 1, 1)], period="day")
    assert options.today == date(2024, 1, 1)


def test_the_first_filter_on_dates_has_the_period(open_store: OpenStore) -> None:
    moments = [datetime(2023, 5, 1, 23, 30, tzinfo=UTC)]
    options, _ = options_of(open_store, "timestamptz", moments, filters=["day"])
    assert (options.column, options.today) == ("day", date(2023, 5, 1))


@pytest.mark.parametrize(
    ("texts", "length", "today", "selected"),
    [
        (["2023-01", "2023-05"], "month", date(2023, 5, 31), ("2023-05",)),
        (["2023-Q1", "2023-Q2"], "quarter", date(2023, 6, 30), ("2023-Q2",)),
        (["2023-W01", "2023-W18"], "week", date(2023, 5, 7), ("2023-W18",)),
    ],
)
def test_periods_in_text_are_selected_by_their_first_day(
    open_store: OpenStore, texts: list[str], length: str, today: date, selected: tuple[str, ...]
) -> None:
    options, notices = options_of(open_store, "text", texts, period="day")
    assert (options.length, options.today, notices) == (length, today, [])
    span = DateSpan(date(2023, 4, 1), date(2023, 6, 30))
    assert options.conditions(span) == (Filter("day", "in", selected),)


def test_text_that_is_no_period_is_reported(open_store: OpenStore) -> None:
    options, notices = options_of(open_store, "text", ["2023-01", "May"], period="day")
    assert not options.column
    assert notices == [
        (
            "This page has no period of 'day': its values are not all days, weeks, months, quarters "
            "or years."
        )
    ]


@pytest.mark.parametrize(
    ("type_", "values", "page", "notice"),
    [
        ("int64", [7], {"period": "day"}, "a column of kind integer has no dates"),
        ("date", [], {"period": "month"}, "none of its tables has this column"),
        ("date", [], {"period": "day"}, ""),
        ("text", [], {"period": "day"}, ""),
        ("text", ["2023-01"], {"filters": ["day"]}, ""),
        ("date", [date(2023, 1, 1)], {}, ""),
    ],
)
def test_pages_without_a_period(
    open_store: OpenStore, type_: str, values: list[Any], page: dict[str, Any], notice: str
) -> None:
    options, notices = options_of(open_store, type_, values, **page)
    assert options.column == NO_PERIOD.column == ""
    assert options.presets == ()
    assert [notice in each for each in notices] == ([True] if notice else [])
