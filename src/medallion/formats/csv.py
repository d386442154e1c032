"""The CSV format: every value stays text as it stands in the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from medallion.contracts import Format, Parsed, literal, quote
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.column_names import clean_name
from medallion.formats.csv_duckdb import CsvFile
from medallion.formats.csv_header import Header, HeaderReader, check_fit
from medallion.formats.csv_records import CsvRecord, Dialect, Fields, Splitter, fit, misfit
from medallion.formats.text_file import check_encoding, endings, plain_text, whole
from medallion.formats.text_lines import numbered_lines
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.records import Column
from medallion.storage.local import told

if TYPE_CHECKING:
    from medallion.contracts import Connection

_BATCH = 20_000
_NAMELESS = "_nameless_"
_AROUND = "\ufeff \t"  # what may be around the names of a header that is repeated
_REPEATED = "repeats the header"


class Csv(Format):
    """A text file of records whose fields a delimiter parts; the first record names the columns.

    Values stay text exactly as they stand; an empty unquoted field is null. Files may be compressed
    (`.gz`, `.zst`, `.bz2`). Blank lines are no records. A record that cannot be split into the fields of
    the header is quarantined with its number, and so is one with a NUL byte or a stray line break, and one that
    repeats the header, in whatever case; empty fields too many at the end of a record are let pass. When most records
    do not fit the header, or another delimiter would split all of them alike, the file may be read wrong: the run
    fails, and the message says what to declare.

    - `delimiter`: one character; by default a comma, a tab for `.tsv` files, or what a first line `sep=;` says.
    - `quote`: the character around fields that hold a delimiter or a line break; doubled it stands for
      itself; empty when nothing is quoted.
    - `escape`: a character, such as a backslash, that lets a quote, a delimiter or itself stand for itself after it.
    - `skip`: the number of lines above the header, such as the titles of a report.
    - `comment`: what lines begin with that are comments, such as `#`.
    - `null`: unquoted values that stand for null besides the empty one: `[NA, "N/A", "\\N"]`.
    - `header`: false when the first record is data; then `columns` names the columns in their order.
      A header that looks like a record is refused; `header: true` says that it is one nevertheless.
    - `encoding`: the file's text encoding, such as `cp1252` or `utf-16`. A byte order mark is dropped.

    A first column without a name, as pandas writes it for its index, is called `column_1`; columns at the end that have
    neither a name nor a value are left out. Both are warned of.

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
    comment: str = ""
    null: tuple[str, ...] = ()
    header: bool | None = None
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
            raise ValueError("`delimiter`, `quote` and `escape` are one character each")
        if self.delimiter and self.delimiter in (self.quote, " "):
            raise ValueError("`delimiter` is neither a space nor the same as `quote`")
        if self.escape and self.escape in (self.delimiter or "", self.quote):
            raise ValueError(
                "`escape` is neither `delimiter` nor `quote`; doubled quotes need no `escape`"
            )
        if self.header is not False and self.columns:
            raise ValueError(
                "`columns` goes with `header: false`; to name them otherwise, use the step `rename`"
            )
        if self.header is False and not self.columns:
            raise ValueError("`header: false` needs `columns: [...]`, their names in order")
        return self

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with plain_text(source, name, self.encoding, target) as text, whole(target) as part:
            delimiter = self.delimiter or ("\t" if name.lower().endswith(endings(".tsv")) else ",")
            dialect = Dialect(delimiter, self.quote, self.escape, self.comment, self.null)
            header = HeaderReader(
                text,
                name,
                dialect,
                self.skip,
                self.header,
                self.columns,
                self.delimiter is not None,
            ).read()
            counted = _read_quickly(text, name, header, part, connection)
            if counted is None:
                rejects = UnreadableRecords(name)
                records = Splitter(text, name, header.dialect, header.lines)
                counted = _read_carefully(iter(records), header, part, rejects), rejects
            rows, rejects = counted
            check_fit(text, name, header, rows, rejects)
            return _parsed(header, rows, rejects)


def _parsed(header: Header, rows: int, rejects: UnreadableRecords) -> Parsed:
    warnings = (
        header.warnings if rows or rejects else (*header.warnings, "has a header but no records")
    )
    columns = tuple(Column(name=column, type="VARCHAR") for column in header.columns)
    return Parsed(columns, rows, rejects.all(), warnings)


def _read_quickly(
    text: Path, name: str, header: Header, part: Path, connection: Connection
) -> tuple[int, UnreadableRecords] | None:
    """Read a file by DuckDB. None when it is not sure to read it right, or a record needs to be looked at."""
    if len(header.columns) == 1 or _has_comments(text, header):
        return None
    nameless = tuple(f"{_NAMELESS}{number}" for number in range(header.nameless))
    columns = (*header.columns, *nameless)
    counted = CsvFile(
        text, name, columns, header.dialect, header.above, header.lines, part, connection
    ).read()
    if counted is None or not counted[0]:
        return counted if not nameless else None
    repeated = [
        f"lower(trim({quote(column)}, {literal(_AROUND)})) = lower({literal(column)})"
        for column in header.columns
    ]
    odd = " or ".join(
        [f"({' and '.join(repeated)})", *(f"{quote(column)} is not null" for column in nameless)]
    )
    if connection.execute(
        f"select 1 from {parquet_file.scan(part)} where {odd} limit 1"
    ).fetchall():
        return None
    if not nameless:
        return counted
    if len(counted[1]):
        return None
    named = part.with_name(f"{part.name}.named")
    try:
        kept = ", ".join(map(quote, header.columns))
        parquet_file.write(f"select {kept} from {parquet_file.scan(part)}", named, connection)
        with told(part):
            named.replace(part)
    finally:
        named.unlink(missing_ok=True)
    return counted


def _has_comments(text: Path, header: Header) -> bool:
    """Whether a line below the header begins as comments do, which DuckDB would also see in the middle of a line."""
    comment = header.dialect.comment.encode()
    return bool(comment) and any(
        line.startswith(comment) for _, line in islice(numbered_lines(text), header.lines, None)
    )


def _read_carefully(
    records: Iterator[CsvRecord], header: Header, part: Path, rejects: UnreadableRecords
) -> int:
    """Write what can be split and set the rest aside."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column, pa.string()) for column in header.columns])
    rows = 0
    kept = _kept(records, header, rejects)
    with told(part), pq.ParquetWriter(part, schema, compression="snappy", version="2.6") as writer:
        while batch := list(islice(kept, _BATCH)):
            arrays = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            rows += len(batch)
    return rows


def _kept(
    records: Iterator[CsvRecord], header: Header, rejects: UnreadableRecords
) -> Iterator[Fields]:
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
        hint="name it in the file; or, when the header is further down, declare `skip`, the number of lines above it",
    )
