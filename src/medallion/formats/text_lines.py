"""The lines of a text file, read with bounded memory whatever their length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from medallion.formats.text_file import UTF8_MARK
from medallion.storage.local import storage_errors

MAX_RECORD = 16_000_000  # bytes; a longer CSV record is more likely an unclosed quote
TOO_LONG = f"longer than {MAX_RECORD:,} bytes"
_CUT = MAX_RECORD + 1
_SAMPLE = 1 << 20


def ends_by_return(text: Path, quoted: str = "") -> bool:
    """Whether the first line break outside quotes is a lone carriage return, as in old Mac files.

    `quoted`: the quote character, or nothing if values are not quoted.
    """
    with text.open("rb") as file:
        sample = file.read(_SAMPLE)
    if quoted:
        mark = re.escape(quoted.encode())
        sample = re.sub(mark + b"[^" + mark + b"]*" + mark, b"", sample)
    end = re.search(rb"\r*\n|\r", sample)
    return end is not None and end[0] == b"\r" and end.end() < len(sample)


def numbered_lines(text: Path, *, by_return: bool = False) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; lines above MAX_RECORD are truncated, a byte order mark is skipped.

    `by_return`: a lone carriage return ends a line.
    """
    with text.open("rb") as file:
        file.seek(len(UTF8_MARK) if file.read(len(UTF8_MARK)) == UTF8_MARK else 0)
        yield from enumerate(_returns(file) if by_return else _newlines(file), 1)


@contextmanager
def without_footer(text: Path, lines: int, target: Path) -> Iterator[Path]:
    """The file, or a temporary copy next to `target` without its last lines that are not blank."""
    if not lines:
        yield text
        return
    copy = target.with_name(f"{target.name}.records")
    try:
        with text.open("rb") as file, storage_errors(copy), copy.open("wb") as out:
            remaining = _footer_start(file, lines)
            file.seek(0)
            while chunk := file.read(min(_SAMPLE, remaining)):
                out.write(chunk)
                remaining -= len(chunk)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _footer_start(file: BinaryIO, lines: int) -> int:
    """The position of the first of the last lines that are not blank; 0 if there are fewer."""
    size = file.seek(0, SEEK_END)
    tail = 0
    while tail < size:
        tail = min(size, max(_SAMPLE, 2 * tail))
        file.seek(size - tail)
        position, starts = size - tail, []
        for line in file.read(tail).splitlines(keepends=True):
            starts += [position] if line.strip() else []
            position += len(line)
        if len(starts) > lines:  # the first of them may have its beginning before the tail
            return starts[-lines]
    return 0


def _newlines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_CUT):
        rest = line
        while len(rest) == _CUT and not rest.endswith(b"\n"):
            rest = file.readline(_CUT)
        yield line


def _returns(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(_SAMPLE):
        *lines, rest = (rest + chunk).split(b"\r")
        rest = rest[:_CUT]
        for line in lines:
            yield line[:_CUT] + b"\r"
    if rest:
        yield rest
