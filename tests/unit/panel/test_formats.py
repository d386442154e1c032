"""Formats of small, large and infinite numbers, and of lists of names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from medallion.query.column_types import Kind
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats, period_start

FORMATS = Formats.of(Dashboard())


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("decimal", 1e-9, "1E-9"),
        ("decimal", 0.00123, "0.00123"),
        ("decimal", -0.0004, "-0.0004"),
        ("decimal", 0.0, "0.00"),
        ("percent", 0.00001, "0.001%"),
        ("number", 2.5e-7, "2.5E-7"),
        ("decimal", 0.25, "0.25"),
    ],
)
def test_small_numbers_are_not_rounded_to_zero(form: Any, value: float, text: str) -> None:
    assert FORMATS.writer(form)(value) == text
    assert FORMATS.writer("currency")(1e-9)[1:] != "0.00"


@pytest.mark.parametrize(
    ("value", "form", "text", "short"),
    [
        (inf, "decimal", "∞", "∞"),
        (-inf, "integer", "-∞", "-∞"),
        (nan, "decimal", "–", "–"),
        (1e300, "decimal", "1E300", "1E300"),
        (Decimal("1" + "0" * 34 + ".25"), "decimal", "10" + ",000" * 11 + ".25", "1E34"),
        (2**64, "integer", "18,446,744,073,709,551,616", "1.845E19"),
        (Decimal("322332333343.40"), "decimal", "322,332,333,343.40", "322.3B"),
        (True, "text", "yes", "yes"),
    ],
)
def test_extreme_numbers(value: Any, form: Any, text: str, short: str) -> None:
    assert FORMATS.writer(form)(value) == text
    assert FORMATS.writer(form, short=True)(value).replace("bn", "B") == short


@pytest.mark.parametrize(
    ("value", "start", "text"),
    [
        ("2024-05", date(2024, 5, 1), "May 2024"),
        ("2024-Q2", date(2024, 4, 1), "Q2 2024"),
        ("2024-W19", date(2024, 5, 6), "2024-W19"),
        ("2024-05-06", date(2024, 5, 6), "2024-05-06"),
        ("2024", None, "2024"),
        ("2024-Q5", None, "2024-Q5"),
        ("2024-02-30", None, "2024-02-30"),
        ("A-1", None, "A-1"),
    ],
)
def test_periods_of_text(value: str, start: date | None, text: str) -> None:
    assert period_start(value) == start
    assert FORMATS.period(value) == text


def test_labels_of_metrics() -> None:
    assert FORMATS.label("sum(total_spent)") == "Total spent"
    assert FORMATS.label("count_distinct(client_id)") == "Distinct Client id"
    assert FORMATS.label("sum(amount) / count()") == "Amount / Number"
    assert FORMATS.name_for("count_distinct(client_id)", Kind("decimal")) == "integer"


def test_lists_of_names_say_how_many_more_there_are() -> None:
    assert FORMATS.and_more(["a", "b"], 2) == "a, b"
    assert FORMATS.and_more([str(number) for number in range(1_500)], 1) == "0 and 1,499 more"


@pytest.mark.parametrize(
    ("zone", "moment", "text"),
    [
        ("UTC", datetime(2024, 3, 31, 0, 30, tzinfo=UTC), "31 Mar 2024, 00:30:00 UTC"),
        ("Europe/Paris", datetime(2024, 3, 31, 0, 30, tzinfo=UTC), "31 Mar 2024, 01:30:00 CET"),
        ("Europe/Paris", datetime(2024, 3, 31, 1, 30, tzinfo=UTC), "31 Mar 2024, 03:30:00 CEST"),
        ("America/Sao_Paulo", datetime(2024, 1, 1, 2, tzinfo=UTC), "31 Dec 2023, 23:00:00 UTC-03"),
        ("Europe/Paris", datetime(2024, 3, 31, 2, 30), "31 Mar 2024, 02:30:00"),
        ("Europe/Paris", date(2024, 3, 31), "31 Mar 2024"),
    ],
)
def test_a_moment_is_written_in_its_time_zone(zone: str, moment: date, text: str) -> None:
    assert replace(FORMATS, time_zone=zone).day(moment) == text


@pytest.mark.parametrize(
    ("locale", "value", "money", "number"),
    [
        ("de_DE", 133_906.28, "133.906 €", "133.906,28"),
        ("de_DE", 1_717_832.97, "1,72 Mio. €", "1,7 Mio."),
        ("fr_FR", 133_906.28, "133,9 k €", "133,9 k"),
        ("es_ES", 133_906.28, "133,9 mil €", "133,9 mil"),
        ("en_IE", 133_906.28, "€133.9K", "133.9K"),
        ("en_IE", 99_999.5, "€100K", "99,999.50"),
    ],
)
def test_a_language_without_short_thousands_groups_their_digits(
    locale: str, value: float, money: str, number: str
) -> None:
    formats = Formats(locale, "EUR", {}, {})
    for form, text in (("currency", money), ("decimal", number)):
        shown = formats.writer(form, short=True)(value)  # type: ignore[arg-type]
        assert " ".join(shown.split()) == text
