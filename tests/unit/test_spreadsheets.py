"""CSV for spreadsheets: what they would compute is text, what is a number stays one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from medallion.export.spreadsheet_csv import without_formula


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=HYPERLINK(\"http://example.org\")",
        "+1",
        "-1+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1+1",
    ],
)  # fmt: skip
def test_a_text_that_would_be_computed_is_a_text(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", ["", "a=b", "1", "Tea & Jam", "'=1", -1, -1.5, Decimal("-3.20"), None, True]
)
def test_any_other_value_stays(value: Any) -> None:
    assert without_formula(value) is value
