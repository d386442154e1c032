"""Cursors come back as they were written, or are refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.errors import CallError
from medallion.query.cursor import CursorPosition, digest_of, read_cursor, write_cursor

PLACE = CursorPosition("20261123-205114-1234f2", "abc", ("tea", None, "12.50"))


@given(st.text().filter(str.isprintable), st.text(), st.lists(st.none() | st.text()))
def test_a_cursor_is_read_as_it_was_written(
    release: str, asked: str, values: list[str | None]
) -> None:
    place = CursorPosition(release, asked, tuple(values))
    cursor = write_cursor(place)
    assert read_cursor(cursor) == place
    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def sealed(*content: Any) -> str:
    """A cursor of any content with a checksum that is valid."""
    text = json.dumps([*content, digest_of(list(content))])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def changed() -> str:
    """A cursor whose release was changed, with the former checksum."""
    cursor = write_cursor(PLACE)
    text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    return urlsafe_b64encode(text.replace(b"1234f2", b"1234f3")).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "é",
        "no cursor",
        write_cursor(PLACE)[:-4],
        changed(),
        sealed(1, "abc", []),
        sealed("release", "abc", [1]),
        sealed("release", "abc", None),
        sealed("release\0", "abc", []),
        sealed("\ud800", "abc", []),
    ],
)
def test_another_text_is_refused(cursor: str) -> None:
    with pytest.raises(CallError, match="the cursor is damaged"):
        read_cursor(cursor)


@given(st.text() | st.text(alphabet="abcXYZ019-_", min_size=1))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CallError, match="cursor is damaged"):
        read_cursor(text)


@given(st.data())
def test_a_cursor_with_one_letter_changed_is_refused(data: st.DataObject) -> None:
    cursor = write_cursor(CursorPosition("release", "asked", ("1", None)))
    place = data.draw(st.integers(0, len(cursor) - 2))
    letter = data.draw(
        st.sampled_from("ABCabc019-_").filter(lambda letter: letter != cursor[place])
    )
    with pytest.raises(CallError, match="cursor is damaged"):
        read_cursor(cursor[:place] + letter + cursor[place + 1 :])
