"""Texts of cells that a program may have written in its own way."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from medallion.export.cell_text import RewritableText, ValueText, text_of


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ("007", "007", str),
        (7, "7", ValueText),
        (date(2024, 1, 2), "2024-01-02", ValueText),
        (True, "true", ValueText),
        ([1, "é"], '[1, "é"]', str),
        (RewritableText("7"), "7", RewritableText),
    ],
)
def test_a_value_that_is_not_text_is_marked(value: object, text: str, kind: type) -> None:
    cell = text_of(value)
    assert (cell, type(cell)) == (text, kind)


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_value_has_no_text(value: object) -> None:
    assert text_of(value) is None
