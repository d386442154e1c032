"""Reading CSV one record at a time: slow, but it knows each record's number and what is wrong with it."""

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

_UNCLOSED = "a quote that is never closed"
_TRAILING = "text after a closing quote"
_BREAK = "a line break outside quotes"

Fields = list[str | None]


@dataclass(frozen=True)
class Dialect:
    """How fields are separated.

    `quote` is empty when nothing is quoted, `escape` when quotes are only doubled, `comment` when there are no
    comment lines. `nulls` are the unquoted texts that stand for NULL besides the empty one.
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
        return re.sub(escaped, lambda found: found[1] or found[2], text)

    def plain(self) -> str:
        """A pattern of the text of an unquoted field."""
        delimiter, escape = re.escape(self.delimiter), re.escape(self.escape)
        if not escape:
            return f"[^{delimiter}]*"
        return f"[^{delimiter}{escape}]*(?:{escape}[^\r\n]?[^{delimiter}{escape}]*)*"

    def inside(self) -> str:
        """A pattern of the text between two quotes."""
        # No possessive repeats around groups: Python 3.11's re can fail on them with a SystemError.
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        if not escape:
            return f"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"
        return f"[^{quote}{escape}]*(?:(?:{quote}{quote}|{escape}[\\s\\S])[^{quote}{escape}]*)*"


class CsvRecord(NamedTuple):
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
        delimiter, plain = re.escape(dialect.delimiter), dialect.plain()
        quoted = ""
        if dialect.quote:
            quote = re.escape(dialect.quote)
            quoted = f" ?({quote})({dialect.inside()}){_closing(quote)}|(?! ?{quote})"
        field = f"(?:{quoted}{'' if quoted else '()()'}({plain}))"
        self._line = re.compile(f"{field}(?:{delimiter}{field})*")
        self._fields = re.compile(f"(?:\\A|{delimiter}){field}")

    def split(self, number: int, text: str) -> CsvRecord | None:
        """The record of a line, or None when its quotes do not add up on this line alone."""
        body = text.rstrip("\r\n")
        dialect = self._dialect
        if not any(mark and mark in body for mark in (dialect.quote, dialect.escape)):
            if "\r" in body or "\n" in body:
                return CsvRecord(body, number, None, _BREAK)
            texts, nulls = body.split(dialect.delimiter), dialect.nulls
            return _record(
                number, body, [None if not text or text in nulls else text for text in texts]
            )
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
    """Splits one UTF-8 file into records, from the line after the first `skip` on. Blank lines and comments are none.

    A record whose quotes do not add up is its first line alone; reading goes on at the next line, so
    that one stray quote does not swallow the rest of the file. Raises SourceError on undecodable bytes.
    """

    def __init__(self, text: Path, name: str, dialect: Dialect, skip: int = 0) -> None:
        self._name = name
        self._dialect = dialect
        self._comment = dialect.comment.encode()
        self._lines = islice(
            numbered_lines(text, by_return=ends_by_return(text, dialect.quote)), skip, None
        )
        self._again: deque[tuple[int, bytes]] = deque()
        self._whole = LineSplitter(dialect)
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

    def _quoted(self, number: int, data: bytes, text: str) -> CsvRecord:
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
            quoted = state.startswith("quoted")
            if not quoted and ("\r" in value or "\n" in value):
                return self._broken(number, data, taken, _BREAK)
            fields.append(self._dialect.value(value, quoted=quoted))
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

    def _broken(
        self, number: int, data: bytes, taken: list[tuple[int, bytes]], fault: str
    ) -> CsvRecord:
        self._again.extendleft(reversed(taken))
        return CsvRecord(self._decode(number, data).rstrip("\r\n"), number, None, fault)


def _closing(quote: str) -> str:
    return f"{quote}(?!{quote}) *"


def _record(number: int, raw: str, fields: Fields) -> CsvRecord:
    if "\0" in raw:
        return CsvRecord(raw, number, None, "contains a NUL byte")
    return CsvRecord(raw, number, fields)


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
