"""Reading CSV one record at a time: slow, but it knows each record's number and what is wrong with it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medallion.formats.lines import MAX_RECORD, TOO_LONG, numbered_lines
from medallion.formats.source import undecodable

_UNCLOSED = "a quote that is never closed"
_TRAILING = "text after a closing quote"

Fields = list[str | None]


@dataclass(frozen=True)
class Dialect:
    """How fields are told apart; `quote` is empty when nothing is quoted."""

    delimiter: str
    quote: str


@dataclass(frozen=True)
class Record:
    """One record as it stands in the file: its fields, or why there are none.

    An unquoted empty field is None. `line` is the number of its first line.
    """

    raw: str
    line: int
    fields: Fields | None
    fault: str = ""


class Splitter:
    """Splits one UTF-8 file into records. Blank lines are none.

    A record whose quotes do not add up is its first line alone; reading goes on at the next line, so
    that one stray quote does not swallow the rest of the file. Raises SourceError on undecodable bytes.
    """

    def __init__(self, text: Path, name: str, dialect: Dialect) -> None:
        self._name = name
        self._dialect = dialect
        self._lines = numbered_lines(text)
        self._again: deque[tuple[int, bytes]] = deque()
        if dialect.quote:
            quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
            self._plain = re.compile(f"[^{delimiter}]*")
            self._opening = re.compile(f" ?{quote}")
            # A quote's double stands for itself; possessive, so that no failed match is retried in pieces.
            self._rest = re.compile(f"((?:[^{quote}]++|{quote}{quote})*+){quote} *")

    def __iter__(self) -> Iterator[Record]:
        while (first := self._next()) is not None:
            number, data = first
            text = self._decode(number, data)
            if not text.rstrip("\r\n"):
                continue
            if len(data) > MAX_RECORD:
                yield Record(text.rstrip("\r\n"), number, None, TOO_LONG)
            elif self._dialect.quote and self._dialect.quote in text:
                yield self._quoted(number, data, text)
            else:
                body = text.rstrip("\r\n")
                fields = [field or None for field in body.split(self._dialect.delimiter)]
                yield _record(number, body, fields)

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
            fields.append(self._value(value, state))
        return _record(number, "".join(raw).rstrip("\r\n"), fields)

    def _value(self, value: str, state: str) -> str | None:
        if state.startswith("quoted"):
            return value.replace(self._dialect.quote * 2, self._dialect.quote)
        return value or None

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


def _record(number: int, raw: str, fields: Fields) -> Record:
    if "\0" in raw:
        return Record(raw, number, None, "contains a NUL byte")
    return Record(raw, number, fields)
