"""Nouns agree with their number."""

from __future__ import annotations

import pytest

from medallion.plural import count_of


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 tables"), (1, "1 table"), (2, "2 tables"), (1200, "1,200 tables")]
)
def test_a_noun_agrees_with_its_number(value: int, text: str) -> None:
    assert count_of(value, "table") == text
