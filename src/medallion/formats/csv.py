"""The CSV format: every value is text, exactly as in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from medallion.contracts import Format, LocalFile, Parsed, ParsedTogether, quote
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.column_names import clean_name
from medallion.formats.csv_duckdb import CsvFile, needs_careful_reader
from medallion.formats.csv_header import Header, HeaderReader, check_fit
from medallion.formats.csv_records import CsvRecord, Dialect, Fields, Splitter, fit, misfit
from medallion.formats.csv_together import LineFiles, read_together
from medallion.formats.text_file import check_encoding, endings, plain_text, small_text, whole
from medallion.formats.text_lines import numbered_lines, without_footer
from medallion.formats.text_rows import write_rows
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.records import Column
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection

_NAMELESS = "_nameless_"
_REPEATED = "repeats the header"


class Csv(Format):
    """A text file of records with fields separated by a delimiter; the first record is the header.

    Values are text, exactly as in the file; an empty unquoted field is null. Files may be
    compressed (`.gz`, `.zst`, `.bz2`). Blank lines are ignored. These records are quarantined with
    their number: one with more or fewer fields than the header, with a NUL byte or a stray line
    break, and one that repeats the header, in any case. Extra empty fields at the end of a record
    are ignored. The run fails, with a message that says what to declare, if most records do not fit
    the header, or if another delimiter would also split all records alike.

    - `delimiter`: one character; by default a comma, a tab for `.tsv` files, or that of a first
      line
      `sep=;`.
    - `quote`: the character around fields that contain a delimiter or a line break; doubled within
      a
      field, it is a literal quote; empty if no field is quoted.
    - `escape`: a character, such as a backslash, that makes a quote, a delimiter or itself literal.
    - `skip`: the number of lines above the header, such as the title of a report.
    - `footer`: the number of lines below the last record that are not blank, such as totals.
    - `comment`: the prefix of comment lines, such as `#`.
    - `null`: unquoted values that are null, in addition to the empty one: `[NA, "N/A", "\\N"]`.
    - `header`: false if the first record is data; then `columns` names the columns in order.
      A header that looks like a record is refused; `header: true` accepts it.
    - `header_rows`: the number of rows of the header, whose names are joined: `2024` above `Q1` is
      `2024 Q1`. A blank name in an upper row is the one to its left.
    - `encoding`: the file's text encoding, such as `cp1252` or `utf-16`. A byte order mark is
      ignored.

    A first column without a name, as pandas writes it for its index, becomes `column_1`; columns at
    the end with neither a name nor a value are omitted. Both add a warning.

    ```yaml
    tables:
      bronze:
        clients: {source: "data/clients*.csv", format: {csv: {delimiter: ";", encoding: cp1252}}}
    ```
    """

    name: ClassVar[str] = "csv"
    version: ClassVar[int] = 2
    suffixes: ClassVar[tuple[str, ...]] = endings(".csv", ".tsv")

    delimiter: str | None = None
    quote: str = '"'
    escape: str = ""
    skip: int = Field(default=0, ge=0)
    footer: int = Field(default=0, ge=0)
    comment: str = ""
    null: tuple[str, ...] = ()
    header: bool | None = None
    header_rows: int = Field(default=1, ge=1)
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"

    _known_encoding = field_validator("encoding")(check_encoding)

    @field_validator("null", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _listed(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        marks = [mark for mark in (self.delimiter, self.quote, self.escape) if mark]
        if self.delimiter == "" or any(len(mark) != 1 or mark in "\r\n\0" for mark in marks):
            raise ValueError("`delimiter`, `quote` and `escape` must be one character each")
        if self.delimiter and self.delimiter in (self.quote, " "):
            raise ValueError("`delimiter` must not be a space or the same as `quote`")
        if self.escape and self.escape in (self.delimiter or "", self.quote):
            raise ValueError(
                "`escape` must differ from `delimiter` and `quote`; doubled quotes need no `escape`"
            )
        if self.header is not False and self.columns:
            raise ValueError(
                "`columns` needs `header: false`; to rename columns, use the step `rename`"
            )
        if self.header is False and self.header_rows > 1:
            raise ValueError("`header_rows` is for files with a header, not for `header: false`")
        if self.header is False and not self.columns:
            raise ValueError("`header: false` needs `columns: [...]`, their names in order")
        return self

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with (
            plain_text(source, name, self.encoding, target) as all_lines,
            whole(target) as part,
            without_footer(all_lines, self.footer, part) as text,
        ):
            header = self._header_reader(text, name).read()
            result = _read_quickly(text, name, header, part, connection)
            if result is None:
                rejects = UnreadableRecords(name)
                records = Splitter(text, name, header.dialect, header.lines)
                result = _read_carefully(iter(records), header, part, rejects), rejects
            rows, rejects = result
            check_fit(text, name, header, rows, rejects)
            return header.parsed(rows, rejects.all())

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        with plain_text(source, name, self.encoding, scratch) as text:
            return self._header_reader(text, name).read().parsed(1).columns

    def parse_together(
        self, files: Sequence[LocalFile], folder: Path, connection: Connection
    ) -> Iterator[ParsedTogether]:
        if self.footer:
            return
        plain = LineFiles()
        copy = folder / "text"
        for number, file in enumerate(files):
            with (
                suppress(SourceError, OSError),
                small_text(file.path, file.name, self.encoding, copy) as (text, data),
            ):
                if data is not None:
                    plain.add(number, data, self._header_reader(text, file.name))
        for alike in plain.files.values():
            yield from read_together(alike, folder, connection)

    def _header_reader(self, text: Path, name: str) -> HeaderReader:
        delimiter = self.delimiter or ("\t" if name.lower().endswith(endings(".tsv")) else ",")
        return HeaderReader(
            text=text,
            name=name,
            dialect=Dialect(delimiter, self.quote, self.escape, self.comment, self.null),
            skip=self.skip,
            header=self.header,
            rows=self.header_rows,
            declared=self.columns,
            delimiter_declared=self.delimiter is not None,
        )


def _read_quickly(
    text: Path, name: str, header: Header, part: Path, connection: Connection
) -> tuple[int, UnreadableRecords] | None:
    """Read a file with DuckDB: the number of rows, and the rejects.

    None if DuckDB may read it incorrectly, or if a record needs the careful reader.
    """
    if len(header.columns) == 1 or _has_comments(text, header):
        return None
    nameless = tuple(f"{_NAMELESS}{number}" for number in range(header.nameless))
    columns = (*header.columns, *nameless)
    result = CsvFile(
        text, name, columns, header.dialect, header.above, header.lines, part, connection
    ).read()
    if result is None or not result[0]:
        return result if not nameless else None
    if needs_careful_reader(header.columns, nameless, part, connection):
        return None
    if not nameless:
        return result
    if len(result[1]):
        return None
    named = part.with_name(f"{part.name}.named")
    try:
        names = ", ".join(map(quote, header.columns))
        parquet_file.write(f"select {names} from {parquet_file.scan(part)}", named, connection)
        with storage_errors(part):
            named.replace(part)
    finally:
        named.unlink(missing_ok=True)
    return result


def _has_comments(text: Path, header: Header) -> bool:
    """Whether a line below the header is a comment; DuckDB takes comments within a line too."""
    comment = header.dialect.comment.encode()
    return bool(comment) and any(
        line.startswith(comment) for _, line in islice(numbered_lines(text), header.lines, None)
    )


def _read_carefully(
    records: Iterator[CsvRecord], header: Header, part: Path, rejects: UnreadableRecords
) -> int:
    """Write the records that fit the header, reject the others, and return the number of rows."""
    return write_rows(_accepted(records, header, rejects), header.columns, part)


def _accepted(
    records: Iterator[CsvRecord], header: Header, rejects: UnreadableRecords
) -> Iterator[Fields]:
    """The fields of the records that fit the header; the others are added to `rejects`."""
    number, width = 0, len(header.columns)
    names = [column.lower() for column in header.columns]
    for record in records:
        if width == 1 and record.fields and record.fields.count(None) == len(record.fields):
            continue
        number += 1
        fields = fit(record.fields, width)
        if fields is None:
            if record.fields and width < len(record.fields) <= width + header.nameless:
                raise _nameless(rejects.name, number, width)
            rejects.add(number, record.fault or misfit(record.fields, width), record.raw)
        elif width > 1 and [clean_name(field or "").lower() for field in fields] == names:
            rejects.add(number, _REPEATED, record.raw)
        else:
            yield fields


def _nameless(name: str, number: int, width: int) -> SourceError:
    return SourceError(
        f"{name}: column {width + 1} has no name, but record {number} has a value in it",
        hint="name it in the file; or, if the header is further down, declare `skip`, the number "
        "of lines above it",
    )
