"""Reading CSV record by record: slow, but it knows each record's number and fault."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from medallion.formats.text_file import undecodable
from medallion.formats.text_lines import MAX_RECORD, TOO_LONG, ends_by_return, numbered_lines
from medallion.plural import count_of

_UNCLOSED = "an unclosed quote"
_TRAILING = "text after a closing quote"
_BREAK = "a line break outside quotes"

Fields = list[str | None]


@dataclass(frozen=True)
class Dialect:
    """How fields are separated, quoted and escaped.

    `quote` is empty if nothing is quoted, `escape` if quotes are only doubled, `comment` if there
    are no comment lines. `nulls` are unquoted texts that are NULL, in addition to the empty one.
    """

    delimiter: str
    quote: str
    escape: str = ""
    comment: str = ""
    nulls: tuple[str, ...] = ()

    def value(self, text: str, *, quoted: bool) -> str | None:
        """The value of a field written as `text` between its delimiters or quotes."""
        if not quoted and (not text or text in self.nulls):
            return None
        if self.escape and self.escape in text:
            return self._unescaped(text, quoted=quoted)
        return text.replace(self.quote * 2, self.quote) if quoted else text

    def _unescaped(self, text: str, *, quoted: bool) -> str:
        marks = "".join(map(re.escape, (self.quote, self.delimiter, self.escape)))
        doubled = f"|({re.escape(self.quote)}){re.escape(self.quote)}" if quoted else "|(?!)()"
        escaped = f"{re.escape(self.escape)}([{marks}]){doubled}"
        return re.sub(escaped, lambda match: match[1] or match[2], text)

    def plain(self) -> str:
        """A regular expression for the text of an unquoted field."""
        delimiter, escape = re.escape(self.delimiter), re.escape(self.escape)
        if not escape:
            return f"[^{delimiter}]*"
        return f"[^{delimiter}{escape}]*(?:{escape}[^\r\n]?[^{delimiter}{escape}]*)*"

    def inside(self) -> str:
        """A regular expression for the text between two quotes."""
        # No possessive quantifiers on groups: Python 3.11's re can fail on them with SystemError.
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        if not escape:
            return f"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"
        return f"[^{quote}{escape}]*(?:(?:{quote}{quote}|{escape}[\\s\\S])[^{quote}{escape}]*)*"


class CsvRecord(NamedTuple):
    """A record of the file: its raw text and its fields, or the fault why it has none.

    An unquoted empty field is None. `line` is the number of the record's first line.
    """

    raw: str
    line: int
    fields: Fields | None
    fault: str = ""


class LineSplitter:
    """Splits records that are on one line each."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        delimiter, plain = re.escape(dialect.delimiter), dialect.plain()
        quoted = ""
        if dialect.quote:
            quote = re.escape(dialect.quote)
            quoted = f" ?({quote})({dialect.inside()}){_closing(quote)}|(?! ?{quote})"
        field = f"(?:{quoted}{'' if quoted else '()()'}({plain}))"
        self._line = re.compile(f"{field}(?:{delimiter}{field})*")
        self._fields = re.compile(f"(?:\\A|{delimiter}){field}")

    def split(self, number: int, text: str) -> CsvRecord | None:
        """The record of a line; None if a quoted field is not closed on it, or is not valid."""
        body = text.rstrip("\r\n")
        dialect = self._dialect
        if not any(mark and mark in body for mark in (dialect.quote, dialect.escape)):
            if "\r" in body or "\n" in body:
                return CsvRecord(body, number, None, _BREAK)
            nulls = dialect.nulls
            values = [
                text if text and text not in nulls else None
                for text in body.split(dialect.delimiter)
            ]
            return _record(number, body, values)
        if not self._line.fullmatch(body):
            return None
        fields = self._fields.findall(body)
        if any(not mark and ("\r" in plain or "\n" in plain) for mark, _, plain in fields):
            return CsvRecord(body, number, None, _BREAK)
        values = [
            dialect.value(inside or plain, quoted=bool(mark)) for mark, inside, plain in fields
        ]
        return _record(number, body, values)


class Splitter:
    """Splits a UTF-8 file into records, without its first `skip` lines, blank lines and comments.

    A record with an unclosed or invalid quote consists of its first line only, and reading
    continues on the next line, so that a stray quote does not consume the rest of the file. Raises
    SourceError for bytes that cannot be decoded.
    """

    def __init__(self, text: Path, name: str, dialect: Dialect, skip: int = 0) -> None:
        self._name = name
        self._dialect = dialect
        self._comment = dialect.comment.encode()
        self._lines = islice(
            numbered_lines(text, by_return=ends_by_return(text, dialect.quote)), skip, None
        )
        self._pending: deque[tuple[int, bytes]] = deque()  # lines that are read again
        self._single_lines = LineSplitter(dialect)
        if dialect.quote:
            quote = re.escape(dialect.quote)
            self._plain = re.compile(dialect.plain())
            self._opening = re.compile(f" ?{quote}")
            self._rest = re.compile(f"({dialect.inside()}){_closing(quote)}")

    def __iter__(self) -> Iterator[CsvRecord]:
        while (first := self._next()) is not None:
            number, data = first
            if self._comment and data.startswith(self._comment):
                continue
            text = self._decode(number, data).lstrip("\r")
            if not text.rstrip("\r\n"):
                continue
            if len(data) > MAX_RECORD:
                yield CsvRecord(text.rstrip("\r\n"), number, None, TOO_LONG)
            else:
                record = self._single_lines.split(number, text)
                yield record or self._multiline(number, data, text)

    def _next(self) -> tuple[int, bytes] | None:
        return self._pending.popleft() if self._pending else next(self._lines, None)

    def _decode(self, number: int, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            if len(data) > MAX_RECORD:  # the line is truncated, perhaps within a character
                return data.decode(errors="replace")
            raise undecodable(self._name, error, number) from None

    def _multiline(self, number: int, data: bytes, text: str) -> CsvRecord:
        """The record that begins on this line, up to the line where its quoted fields end."""
        lines: list[tuple[int, bytes]] = []
        raw, fields = [text], list[str | None]()
        size, end, state = len(data), 0, ""
        while not state.endswith("last"):
            value, end, state = self._field(text, end)
            while state == "open":
                following = self._next()
                if following is not None:
                    lines.append(following)
                    size += len(following[1])
                if following is None or size > MAX_RECORD:
                    return self._broken(number, data, lines, _UNCLOSED)
                text = self._decode(*following)
                raw.append(text)
                part, end, state = self._close(text, 0)
                value += part
            if state == "broken":
                return self._broken(number, data, lines, _TRAILING)
            quoted = state.startswith("quoted")
            if not quoted and ("\r" in value or "\n" in value):
                return self._broken(number, data, lines, _BREAK)
            fields.append(self._dialect.value(value, quoted=quoted))
        return _record(number, "".join(raw).rstrip("\r\n"), fields)

    def _field(self, text: str, position: int) -> tuple[str, int, str]:
        """The value of a field, the position of the next one, and the state.

        States: "plain", "quoted", "plain last", "quoted last", "open" and "broken".
        """
        if opening := self._opening.match(text, position):
            return self._close(text, opening.end())
        match = self._plain.match(text, position)
        assert match is not None  # noqa: S101 - the pattern matches any text, even an empty one
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

    def _broken(
        self, number: int, data: bytes, lines: list[tuple[int, bytes]], fault: str
    ) -> CsvRecord:
        """The first line as a record with a fault; the `lines` after it are read again."""
        self._pending.extendleft(reversed(lines))
        return CsvRecord(self._decode(number, data).rstrip("\r\n"), number, None, fault)


def _closing(quote: str) -> str:
    return f"{quote}(?!{quote}) *"


def _record(number: int, raw: str, fields: Fields) -> CsvRecord:
    if "\0" in raw:
        return CsvRecord(raw, number, None, "contains a NUL byte")
    return CsvRecord(raw, number, fields)


def fit(fields: Fields | None, width: int) -> Fields | None:
    """The fields without extra empty ones at the end; None if their number is not `width`."""
    if fields is None or len(fields) == width:
        return fields
    extra = fields[width:]
    return None if not extra or any(field is not None for field in extra) else fields[:width]


def misfit(fields: Fields | None, width: int) -> str:
    """The fault of a record that has another number of fields than `width`."""
    return f"{count_of(len(fields or ()), 'field')} instead of {width:,}"
