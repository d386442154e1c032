"""A CSV file as a spreadsheet has saved it: its encoding, its delimiter, cells of any length."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from medallion.errors import DataError
from medallion.export.cell_text import RewritableText

DELIMITERS = ",;\t"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SEPARATOR_LINE = re.compile('"?sep=([^\r\n"])"?[,;\t]*\r?\n', re.IGNORECASE)
_field_limit = threading.Lock()


def read_csv(data: bytes, file: str, key: str) -> list[list[str | None]]:
    """The lines of a CSV file. Raises DataError when it cannot be read.

    Parameters: `key` is a column that the header has, perhaps with more underscores at its end: its
    delimiter is the one that separates this column from the others, unless the first line says
    `sep=;`.
    """
    text = _decoded(data, file)
    separator = _SEPARATOR_LINE.match(text)
    if separator:
        text = text[separator.end() :]
    try:
        with _fields_of_any_length(len(text)):
            delimiter = separator[1] if separator else _delimiter(text, key)
            return [[*map(RewritableText, line)] for line in _lines(text, delimiter)]
    except csv.Error as error:
        raise DataError(f"{file}: {error}", hint="save it as CSV once more, or as .xlsx") from error


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _delimiter(text: str, key: str) -> str:
    """The delimiter by which the header has the key, otherwise the most frequent one."""
    for delimiter in DELIMITERS:
        try:
            header = next(_lines(text, delimiter), [])
        except csv.Error:  # a quoted name that ends before another delimiter
            continue
        if any(name.lower().rstrip("_") == key for name in header):
            return delimiter
    first = text.splitlines()[0] if text.strip() else ""
    return max(DELIMITERS, key=first.count)


@contextmanager
def _fields_of_any_length(length: int) -> Iterator[None]:
    """Python's limit of a field, which all threads share, is at least a length in a block."""
    with _field_limit:
        former = csv.field_size_limit()
        csv.field_size_limit(max(former, length))
        try:
            yield
        finally:
            csv.field_size_limit(former)


def _decoded(data: bytes, file: str) -> str:
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    hint = "save it as “CSV UTF-8” or as .xlsx: in another encoding, letters may be lost"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise DataError(f"{file}: is not {name}, at byte {error.start:,}", hint=hint) from error
    if "\0" in text[:1000]:
        raise DataError(
            f"{file}: has NUL characters, as a file in UTF-16 without a byte order mark", hint=hint
        )
    return text
