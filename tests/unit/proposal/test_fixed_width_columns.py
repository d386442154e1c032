"""Borders of columns where all lines have blanks, and text that has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from medallion.proposal.fixed_width_columns import fixed_width_columns

NAMES = ("Anna Maria", "Bob", "Christophe", "Eve", "Zoë", "Bo")
RECORDS = [f"{n:03} {name:<12}{n * 250.5:>9.2f}  {'AB'[n % 2]}" for n, name in enumerate(NAMES)]
HEADER = f"{'id':<3} {'name':<12}{'amount':>9}  k"


def columns(lines: Sequence[str]) -> Any:
    return fixed_width_columns(duckdb.connect().from_arrow(pa.table({"line": lines})))


def test_blanks_belong_to_the_column_that_grows_into_them() -> None:
    found = columns(RECORDS)
    assert found == {
        "columns": {"column_1": "1-4", "column_2": "5-14", "column_3": "15-27", "column_4": "28"},
        "length": 28,
    }
    # Every character is in one column.
    assert columns([line + " x" for line in RECORDS])["columns"]["column_4"] == "28-29"


@pytest.mark.parametrize("rules", [[], ["--- ---------- ----------  -"]])
def test_a_header_names_the_columns_and_is_skipped(rules: list[str]) -> None:
    found = columns([HEADER, *rules, *RECORDS])
    assert found["columns"] == {"id": "1-4", "name": "5-14", "amount": "15-27", "k": "28"}
    assert found["skip"] == 1 + len(rules)


def test_a_first_line_with_a_number_is_a_record() -> None:
    assert "skip" not in columns([HEADER.replace("k", "7"), *RECORDS])
    assert "skip" not in columns([f"a b{n:02}"[:3] + " x" for n in range(9)])


def test_blanks_are_those_of_all_lines_of_whatever_length() -> None:
    found = columns(["a", "", "a  b", "ab cd", "x  de f", "y"])
    assert found == {"columns": {"column_1": "1-3", "column_2": "4-6", "column_3": "7-9999"}}


def test_lines_of_different_lengths_have_an_open_end() -> None:
    found = columns([f"{name:<12}{'x' * (n + 1)}" for n, name in enumerate(NAMES)])
    assert found == {"columns": {"column_1": "1-12", "column_2": "13-9999"}}


def test_a_column_is_aligned_as_its_values_and_not_as_its_blanks() -> None:
    lines = [f"{name:<10} {'' if n else 'x':>4} {n}" for n, name in enumerate(NAMES)]
    assert columns(lines)["columns"]["column_2"] == "15-16"


@pytest.mark.parametrize(
    "values",
    [
        ["1.234,50-", "0,5", "EUR7,00", "-3,1", "(12,00)"],  # decimal commas
        ["1,234.50", "7,000", "12,345.6", "-3,100", "$9,999.00"],
        ["Smith, John", "Doe, Ann", "Lee, Bo", "Smythe, Eve", "Poe, Zoë"],
        ["12:00:", "1:30:", "9:15:", "0:00:", "0:01:"],
    ],
)
def test_marks_within_values_are_no_delimiters(values: list[str]) -> None:
    found = columns([f"{value:<12} {n}" for n, value in enumerate(values)])
    assert found == {"columns": {"column_1": "1-13", "column_2": "14"}, "length": 14}


@pytest.mark.parametrize(
    "lines",
    [
        RECORDS[:4],
        [line.replace(" ", "_") for line in RECORDS],
        [line.replace("  ", "\t") for line in RECORDS],
        [f"{n}, {name:<10}, x" for n, name in enumerate(NAMES)],
        [f"| {n} | {name:<10} |" for n, name in enumerate(NAMES)],
        ["It is", "a longer", "text", "of one", "who writes", "letters"],
        ["a " + "x" * 10_000] * 9,
        [f"2024-01-01 12:00:00,{n}.50" for n in range(9)],
        ["at,amount", *(f"2024-01-01 12:00:00,{n}.50" for n in range(9))],
        [f"2024-01-01 12:00:00;{n},50" for n in range(9)],
        [f"{n} mm|a" for n in range(9)],
        [f'2024-01-01 12:00:00,"{name}{", Dr." * (n % 2)}"' for n, name in enumerate(NAMES)],
        [f"7 days, 12:00, {n}" for n in range(8, 14)],
    ],
)
def test_text_without_columns_is_left(lines: list[str]) -> None:
    assert columns(lines) is None
