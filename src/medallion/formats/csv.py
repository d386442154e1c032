"""The CSV format: every value stays text as it stands in the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import field_validator, model_validator

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.csv_duckdb import Reading
from medallion.formats.csv_records import Dialect, Fields, Record, Splitter, count, fit, misfit
from medallion.formats.names import check_names
from medallion.formats.rejects import Rejects
from medallion.formats.source import check_encoding, endings, plain_text, whole
from medallion.records import Column
from medallion.storage.local import told

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
            if len(columns) > 1 and first.line == 1:
                header_lines = first.raw.count("\n") + 1 if self.header else 0
                found = Reading(text, name, columns, dialect, header_lines, part, connection).read()
                if found:
                    return _parsed(columns, *found)
            records = islice(Splitter(text, name, dialect), int(self.header), None)
            rejects = Rejects(name)
            rows = _read_carefully(records, columns, part, rejects)
            return _parsed(columns, rows, rejects)

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
            if fit(first.fields, len(names)) is None:
                raise SourceError(
                    f"{name}: the first record has {count(first.fields)}, `columns` names {len(names)}",
                    hint="name as many columns as the file has",
                )
        check_names(name, names)
        return names


def _parsed(columns: tuple[str, ...], rows: int, rejects: Rejects) -> Parsed:
    warnings = () if rows or rejects else ("has a header but no records",)
    return Parsed(tuple(Column(name=column, type="VARCHAR") for column in columns), rows, rejects.all(), warnings)


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


def _read_carefully(records: Iterator[Record], columns: tuple[str, ...], part: Path, rejects: Rejects) -> int:
    """Write what can be split and set the rest aside."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column, pa.string()) for column in columns])
    rows = 0
    kept = _kept(records, len(columns), rejects)
    with told(part), pq.ParquetWriter(part, schema, compression="snappy", version="2.6") as writer:
        while batch := list(islice(kept, _BATCH)):
            arrays = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            rows += len(batch)
    return rows


def _kept(records: Iterator[Record], width: int, rejects: Rejects) -> Iterator[Fields]:
    number = 0
    for record in records:
        if width == 1 and record.fields and record.fields.count(None) == len(record.fields):
            continue
        number += 1
        fields = fit(record.fields, width)
        if fields:
            yield fields
        else:
            rejects.add(number, record.fault or misfit(record.fields, width), record.raw)
