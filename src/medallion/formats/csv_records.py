"""Reading CSV one record at a time: slow, but it knows each record's number and what is wrong with it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from medallion.formats.lines import MAX_RECORD, TOO_LONG, ends_by_return, numbered_lines
from medallion.formats.source import undecodable

_UNCLOSED = "a quote that is never closed"
_TRAILING = "text after a closing quote"

Fields = list[str | None]


@dataclass(frozen=True)
class Dialect:
    """How fields are told apart; `quote` is empty when nothing is quoted."""

    delimiter: str
    quote: str


class Record(NamedTuple):
    """One record as it stands in the file: its fields, or why there are none.

    An unquoted empty field is None. `line` is the number of its first line.
    """

    raw: str
    line: int
    fields: Fields | None
    fault: str = ""


class LineSplitter:
    """Splits records that stand on one line each."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        if dialect.quote:
            quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
            inside, end = _inside(quote), _closing(quote)
            field = f"(?: ?{quote}{inside}{end}|(?! ?{quote})[^{delimiter}]*)"
            self._line = re.compile(f"{field}(?:{delimiter}{field})*")
            self._fields = re.compile(f"(?:\\A|{delimiter})(?: ?({quote})({inside}){end}|([^{delimiter}]*))")

    def split(self, number: int, text: str) -> Record | None:
        """The record of a line, or None when its quotes do not add up on this line alone."""
        body = text.rstrip("\r\n")
        quote = self._dialect.quote
        if not quote or quote not in body:
            return _record(number, body, [field or None for field in body.split(self._dialect.delimiter)])
        if not self._line.fullmatch(body):
            return None
        found = self._fields.findall(body)
        return _record(number, body, [_value(inside or plain, bool(mark), quote) for mark, inside, plain in found])


class Splitter:
    """Splits one UTF-8 file into records. Blank lines are none.

    A record whose quotes do not add up is its first line alone; reading goes on at the next line, so
    that one stray quote does not swallow the rest of the file. Raises SourceError on undecodable bytes.
    """

    def __init__(self, text: Path, name: str, dialect: Dialect) -> None:
        self._name = name
        self._dialect = dialect
        self._lines = numbered_lines(text, by_return=ends_by_return(text, dialect.quote))
        self._again: deque[tuple[int, bytes]] = deque()
        self._whole = LineSplitter(dialect)
        if dialect.quote:
            quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
            self._plain = re.compile(f"[^{delimiter}]*")
            self._opening = re.compile(f" ?{quote}")
            self._rest = re.compile(f"({_inside(quote)}){_closing(quote)}")

    def __iter__(self) -> Iterator[Record]:
        while (first := self._next()) is not None:
            number, data = first
            text = self._decode(number, data).lstrip("\r")
            if not text.rstrip("\r\n"):
                continue
            if len(data) > MAX_RECORD:
                yield Record(text.rstrip("\r\n"), number, None, TOO_LONG)
            else:
                yield self._whole.split(number, text) or self._quoted(number, data, text)

    def _next(self) -> tuple[int, bytes] | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _decode(self, number: int, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            if len(data) > MAX_RECORD:  # the line was cut, maybe inside a character
                return data.decode(errors="replace")
            raise undecodable(self._name, error, number) from None

    def _quoted(self, number: int, data: bytes, text: str) -> Record:
        """The record that begins with this line, reading on while a quoted field is open."""
        taken: list[tuple[int, bytes]] = []
        raw, fields = [text], list[str | None]()
        size, end, state = len(data), 0, ""
        while not state.endswith("last"):
            value, end, state = self._field(text, end)
            while state == "open":
                following = self._next()
                if following is not None:
                    taken.append(following)
                    size += len(following[1])
                if following is None or size > MAX_RECORD:
                    return self._broken(number, data, taken, _UNCLOSED)
                text = self._decode(*following)
                raw.append(text)
                part, end, state = self._close(text, 0)
                value += part
            if state == "broken":
                return self._broken(number, data, taken, _TRAILING)
            fields.append(_value(value, state.startswith("quoted"), self._dialect.quote))
        return _record(number, "".join(raw).rstrip("\r\n"), fields)

    def _field(self, text: str, position: int) -> tuple[str, int, str]:
        """(value, where the next field begins, "plain", "quoted", either with " last", "open" or "broken")."""
        if opening := self._opening.match(text, position):
            return self._close(text, opening.end())
        match = self._plain.match(text, position)
        assert match is not None  # noqa: S101 - the pattern takes any text, even none
        if match.end() == len(text):
            return match[0].rstrip("\r\n"), match.end(), "plain last"
        return match[0], match.end() + 1, "plain"

    def _close(self, text: str, position: int) -> tuple[str, int, str]:
        match = self._rest.match(text, position)
        if match is None:
            return text[position:], len(text), "open"
        end = match.end()
        if text.startswith(self._dialect.delimiter, end):
            return match[1], end + 1, "quoted"
        if not text[end:].rstrip("\r\n"):
            return match[1], end, "quoted last"
        return "", end, "broken"

    def _broken(self, number: int, data: bytes, taken: list[tuple[int, bytes]], fault: str) -> Record:
        self._again.extendleft(reversed(taken))
        return Record(self._decode(number, data).rstrip("\r\n"), number, None, fault)


def _inside(quote: str) -> str:
    # No possessive repeats around groups: Python 3.11's re can fail on them with a SystemError.
    return f"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"


def _closing(quote: str) -> str:
    return f"{quote}(?!{quote}) *"


def _value(value: str, quoted: bool, quote: str) -> str | None:
    return value.replace(quote * 2, quote) if quoted else value or None


def _record(number: int, raw: str, fields: Fields) -> Record:
    if "\0" in raw:
        return Record(raw, number, None, "contains a NUL byte")
    return Record(raw, number, fields)


def fit(fields: Fields | None, width: int) -> Fields | None:
    """Fields without the empty ones too many at the end, or None when their number is wrong."""
    if fields is None or len(fields) == width:
        return fields
    extra = fields[width:]
    return None if not extra or any(field is not None for field in extra) else fields[:width]


def misfit(fields: Fields | None, width: int) -> str:
    """What is wrong with a record whose number of fields is."""
    return f"{count(fields or [])} where {width} are expected"


def count(fields: Fields) -> str:
    return "1 field" if len(fields) == 1 else f"{len(fields)} fields"
