"""The fixed-width format: lines whose fields are at fixed positions; every value is text."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.column_names import check_names
from medallion.formats.text_file import check_encoding, plain_text, undecodable, whole
from medallion.formats.text_lines import MAX_RECORD, TOO_LONG, numbered_lines
from medallion.formats.text_rows import TextRow, write_rows
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.plural import count_of
from medallion.records import Column

if TYPE_CHECKING:
    from medallion.contracts import Connection

_POSITIONS = re.compile(r"(\d{1,7})(?:\s*-\s*(\d{1,7}))?")


class FixedWidth(Format):
    """A text file whose records are lines with each field at fixed positions.

    Values are text, without the spaces around them; a blank field is null. Files may be compressed
    (`.gz`, `.zst`, `.bz2`). Blank lines are ignored. A line with a NUL byte, and with `length` one
    that is longer or shorter, is quarantined with its number.

    - `columns`: the positions of each column, counted from 1: `{id: 1-6, name: 7-30, kind: 31}`.
      Positions are characters, not bytes; those of no column are ignored.
    - `length`: the number of characters of each line; by default any, and fields behind the end of
      a line are null.
    - `skip`: the number of lines above the first record; `footer`: those below the last one that
      are not blank.
    - `comment`: the prefix of comment lines, such as `#`.
    - `null`: values that are null: `["-", "9999"]`.
    - `trim`: false keeps the spaces around values.
    - `encoding`: the file's text encoding. A byte order mark is ignored.

    ```yaml
    tables:
      bronze:
        payments:
          source: "data/*.txt"
          format: {fixed_width: {length: 42, columns: {account: 1-10, amount: 11-22, day: 23-30}}}
    ```
    """

    name: ClassVar[str] = "fixed_width"
    version: ClassVar[int] = 1

    columns: dict[str, str] = Field(min_length=1)
    length: int | None = Field(default=None, ge=1)
    skip: int = Field(default=0, ge=0)
    footer: int = Field(default=0, ge=0)
    comment: str = ""
    null: tuple[str, ...] = ()
    trim: bool = True
    encoding: str = "utf-8"

    _known_encoding = field_validator("encoding")(check_encoding)

    @field_validator("null", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _listed(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("columns", mode="before", json_schema_input_type=dict[str, str | int])
    @classmethod
    def _texts(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: str(each) if type(each) is int else each for name, each in value.items()}

    @field_validator("columns")
    @classmethod
    def _valid_positions(cls, columns: dict[str, str]) -> dict[str, str]:
        for name, positions in columns.items():
            match = _POSITIONS.fullmatch(positions.strip())
            if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]):
                raise ValueError(f"{positions!r} of {name!r} is not a position such as `7-30`")
        return columns

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        rejects = UnreadableRecords(name)
        with plain_text(source, name, self.encoding, target) as text, whole(target) as part:
            columns = self._described(name)
            rows = write_rows(self._accepted(text, rejects), list(self.columns), part)
            if len(rejects) > rows:
                number, reason, _ = rejects.all()[0]
                total = count_of(rows + len(rejects), "record")
                raise SourceError(
                    f"{name}: {len(rejects):,} of its {total} cannot be read; "
                    f"record {number}: {reason}",
                    hint="check `columns`, `length`, `skip` and `footer`",
                )
        warnings = () if rows or len(rejects) else ("has no records",)
        return Parsed(columns, rows, rejects.all(), warnings)

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        with plain_text(source, name, self.encoding, scratch):
            return self._described(name)

    def _described(self, name: str) -> tuple[Column, ...]:
        check_names(name, list(self.columns))
        return tuple(Column(name=column, type="text") for column in self.columns)

    def _accepted(self, text: Path, rejects: UnreadableRecords) -> Iterator[TextRow]:
        """The fields of the lines that can be split; the others are added to `rejects`."""
        spans = [_span(positions) for positions in self.columns.values()]
        for number, line in enumerate(self._lines(text, rejects.name), 1):
            fault = self._fault(line)
            if fault:
                rejects.add(number, fault, line)
            else:
                yield [self._value(line[span]) for span in spans]

    def _lines(self, text: Path, name: str) -> Iterator[str]:
        waiting: deque[str] = deque()
        for number, data in islice(numbered_lines(text), self.skip, None):
            try:
                line = data.decode(errors="replace" if len(data) > MAX_RECORD else "strict")
            except UnicodeDecodeError as error:
                raise undecodable(name, error, number) from None
            line = line.rstrip("\r\n")
            if line.strip() and not (self.comment and line.startswith(self.comment)):
                waiting.append(line)
            if len(waiting) > self.footer:
                yield waiting.popleft()

    def _fault(self, line: str) -> str:
        if len(line) > MAX_RECORD:
            return TOO_LONG
        if "\0" in line:
            return "has a NUL byte"
        if self.length and len(line) != self.length:
            return f"{count_of(len(line), 'character')}, {self.length:,} expected"
        return ""

    def _value(self, field: str) -> str | None:
        bare = field.strip()
        if not bare or bare in self.null:
            return None
        return bare if self.trim else field


def _span(positions: str) -> slice:
    first, _, last = positions.partition("-")
    return slice(int(first) - 1, int(last or first))
