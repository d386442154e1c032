"""Numbers and dates as a spreadsheet shows them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from medallion.workbooks.cell_texts import (
    NumberFormat,
    elapsed_text,
    moment_text,
    number_format,
    number_text,
    shown,
)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("1.0", "1"),
        ("0.30000000000000004", "0.3"),
        ("1E-7", "0.0000001"),
        ("1.5E+3", "1500"),
        ("-2.50", "-2.5"),
        ("9007199254740993", "9007199254740993"),
        (".5", "0.5"),
        ("007", "7"),
    ],
)
def test_a_number_has_no_exponent_and_no_noise(stored: str, text: str) -> None:
    assert number_text(stored) == text


@pytest.mark.parametrize("text", ["", "a", "1E+999", "inf", "nan", "1" * 500, "1e999999999"])
def test_what_is_not_a_number_of_a_spreadsheet(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|float|convert"):
        number_text(text)


@pytest.mark.parametrize(
    ("number", "code", "form"),
    [
        (0, "", NumberFormat()),
        (0, "General", NumberFormat()),
        (14, "", NumberFormat(is_date=True)),
        (21, "", NumberFormat(is_date=True)),
        (46, "", NumberFormat(is_elapsed=True)),
        (170, "[h]:mm:ss", NumberFormat(is_elapsed=True)),
        (170, "[$-409]d-mmm-yy;@", NumberFormat(is_date=True)),
        (170, '0.00" days"', NumberFormat()),
        (170, "#,##0.00;[Red]-#,##0.00", NumberFormat()),
        (170, "00000", NumberFormat(digits=5)),
        (170, "0%", NumberFormat()),
        (170, "[Red]0", NumberFormat()),
    ],
)
def test_the_format_of_a_number(number: int, code: str, form: NumberFormat) -> None:
    assert number_format(number, code) == form


def test_a_number_in_its_format() -> None:
    assert shown("123", NumberFormat(digits=5), from_1904=False) == "00123"
    assert shown("1.5", NumberFormat(digits=5), from_1904=False) == "1.5"
    assert shown("1.25", NumberFormat(is_elapsed=True), from_1904=False) == "30:00:00"
    assert shown("45351", NumberFormat(is_date=True), from_1904=False) == "2024-02-29"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (1, "1900-01-01"),
        (59, "1900-02-28"),
        (61, "1900-03-01"),
        (45351.5, "2024-02-29 12:00:00"),
        (0.3125, "07:30:00"),
        (45351.9999999999, "2024-03-01"),
        (2958465, "9999-12-31"),
    ],
)
def test_a_day_is_counted_as_excel_counts_it(days: float, text: str) -> None:
    assert moment_text(days, from_1904=False) == text


def test_what_is_not_a_date() -> None:
    with pytest.raises(ValueError, match="not a date"):
        moment_text(1e9, from_1904=False)


def test_elapsed_time() -> None:
    assert elapsed_text(timedelta(hours=30, minutes=5, milliseconds=250)) == "30:05:00.250"
    assert elapsed_text(-timedelta(minutes=1)) == "-00:01:00"
