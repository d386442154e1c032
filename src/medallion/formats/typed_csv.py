"""The CSV format of pulled tables: three rows of names and types, then records as text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Format, Parsed, quote
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.column_names import check_names
from medallion.formats.csv_duckdb import survey, write_csv
from medallion.formats.csv_records import Dialect, Fields, Splitter
from medallion.formats.text_file import check_readable, whole
from medallion.formats.text_rows import write_rows
from medallion.records import Column
from medallion.records.column_type import TEXT, ColumnType, column_type, unknown
from medallion.sql.duckdb_types import duckdb_type

if TYPE_CHECKING:
    from medallion.contracts import Connection

NULL = r"\N"  # of the only column of a table, where an empty line would be no record
_HEADER_ROWS = 3
_NOT_IN_PARQUET = {"int128", "uint128"}
_MOMENTS = ("date", "timestamp", "timestamptz")
_READABLE = "pull it again, by medallion run --full"


class TypedCsv(Format):
    """A CSV file that says the types of its columns: as databases are pulled into.

    The first row has the names of the columns, the second their types, such as `int64`,
    `decimal(12,2)`, `timestamptz` or `list<text>`, the third their types in the database. An empty
    field without quotes is null; where a table has one column, `\\N` without quotes is. Bytes are
    hexadecimal, `\\x00ff`, and lists are JSON arrays of texts. A column with a value that its type
    cannot have, such as a date before Christ, is text, as the database wrote it.

    ```yaml
    tables:
      bronze:
        orders: {source: "exports/*.csv", format: typed_csv}
    ```
    """

    name: ClassVar[str] = "typed_csv"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = (".typed.csv",)

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        file = _TypedFile(source, name, _header(source, name), connection)
        with whole(target) as part:
            types = dict(file.header.types)
            rows = file.write(types, part)
            if rows is None:
                types, rows = file.write_fitting(part)
        warnings = tuple(
            f"column {column!r} is text: it has a value that {type_} cannot have"
            for column, type_ in file.header.types.items()
            if types[column] != type_
        )
        return Parsed(file.header.columns(types), rows, warnings=warnings)


@dataclass(frozen=True)
class _TypedHeader:
    """The columns by name, with their logical types and those of the database, and their lines."""

    types: Mapping[str, ColumnType]
    sources: Mapping[str, str]
    lines: int

    @property
    def dialect(self) -> Dialect:
        return Dialect(",", '"', nulls=(NULL,) if len(self.types) == 1 else ())

    def columns(self, types: Mapping[str, ColumnType]) -> tuple[Column, ...]:
        """The columns, read as these types."""
        return tuple(
            Column(
                name=name,
                type=str(type_),
                source_type=self.sources[name] if type_ == TEXT else "",
            )
            for name, type_ in types.items()
        )


@dataclass(frozen=True)
class _TypedFile:
    """A file whose records are written to Parquet files."""

    text: Path
    name: str
    header: _TypedHeader
    connection: Connection

    def write(self, types: Mapping[str, ColumnType], part: Path) -> int | None:
        """Write the records with these types; their number, None if a value does not fit."""
        dialect = self.header.dialect
        columns = dict.fromkeys(self.header.types, "VARCHAR")
        place = ["header=false", f"skip={self.header.lines}"]
        if survey(self.text, dialect) is None:  # a lone carriage return, in a quoted field
            place.append("parallel=false")
        selected = _selected(types)
        return write_csv(
            self.text, columns, dialect, part, self.connection, *place, selected=selected
        )

    def write_fitting(self, part: Path) -> tuple[dict[str, ColumnType], int]:
        """Write the records, with text for each column with a value that does not fit its type."""
        copy = part.with_name(f"{part.name}.text")
        try:
            texts = dict.fromkeys(self.header.types, TEXT)
            if self.write(texts, copy) is None:
                write_rows(self._records(), list(texts), copy)
            rows = parquet_file.scan(copy)
            fits = ", ".join(
                f"coalesce(bool_and({_fits(*column)}), true)"
                for column in self.header.types.items()
            )
            fitting = self.connection.execute(f"select {fits} from {rows}").fetchall()[0]
            types = {
                column: type_ if fits else TEXT
                for (column, type_), fits in zip(self.header.types.items(), fitting, strict=True)
            }
            query = f"select {_selected(types)} from {rows} order by file_row_number"
            return types, parquet_file.write(query, part, self.connection)
        finally:
            copy.unlink(missing_ok=True)

    def _records(self) -> Iterator[Fields]:
        """The records, split one by one. Raises SourceError for one that is not complete."""
        width = len(self.header.types)
        for number, record in enumerate(
            Splitter(self.text, self.name, self.header.dialect, self.header.lines), 1
        ):
            if record.fields is None or len(record.fields) != width:
                fault = record.fault or f"{len(record.fields or ())} fields instead of {width}"
                raise SourceError(f"{self.name}: record {number}: {fault}", hint=_READABLE)
            yield record.fields


def _header(source: Path, name: str) -> _TypedHeader:
    """The first rows of a file. Raises SourceError when they are not names and types."""
    check_readable(source, name)
    with source.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        rows = [row for _, row in zip(range(_HEADER_ROWS), reader, strict=False)]
    if len(rows) < _HEADER_ROWS or len({len(row) for row in rows}) > 1 or not rows[0]:
        raise SourceError(
            f"{name}: its first rows are not the names and types of its columns",
            hint="declare `format: csv`, or that of the file",
        )
    names, types, sources = rows
    check_names(name, names, "; in a query, by `as`")
    for column, type_ in zip(names, types, strict=True):
        parts = unknown(column_type(type_)) or {type_} & _NOT_IN_PARQUET
        for part in parts:
            raise SourceError(f"{name}: column {column!r} has an unknown type, {part}")
    return _TypedHeader(
        dict(zip(names, map(column_type, types), strict=True)),
        dict(zip(names, sources, strict=True)),
        reader.line_num,
    )


def _selected(types: Mapping[str, ColumnType]) -> str:
    """SQL of the columns from their texts; an error for a text that a type cannot have."""
    columns = []
    for column, type_ in types.items():
        name, value = quote(column), _value(quote(column), type_)
        if misread := _misread(name, type_):
            value = f"case when {misread} then error({name}) else {value} end"
        columns.append(f"{value} as {name}")
    return ", ".join(columns)


def _fits(column: str, type_: ColumnType) -> str:
    """SQL of whether a type can have the text of a column."""
    name = quote(column)
    fits = f"{name} is null or try({_value(name, type_)}) is not null"
    misread = _misread(name, type_)
    return f"({fits}) and ({misread}) is not true" if misread else fits


def _value(text: str, type_: ColumnType) -> str:
    """SQL of a value of a type from its text."""
    match type_.name:
        case "text":
            return text
        case "binary":
            return f"unhex(substr({text}, 3))"
        case "list":
            item = _value("_item", type_.items[0][1])
            return f"list_transform({text}::json::varchar[], lambda _item: {item})"
    return f"{text}::{duckdb_type(type_)}"


def _misread(text: str, type_: ColumnType) -> str:
    """SQL of whether DuckDB reads a text as another value, without an error; empty if it does not.

    It ignores the mark of years before Christ after a time, and takes inner lists for texts. The
    end of a day, 24:00, is a time for it, but for nothing that the time comes to later.
    """
    if type_.name == "list":
        inner = _misread(text, type_.items[0][1])
        return f"{text} like '[[%'" + (f" or {inner}" if inner else "")
    if type_.name == "time":
        return f"regexp_matches({text}, '(^|\")24')"
    return f"contains({text}, ' BC')" if type_.name in _MOMENTS else ""
