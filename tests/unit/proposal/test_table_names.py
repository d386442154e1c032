from __future__ import annotations

import pytest

from medallion.proposal.table_names import table_name


@pytest.mark.parametrize(
    ("text", "name"),
    [("Sales Report", "sales_report"), ("2024", "table_2024"), ("Größe", "gr_e"), ("", "table")],
)
def test_a_name_is_valid_for_a_table(text: str, name: str) -> None:
    assert table_name(text) == name
