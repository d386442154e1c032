"""The CSV format: every value stays text as it stands in the file."""

from __future__ import annotations

import glob
import mmap
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import field_validator, model_validator

from medallion.contracts import Format, Parsed, literal, quote
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.csv_records import Dialect, Fields, Record, Splitter
from medallion.formats.names import check_names
from medallion.formats.rejects import Rejects
from medallion.formats.source import check_encoding, endings, plain_text, whole
from medallion.records import Column

if TYPE_CHECKING:
    from medallion.contracts import Connection

_DELIMITERS = {",": "','", ";": "';'", "\t": '"\\t"', "|": "'|'"}
_BATCH = 20_000


class Csv(Format):
    """A text file of records whose fields a delimiter parts; the first record names the columns.

    Values stay text exactly as they stand; an empty unquoted field is null. Files may be compressed
    (`.gz`, `.zst`, `.bz2`). Blank lines are no records. A record that cannot be split into the fields of
    the header is quarantined with its number, and so is one with a NUL byte; empty fields too many at
    the end of a record are let pass.

    - `delimiter`: one character; a comma, or a tab for `.tsv` files.
    - `quote`: the character around fields that hold a delimiter or a line break; doubled it stands for
      itself; empty when nothing is quoted.
    - `header`: false when the first record is data; then `columns` names the columns in their order.
    - `encoding`: the file's text encoding, such as `cp1252` or `utf-16`. A byte order mark is dropped.

    ```yaml
    tables:
      bronze:
        clients: {source: "data/clients*.csv", format: {csv: {delimiter: ";", encoding: cp1252}}}
    ```
    """

    name: ClassVar[str] = "csv"
    suffixes: ClassVar[tuple[str, ...]] = endings(".csv", ".tsv")

    delimiter: str | None = None
    quote: str = '"'
    header: bool = True
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"

    _known_encoding = field_validator("encoding")(check_encoding)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        marks = [mark for mark in (self.delimiter, self.quote) if mark]
        if self.delimiter == "" or any(len(mark) != 1 or mark in "\r\n\0" for mark in marks):
            raise ValueError("`delimiter` and `quote` are one character each")
        if self.delimiter and self.delimiter in (self.quote, " "):
            raise ValueError("`delimiter` is neither a space nor the same as `quote`")
        if self.header and self.columns:
            raise ValueError("`columns` goes with `header: false`; to name them otherwise, use the step `rename`")
        if not self.header and not self.columns:
            raise ValueError("`header: false` needs `columns: [...]`, their names in order")
        return self

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with plain_text(source, name, self.encoding, target) as text, whole(target) as part:
            dialect = Dialect(self.delimiter or _usual_delimiter(name), self.quote)
            first = next(iter(Splitter(text, name, dialect)))
            columns = self._names(first, name, dialect)
            if first.line == 1 and not _holds_nul(text):
                rows = _read_fast(text, columns, dialect, self.header, part, connection)
                if rows is not None:
                    return _parsed(name, columns, rows)
            records = islice(Splitter(text, name, dialect), int(self.header), None)
            rejects = Rejects(name)
            rows = _read_carefully(records, columns, part, rejects, connection)
            return _parsed(name, columns, rows, rejects.all())

    def _names(self, first: Record, name: str, dialect: Dialect) -> tuple[str, ...]:
        """The columns' names, once the first record bears them out."""
        what = "the header" if self.header else "the first record"
        if first.fields is None:
            raise SourceError(f"{name}: {what} cannot be read: {first.fault}", hint="check `delimiter` and `quote`")
        if len(first.fields) == 1 and len(self.columns) != 1:
            _check_delimiter(first, name, dialect, what)
        if self.header:
            names = tuple((field or "").strip() for field in first.fields)
        else:
            names = self.columns
            if _fit(first.fields, len(names)) is None:
                raise SourceError(
                    f"{name}: the first record has {_fields(len(first.fields))}, `columns` names {len(names)}",
                    hint="name as many columns as the file has",
                )
        check_names(name, names)
        return names


def _parsed(name: str, columns: tuple[str, ...], rows: int, rejects: tuple[tuple[int, str, str], ...] = ()) -> Parsed:
    warnings = () if rows or rejects else (f"{name}: has a header but no records",)
    return Parsed(tuple(Column(name=column, type="VARCHAR") for column in columns), rows, rejects, warnings)


def _usual_delimiter(name: str) -> str:
    return "\t" if name.lower().endswith(endings(".tsv")) else ","


def _check_delimiter(first: Record, name: str, dialect: Dialect, what: str) -> None:
    counts = {other: first.raw.count(other) for other in _DELIMITERS if other != dialect.delimiter}
    likely = max(counts, key=lambda other: counts[other])
    quoted = bool(dialect.quote) and first.raw.startswith(dialect.quote) and first.raw.endswith(dialect.quote)
    inside = quoted and dialect.quote not in first.raw[1:-1]
    if counts[likely] and not inside:
        shown = _DELIMITERS.get(dialect.delimiter, repr(dialect.delimiter))
        raise SourceError(
            f"{name}: {what} is one column when split by {shown}",
            hint=f"did you mean `delimiter: {_DELIMITERS[likely]}`?",
        )


def _holds_nul(text: Path) -> bool:
    with text.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(b"\0") >= 0


def _read_fast(
    text: Path, columns: tuple[str, ...], dialect: Dialect, header: bool, part: Path, connection: Connection
) -> int | None:
    """Let DuckDB read a clean file: the number of rows, or None when it finds a fault."""
    import duckdb

    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    # A lone column's unquoted empty field is a blank line, and that is no record.
    kept = f" where {quote(columns[0])} is not null" if len(columns) == 1 else ""
    query = f"""
        select * from read_csv({literal(glob.escape(str(text)))}, auto_detect=false, strict_mode=true,
            header={header}, delim={literal(dialect.delimiter)}, quote={literal(dialect.quote)},
            escape={literal(dialect.quote)}, allow_quoted_nulls=false, hive_partitioning=false,
            max_line_size=16000000, buffer_size=32000000, columns={{{types}}}){kept}"""
    try:
        return parquet_file.write(query, part, connection)
    except duckdb.InvalidInputException:
        return None


def _read_carefully(
    records: Iterator[Record], columns: tuple[str, ...], part: Path, rejects: Rejects, connection: Connection
) -> int:
    """Write what can be split, with `_record`, and set the rest aside."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(parquet_file.RECORD, pa.int64()), *((column, pa.string()) for column in columns)])
    rows = 0
    numbered = _numbered(records, len(columns), rejects)
    with pq.ParquetWriter(part, schema, compression="snappy", version="2.6") as writer:
        while batch := list(islice(numbered, _BATCH)):
            arrays = [
                pa.array(values, kind) for values, kind in zip(zip(*batch, strict=True), schema.types, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            rows += len(batch)
    if not rejects:
        parquet_file.drop_numbers(part, connection)
    return rows


def _numbered(records: Iterator[Record], width: int, rejects: Rejects) -> Iterator[tuple[int | str | None, ...]]:
    number = 0
    for record in records:
        if width == 1 and record.fields is not None and not any(field is not None for field in record.fields):
            continue
        number += 1
        fields = record.fields and _fit(record.fields, width)
        if fields:
            yield (number, *fields)
        else:
            found = len(record.fields or ())
            rejects.add(number, record.fault or f"{_fields(found)} where {width} are expected", record.raw)


def _fit(fields: Fields, width: int) -> Fields | None:
    """Fields without the empty ones too many at the end, or None when their number is wrong."""
    if len(fields) < width or any(field is not None for field in fields[width:]):
        return None
    return fields[:width]


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
