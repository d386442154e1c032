"""Filters of a page: their values in the URL, their conditions, and new options."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind, kind_of
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.filters import (
    ChoiceFilter,
    DateRangeFilter,
    NumberFilter,
    NumberRangeFilter,
    SearchFilter,
    conditions,
    page_filters,
    url_parameters,
)
from medallion_panel.section import FilterField
from tests.unit.panel.tables import FORMATS

FIELD = FilterField(column="c")


def options(type_: str, **more: Any) -> FilterOptions:
    return FilterOptions(FIELD, kind_of(type_), **more)


def one(given: FilterOptions, changed: Callable[[], None] = lambda: None) -> Any:
    (item,) = page_filters([given], FORMATS, changed)
    return item


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (options("text", values=["a"]), ChoiceFilter),
        (options("int64", exact=True), NumberFilter),
        (options("text"), SearchFilter),
        (options("date", bounds=(date(2024, 1, 1), date(2024, 2, 1))), DateRangeFilter),
        (options("float64", bounds=(0.0, 1.0)), NumberRangeFilter),
    ],
)
def test_a_filter_by_the_kind_of_its_options(given: FilterOptions, kind: type) -> None:
    item = one(given)
    assert type(item) is kind
    assert (item.label, item.texts(), item.conditions()) == ("C", [], [])


def test_a_declared_label_goes_before_the_name_of_the_column() -> None:
    field = FilterField(column="c", label="Country")
    (item,) = page_filters([FilterOptions(field, Kind("text"))], FORMATS, lambda: None)
    assert item.label == "Country"


def test_a_choice_is_of_values_and_their_texts_are_in_the_url() -> None:
    item = one(options("boolean", values=[False, True]))
    assert item.widget.options == [["False", "no"], ["True", "yes"]]
    item.set(["True"])
    assert item.texts() == ["True"]
    assert item.conditions() == [Filter("c", "in", (True,))]
    with pytest.raises(CallError, match="C has no value 'x', 'y'"):
        item.set(["x", "False", "y"])
    assert item.texts() == ["False"]
    item.set([])
    assert item.conditions() == []


def test_choices_that_would_look_alike_show_their_texts() -> None:
    item = one(options("text", values=["2024-05", "May 2024"]))
    assert item.widget.options == [["2024-05", "2024-05"], ["May 2024", "May 2024"]]


def test_a_choice_stays_while_its_value_exists() -> None:
    item = one(options("text", values=["a", "b"]))
    item.set(["a", "b"])
    item.update(options("text", values=["b", "c"]))
    assert item.texts() == ["b"]
    item.update(options("text", values=None))
    assert item.texts() == []


def test_a_search_is_a_text() -> None:
    item = one(options("text"))
    item.set(["Zoë"])
    assert item.conditions() == [Filter("c", "search", "Zoë")]
    assert item.texts() == ["Zoë"]
    item.set([])
    assert (item.texts(), item.conditions()) == ([], [])


def test_numbers_are_entered_with_commas_or_spaces() -> None:
    item = one(options("int64", exact=True))
    item.widget.value = "17, 42 -3"
    assert item.conditions() == [Filter("c", "in", (17, 42, -3))]
    assert item.texts() == ["17", "42", "-3"]
    assert not item.widget.error_state


@pytest.mark.parametrize("word", ["x", "1.5", "9" * 19, "²", "٣"])
def test_a_word_that_is_no_number_is_marked_and_left_out(word: str) -> None:
    item = one(options("int64", exact=True))
    item.widget.value = f"17 {word}"
    assert item.conditions() == [Filter("c", "in", (17,))]
    assert item.widget.error_state
    with pytest.raises(CallError, match="is not a valid integer for 'C'"):
        item.set([word])


def numbers(type_: str = "int64", bounds: tuple[Any, Any] = (3, 1987)) -> Any:
    return one(options(type_, bounds=bounds))


def test_a_range_of_numbers_has_round_bounds_and_says_what_is_selected() -> None:
    item = numbers()  # steps of 10
    assert (item.widget.start, item.widget.end, item.widget.step) == (0, 1990, 10)
    assert item.widget.label == "C: 0 – 1,990"
    item.set(["100..500"])
    assert item.conditions() == [Filter("c", "gte", 100), Filter("c", "lte", 500)]
    assert item.texts() == ["100..500"]
    assert item.widget.label == "C: 100 – 500"


def test_decimals_are_exact() -> None:
    item = numbers("decimal(12,2)", (Decimal("0.10"), Decimal("1.90")))
    item.set(["0.3..0.7"])
    assert item.conditions() == [
        Filter("c", "gte", Decimal("0.3")),
        Filter("c", "lte", Decimal("0.7")),
    ]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("..500", ["0..500"]),
        ("100..", ["100..1990"]),
        ("..", []),
        ("0..1990", []),
        ("-50..5000", []),
        ("-50..70", ["0..70"]),
    ],
)
def test_an_end_that_is_left_out_or_beyond_is_the_bound(text: str, texts: list[str]) -> None:
    item = numbers()
    item.set([text])
    assert item.texts() == texts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", "C: '5' is not a range such as 10..20"),
        ("1..2..3", "C: '1..2..3' is not a range such as 10..20"),
        ("9..1", "C: the range from 9 to 1 is empty"),
        ("a..b", "'a' is not a valid decimal for 'C'"),
    ],
)
def test_an_invalid_range_is_reported_and_selects_all(text: str, reason: str) -> None:
    item = numbers()
    item.set(["100..500"])
    with pytest.raises(CallError) as error:
        item.set([text])
    assert error.value.message == reason
    assert item.texts() == []


def test_a_range_follows_the_bounds_of_a_new_release() -> None:
    item = numbers()
    item.set(["100.."])
    item.update(options("int64", bounds=(3, 3987)))  # steps of 20
    assert item.texts() == ["100..4000"]
    item.update(options("int64", bounds=(300, 900)))
    assert item.texts() == []  # all there is


def test_a_range_of_days() -> None:
    first, last = date(2024, 1, 1), date(2024, 12, 31)
    item = one(options("date", bounds=(first, last)))
    item.set(["2024-03-01.."])
    assert item.conditions() == [
        Filter("c", "gte", date(2024, 3, 1)),
        Filter("c", "lte", last),
    ]
    assert item.texts() == ["2024-03-01..2024-12-31"]
    item.set(["2024-01-01..2024-12-31"])
    assert item.conditions() == []
    with pytest.raises(CallError, match="is not a valid date"):
        item.set(["2024-02-30.."])
    item.set(["2024-03-01.."])
    item.update(options("date", bounds=(date(2024, 5, 1), date(2025, 1, 31))))
    assert item.texts() == []


def test_a_range_of_moments_is_of_whole_days() -> None:
    bounds = (datetime(2024, 1, 1, 23, 59), datetime(2024, 12, 31, 0, 1))
    item = one(options("timestamp", bounds=bounds))
    item.set(["2024-03-01..2024-03-02"])
    assert [condition.value for condition in item.conditions()] == [
        date(2024, 3, 1),
        date(2024, 3, 2),
    ]


def test_a_visitor_s_change_is_reported() -> None:
    changes: list[int] = []
    item = one(options("text"), lambda: changes.append(1))
    item.set(["a"])
    assert changes == []
    item.widget.value = "b"
    assert changes == [1]


def test_conditions_and_parameters_of_all_filters() -> None:
    fields = [FilterField(column=name) for name in ("a", "b", "c")]
    all_options = [FilterOptions(field, Kind("text")) for field in fields]
    filters = page_filters(all_options, FORMATS, lambda: None)
    filters[0].set(["x"])
    filters[2].set(["y"])
    assert conditions(filters) == (Filter("a", "search", "x"), Filter("c", "search", "y"))
    assert url_parameters(filters) == {"a": ["x"], "c": ["y"]}
