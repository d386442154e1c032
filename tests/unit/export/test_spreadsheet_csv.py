"""CSV for spreadsheets: what they would compute is text, what is a number stays one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.export.spreadsheet_csv import without_formula, without_formula_sql


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


@given(
    st.one_of(
        st.none(), st.text(), st.text(alphabet=" =+-@\t\r\n＝＋－＠'\"a\u0301\u00a0", max_size=4)
    )
)
def test_sql_and_python_say_the_same(text: str | None) -> None:
    with duckdb.connect() as connection:
        expression = without_formula_sql("cast($1 as varchar)")
        assert connection.execute(f"select {expression}", [text]).fetchone() == (
            without_formula(text),
        )
