"""JSON layouts other than one record per line: objects over several lines, and envelopes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medallion.errors import SourceError
from medallion.formats.text_file import undecodable
from medallion.formats.text_lines import MAX_RECORD, numbered_lines
from medallion.storage.local import storage_errors

WHOLE = "."  # the path of the values themselves

_LIMIT = 500_000_000  # bytes of a file that is read into memory
_TOKEN = re.compile(r'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+|"')
_OPENING, _CLOSING = "[{", "]}"


class LayoutError(Exception):
    """The text is not a sequence of complete JSON values, or a value has no records at the path."""


def begins_array(text: Path) -> bool:
    """Whether a file is an array."""
    with text.open("rb") as file:
        return file.read(4096).lstrip()[:1] == b"["


def begins_over_lines(text: Path) -> bool:
    """Whether the first line is not a complete JSON value."""
    line = next((line for _, line in numbered_lines(text) if line.strip()), b"")
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def columnar_error(name: str, layout: str) -> SourceError:
    """The error of a file that `columnar` recognises."""
    return SourceError(
        f"{name}: is {layout}, not a record",
        hint="write one object per record, as `df.to_json(path, orient='records', lines=True)` "
        "does, or declare `format: {json: {records: .}}` if the whole object is one record",
    )


def write_lines(text: Path, name: str, path: str, lines: Path) -> int:
    """Write each record of a file on a line of its own and return their number.

    `path` leads to the records: `.` for the values of the file, `data` or `result.items` for a list
    inside each of them. Only line breaks between tokens change. Raises LayoutError, and SourceError
    for a file that is too large or cannot be decoded.
    """
    if text.stat().st_size > _LIMIT:
        raise SourceError(
            f"{name}: is too large to be read into memory", hint="write one object per line"
        )
    try:
        content = text.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise undecodable(name, error, error.object[: error.start].count(b"\n") + 1) from None
    number = 0
    with storage_errors(lines), lines.open("w", encoding="utf-8", newline="\n") as out:
        for start, end in _records(content, path):
            number += 1
            out.write(re.sub(r"\s*[\r\n]\s*", " ", content[start:end]) + "\n")
    return number


def lone_object(lines: Path) -> dict[str, Any] | None:
    """The object of a file whose only line that is not blank is an object; else None."""
    with lines.open("rb") as file:
        first, rest = file.readline(MAX_RECORD), file.read(4096)
        while rest and not rest.strip():
            rest = file.read(4096)
    try:
        value = None if rest else json.loads(first)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def path_to_list(value: dict[str, Any] | None) -> str | None:
    """The path of a list of objects, or of an empty list, within an object; None if it has none."""
    return next(_lists(value, ()), None)


def columnar(value: dict[str, Any] | None) -> str | None:
    """A description of an object that is a whole table, by columns or by keys; None for others.

    pandas writes such objects by default, without `orient="records"`.
    """
    if not value:
        return None
    if path := _path_to_rows(value, ()):
        return f"a table whose rows are lists, in {path!r}"
    columns = list(value.values())
    if all(isinstance(column, dict) and column for column in columns):
        shared = set(columns[0]).intersection(*columns)
        if all(key.isdecimal() for column in columns for key in column):
            return "a table by columns, an object of values for each"
        return "an object of objects by their key" if len(columns) > 1 and shared else None
    if all(isinstance(column, list) for column in columns):
        lengths = {len(column) for column in columns}
        plain = not any(isinstance(item, dict) for column in columns for item in column)
        if plain and len(lengths) == 1 and len(columns) + lengths.pop() > 2:
            return "a table by columns, a list of values for each"
    return None


def _path_to_rows(value: Any, trail: tuple[str, ...]) -> str | None:
    """The path of a list of rows, each a list as long as a list of names next to it."""
    if not isinstance(value, dict) or len(trail) > 3:
        return None
    lists = {key: item for key, item in value.items() if isinstance(item, list) and item}
    widths = {
        len(item) for item in lists.values() if all(isinstance(each, str | dict) for each in item)
    }
    for key, item in lists.items():
        if all(isinstance(row, list) and len(row) in widths for row in item):
            return ".".join((*trail, key))
    paths = (_path_to_rows(item, (*trail, key)) for key, item in value.items())
    return next(filter(None, paths), None)


def _lists(value: Any, trail: tuple[str, ...]) -> Iterator[str]:
    """The paths of all lists of objects up to three levels deep, the outer ones first."""
    if not isinstance(value, dict) or len(trail) > 3:
        return
    for key, item in value.items():
        if (
            isinstance(item, list)
            and all(isinstance(each, dict) for each in item)
            and "." not in key
        ):
            yield ".".join((*trail, key))
    for key, item in value.items():
        yield from _lists(item, (*trail, key))


def _records(content: str, path: str) -> Iterator[tuple[int, int]]:
    spans = _values(content, 0, len(content), separator="")
    first = content.lstrip()[:1]
    if path == WHOLE:
        yield from spans
        return
    for start, end in spans:
        values = iter([(start, end)])
        if first == "[":
            values = _values(content, start + 1, end - 1, separator=",")
        for span in values:
            for key in path.split("."):
                span = _member(content, span, key)
            if content[span[0]] != "[":
                raise LayoutError(f"{path!r} is not a list")
            yield from _values(content, span[0] + 1, span[1] - 1, separator=",")


def _values(content: str, start: int, end: int, separator: str) -> Iterator[tuple[int, int]]:
    """The start and end of each value between two positions; `separator` must be between them."""
    depth, begin, after_value = 0, start, False
    for token in _TOKEN.finditer(content, start, end):
        mark = token[0]
        if depth == 0:
            after_value = _follow(mark, separator, after_value=after_value)
            if mark == separator:
                continue
            begin = token.start()
        depth += (mark in _OPENING) - (mark in _CLOSING)
        if depth == 0:
            yield begin, token.end()
    if depth:
        raise LayoutError("it is cut short: a bracket is not closed")


def _follow(mark: str, separator: str, *, after_value: bool) -> bool:
    """Whether a token outside all brackets ends a value. Raises LayoutError if unexpected."""
    if mark == '"':
        raise LayoutError("a string is not closed on its line")
    if mark in _CLOSING:
        raise LayoutError("a closing bracket has no opening one")
    if not separator and mark not in _OPENING:
        raise LayoutError("not every value is an object")
    if separator and (mark == separator) != after_value:
        raise LayoutError("a comma is missing or repeated between two values")
    return mark != separator


def _member(content: str, span: tuple[int, int], key: str) -> tuple[int, int]:
    """The start and end of the value of an object's key. Raises LayoutError if there is none."""
    start, end = span
    if content[start] != "{":
        raise LayoutError(f"{key!r} is not a key: the value around it is not an object")
    depth, label = 0, ""
    for token in _TOKEN.finditer(content, start + 1, end - 1):
        mark = token[0]
        if depth == 0 and mark == ":" and json.loads(label) == key:
            return next(
                _values(content, token.end(), end - 1, separator=","), (token.end(), token.end())
            )
        label = mark if depth == 0 and mark.startswith('"') else label
        depth += (mark in _OPENING) - (mark in _CLOSING)
    raise LayoutError(f"an object has no key {key!r}")
