"""Edited values: what fits a type, and what is a change of a cell."""

from __future__ import annotations

import duckdb
import pytest

from medallion.export.cell_text import RewritableText, ValueText
from medallion.records.column_type import column_type
from medallion.run.edited_values import equal, fits, plain_text, rewritten, same_cells, same_value


@pytest.mark.parametrize(
    ("text", "type_", "valid"),
    [
        ("", "text", True),
        ("12", "int64", True),
        ("1.5", "int64", False),
        ("300", "int8", False),
        ("1.50", "decimal(12,1)", True),
        ("1.55", "decimal(12,1)", False),
        ("x", "decimal(12,1)", False),
        ("2024-02-30", "date", False),
        ("true", "boolean", True),
        ("[1, 2]", "list<int64>", True),
        ("[1, ", "list<int64>", False),
        ('{"a": 1}', "struct<a: int64>", True),
    ],
)
def test_a_text_fits_a_type_without_rounding(text: str, type_: str, valid: bool) -> None:
    with duckdb.connect() as connection:
        assert fits(text, column_type(type_), connection) is valid


@pytest.mark.parametrize(
    ("cell", "text"),
    [("'=1+1", "=1+1"), ("'quoted'", "'quoted'"), ("-5", "-5"), ("'-5", "-5"), ("", None)],
)
def test_an_apostrophe_before_a_formula_is_no_part_of_a_value(cell: str, text: str | None) -> None:
    assert plain_text(cell) == text


@pytest.mark.parametrize(
    ("text", "other", "type_", "same"),
    [
        ("1.5", "1.50", "decimal(9,2)", True),
        ("1.555", "1.55", "decimal(9,2)", False),
        ("1.5", "1.50", "text", False),
        ("7", "007", "int64", True),
        ("x", "7", "int64", False),
        ("[1,2]", "[1, 2]", "list<int64>", True),
        ("2024-01-02 00:00:00", "2024-01-02", "timestamp", True),
    ],
)
def test_two_texts_are_the_same_value_of_a_type(
    text: str, other: str, type_: str, same: bool
) -> None:
    with duckdb.connect() as connection:
        assert same_value(text, other, column_type(type_), connection) is same


def test_only_what_a_program_may_have_written_is_judged() -> None:
    lost = "leading zeros are lost"
    assert rewritten("007", "7", invalid=False) is None
    assert rewritten("007", RewritableText("7"), invalid=False) == lost
    assert rewritten(None, RewritableText("7"), invalid=False) is None
    assert rewritten("1,5", RewritableText("1.5"), invalid=True) is None
    assert rewritten("1,5", ValueText("1.5"), invalid=True) == (
        "the same number in another spelling"
    )


def test_line_ends_and_apostrophes_are_no_change() -> None:
    assert equal("a\nb", "a\r\nb")
    assert equal("'=1", "=1")
    assert not equal("=1 ", "=1")
    assert same_cells({"a": "1", "other": "2"}, {"a": "1", "b": None})
    assert not same_cells({"a": "1"}, {"a": None})
