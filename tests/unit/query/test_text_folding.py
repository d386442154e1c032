"""Search by folded text, and by the pattern that databases search with, find the same."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.query.text_folding import LONGEST, fold, search_pattern

LETTERS = st.text(
    st.one_of(
        st.sampled_from("aAäÄá\u0301\u0308uüÜøØłŁıİßẞσςΣ 한ﬁ[]^-\\.*$(|"),
        st.characters(codec="utf-8"),
    )
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller", "muller"),
        ("MU\u0308LLER", "muller"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
        ("Ελλάς", "ελλασ"),
        ("Straße", "straße"),
        ("한국", "한국"),
        ("e\u0301\u0302\u0303", "e"),
        ("", ""),
    ],
)
def test_case_and_accents_are_taken_away(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@given(value=LETTERS, part=LETTERS, place=st.integers(0, 20))
def test_the_pattern_finds_what_folding_finds(
    connection: duckdb.DuckDBPyConnection, value: str, part: str, place: int
) -> None:
    for needle in (part, value[place : place + 3].upper()):
        found = connection.execute(
            "select regexp_matches(?, ?)", [value, search_pattern(needle)]
        ).fetchone()
        assert found == (fold(needle) in fold(value),)


def test_the_longest_pattern_is_one_that_mongodb_takes() -> None:
    assert (
        max(
            len(search_pattern(letter * LONGEST).encode())
            for letter in "abcdefghijklmnopqrstuvwxyz"
        )
        < 32_000
    )
