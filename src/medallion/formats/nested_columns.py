"""Structs as columns of their own: `{address: {city: …}}` as `address_city`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Parsed, quote
from medallion.formats import parquet_file
from medallion.formats.column_names import check_names
from medallion.records import Column
from medallion.records.column_type import ColumnType, column_type
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection

_BETWEEN = "_"  # the names of a field and of the column around it


def flatten(parsed: Parsed, name: str, part: Path, connection: Connection) -> Parsed:
    """Write the records of `part` again with a column for each field of a struct, at any depth.

    Lists remain. Raises SourceError if two columns have the same name then.
    """
    columns: list[Column] = []
    values: list[str] = []
    for column in parsed.columns:
        source = column_type(column.source_type) if column.source_type else None
        for label, value, type_, in_file in _fields(
            column.name, quote(column.name), column_type(column.type), source
        ):
            columns.append(Column(name=label, type=str(type_), source_type=in_file))
            values.append(f"{value} as {quote(label)}")
    if columns == list(parsed.columns):
        return parsed
    check_names(name, [column.name for column in columns], ", or omit `flatten`")
    flat = part.with_name(f"{part.name}.flat")
    try:
        parquet_file.write(
            f"select {', '.join(values)} from {parquet_file.scan(part)}", flat, connection
        )
        with storage_errors(part):
            flat.replace(part)
    finally:
        flat.unlink(missing_ok=True)
    return replace(parsed, columns=tuple(columns))


def _fields(
    label: str, value: str, type_: ColumnType, source: ColumnType | None
) -> Iterator[tuple[str, str, ColumnType, str]]:
    """Name, SQL, type and type in the file of each field of a column, or of the column itself."""
    if type_.name != "struct" or not type_.items:
        yield label, value, type_, str(source) if source else ""
        return
    sources = dict(source.items) if source and source.name == "struct" else {}
    for name, field in type_.items:
        yield from _fields(
            f"{label}{_BETWEEN}{name}", f"{value}.{quote(name)}", field, sources.get(name)
        )
