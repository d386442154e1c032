"""The lines of a text file, with bounded memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.formats import text_lines
from medallion.formats.text_lines import ends_by_return, numbered_lines, without_footer


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


@pytest.mark.parametrize(
    ("content", "lines", "rest"),
    [
        (b"a\nb\nc\n", 1, b"a\nb\n"),
        (b"a\nb\nc", 2, b"a\n"),
        (b"a\r\nb\r\nc\r\n\r\n \r\n", 1, b"a\r\nb\r\n"),
        (b"a\rb\rc", 1, b"a\rb\r"),
        (b"a\nb\n", 2, b""),
        (b"a\nb\n", 7, b""),
        (b"a\n" + b"x" * 50 + b"\n" + b"y" * 30 + b"\n", 2, b"a\n"),
    ],
)
def test_a_footer_is_left_out(
    text: Path, content: bytes, lines: int, rest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lines, "_SAMPLE", 5)
    text.write_bytes(content)
    with without_footer(text, lines, text.parent / "target") as copy:
        assert copy.read_bytes() == rest
    assert list(text.parent.iterdir()) == [text]
    with without_footer(text, 0, text.parent / "target") as same:
        assert same == text
