"""The lines of a text file, with bounded memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.formats import text_lines
from medallion.formats.text_lines import ends_by_return, numbered_lines


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return tmp_path / "text"


@pytest.mark.parametrize(
    ("content", "quoted", "answer"),
    [
        (b"a\rb\r", "", True),
        (b"a\r\nb\n", "", False),
        (b"a\r\r\nb\n", "", False),
        (b"a\nb\r", "", False),
        (b"no line break", "", False),
        (b"one line\r", "", False),
        (b'"a\rb",c\nd\n', '"', False),
        (b'"a\nb",c\rd\r', '"', True),
    ],
)
def test_an_old_mac_file_is_recognised(
    text: Path, content: bytes, quoted: str, answer: bool
) -> None:
    text.write_bytes(content)
    assert ends_by_return(text, quoted) is answer


def test_a_byte_order_mark_is_skipped_and_the_last_line_needs_no_end(text: Path) -> None:
    text.write_bytes(b"\xef\xbb\xbfa\r\n\nb")
    assert list(numbered_lines(text)) == [(1, b"a\r\n"), (2, b"\n"), (3, b"b")]
    text.write_bytes(b"a\r\rb")
    assert list(numbered_lines(text, by_return=True)) == [(1, b"a\r"), (2, b"\r"), (3, b"b")]


@pytest.mark.parametrize("by_return", [False, True])
def test_a_long_line_is_cut_and_the_next_one_is_whole(
    text: Path, by_return: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lines, "_CUT", 10)
    monkeypatch.setattr(text_lines, "_SAMPLE", 7)
    end = b"\r" if by_return else b"\n"
    text.write_bytes(b"x" * 35 + end + b"next" + end)
    (_, long), *others = numbered_lines(text, by_return=by_return)
    assert long.rstrip(end) == b"x" * 10
    assert others == [(2, b"next" + end)]
