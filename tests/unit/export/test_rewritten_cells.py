"""What spreadsheets do to cells is recognised; what a user corrects is not."""

from __future__ import annotations

import pytest

from medallion.export.rewritten_cells import rewriting

SAME_NUMBER = "the same number in another spelling"
SAME_DATE = "the same date in another spelling"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("007", "7", "leading zeros are lost"),
        ("0049 30 1234", "49301234", "leading zeros are lost"),
        ("12345678901234567890", "1.23457E+19", "digits are lost"),
        ("12345678901234567890", "1,23457E+19", "digits are lost"),
        ("12345678901234567890", "12345678901234500000", "digits are lost"),
        ("12345678901234567890", "12345678901234600000", "digits are lost"),
        ("1234567890.12345", "1234567890", "digits are lost"),
        ("1.000000000049", "1", "digits are lost"),
        ("1E5", "100000", SAME_NUMBER),
        ("1E5", "1.00E+05", SAME_NUMBER),
        ("1.50", "1.5", SAME_NUMBER),
        ("1.50", "1,5", SAME_NUMBER),
        ("+5", "5", SAME_NUMBER),
        (" 5", "5", SAME_NUMBER),
        ("(5)", "-5", SAME_NUMBER),
        ("5%", "0.05", SAME_NUMBER),
        ("€ 1.234,50", "1234.5", SAME_NUMBER),
        ("1e999999999", "1E+999999999", SAME_NUMBER),
        ("true", "TRUE", "the same truth value in another spelling"),
        ("true", "WAHR", "the same truth value in another spelling"),
        ("2024-01-02", "02/01/2024", SAME_DATE),
        ("2024-01-02", "1/2/24", SAME_DATE),
        ("2024-01-02", "02.01.2024 00:00", SAME_DATE),
        ("2024-01-02 10:11:12", "02/01/2024 10:11", SAME_DATE),
        ("2024-01-02T10:11:12", "2024-01-02 10:11:12", SAME_DATE),
        ("02/01/2024", "2024-02-01", SAME_DATE),
        ("02/01/2024", "2/1/2024", SAME_DATE),
        ("MARCH1", "1-Mar", SAME_DATE),
        ("1.5", "01. Mai", SAME_DATE),
        ("1.5", "01.05.2026", SAME_DATE),
        ("2024-01", "Jan-24", SAME_DATE),
        ("9:05", "09:05:00", "the same time in another spelling"),
        ("21:05:00", "9:05 PM", "the same time in another spelling"),
        ("x" * 40_000, "x" * 32_767, "cut off after 32,767 characters"),
    ],
)
def test_a_rewritten_cell_is_recognised(old: str, new: str, reason: str) -> None:
    assert rewriting(old, new) == reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12.5.0", "12.50"),
        ("nine", "9.50"),
        ("abc", "abcd"),
        ("7", "007"),
        ("3.14159", "3.14"),
        ("100", "120"),
        ("1.2", "2.1"),
        ("2026-02-30", "2026-02-28"),
        ("02/01/2024", "01/02/2024"),
        ("2024-01-02 10:00", "2024-01-02 11:00"),
        ("10:00", "10:30"),
        ("Mayer", "Maier"),
        ("true", "false"),
        ("x" * 40_000, "x"),
    ],
)
def test_a_correction_is_not_refused(old: str, new: str) -> None:
    assert rewriting(old, new) is None
    assert rewriting(old, new, invalid=True) is None


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [
        ("1,5", "1.5", True),
        ("1.234,50", "1234.50", True),
        ("5 ", "5", False),
        ("$ 5", "5", True),
        ("02/01/2024", "2024-01-02", True),
        ("Yes", "true", True),
        ("TRUE", "true", True),
        ("007", "7", False),
        ("1E5", "100000", False),
        ("12345678901234567890", "1.23457E+19", False),
        ("2024-01-02", "02/01/2024", False),
    ],
)
def test_an_invalid_value_may_be_spelt_in_another_way(old: str, new: str, accepted: bool) -> None:
    assert (rewriting(old, new, invalid=True) is None) == accepted
