"""Reading the objects of a clean JSON file with DuckDB, in the types that their values need."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from medallion.contracts import Parsed, literal
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.column_names import check_names
from medallion.formats.json_numbers import has_inexact, quote_inexact
from medallion.formats.json_structure import TOO_DEEP, structure
from medallion.formats.json_types import (
    column_types,
    cut,
    exact_numbers,
    holds,
    looked_at,
    mixed,
    source_types,
    widened,
)
from medallion.formats.text_lines import MAX_RECORD
from medallion.plural import count_of
from medallion.records import Column
from medallion.records.column_type import ColumnType, decided
from medallion.sql.duckdb_types import duckdb_type

if TYPE_CHECKING:
    from medallion.contracts import Connection

Shape = Literal["newline_delimited", "array"]


class NoObjectsError(Exception):
    """Some of the values are not objects that DuckDB can read."""


def read_objects(text: Path, shape: Shape, name: str, part: Path, connection: Connection) -> Parsed:
    """Write the objects of a file, in order. Raises NoObjectsError if there are other values."""
    import duckdb

    path = literal(glob.escape(str(text)))
    file = f"{path}, format={literal(shape)}, maximum_object_size={MAX_RECORD}"
    objects = f"read_json_objects({file}, hive_partitioning=false)"
    keys = _keys(file, text.stat().st_size, name, connection)
    check_names(name, tuple(keys))
    keys = {column: cut(kind) for column, kind in keys.items()}
    if holds(keys, "DOUBLE", "JSON", "TEXT") and has_inexact(objects, connection):
        return _read_inexact(text, shape, name, keys, part, connection)
    keys = looked_at(keys, objects, connection)

    types = column_types(keys)
    try:
        try:
            rows = _write(file, types, part, connection)
        except duckdb.InvalidInputException:  # integers beyond BIGINT
            types = column_types(widened(keys, objects, connection))
            rows = _write(file, types, part, connection)
    except duckdb.InvalidInputException as error:  # a duplicate key in an object
        raise NoObjectsError(_reason(error)) from None
    sources = source_types(keys)
    columns = tuple(
        Column(name=column, type=str(type_), source_type=sources.get(column, ""))
        for column, type_ in types.items()
    )
    return Parsed(columns, rows, warnings=tuple(mixed(keys)))


def _write(file: str, types: Mapping[str, ColumnType], part: Path, connection: Connection) -> int:
    columns = ", ".join(
        f"{literal(column)}: {literal(duckdb_type(decided(type_)))}"
        for column, type_ in types.items()
    )
    options = "auto_detect=false, records=true, hive_partitioning=false"
    query = f"from read_json({file}, {options}, columns={{{columns}}})"
    return parquet_file.write(query, part, connection)


def _read_inexact(
    text: Path,
    shape: Shape,
    name: str,
    keys: Mapping[str, Any],
    part: Path,
    connection: Connection,
) -> Parsed:
    """Read a file whose numbers that a DOUBLE would change are texts; `keys` is its structure."""
    copy = part.with_name(f"{part.name}.numbers")
    try:
        count = quote_inexact(text, copy)
        parsed = read_objects(copy, shape, name, part, connection)
    finally:
        copy.unlink(missing_ok=True)
    types = {column: str(type_) for column, type_ in column_types(keys).items()}
    numbers = source_types({column: exact_numbers(kind) for column, kind in keys.items()})
    columns = tuple(
        column.model_copy(update={"source_type": numbers.get(column.name, column.source_type)})
        if column.type != types[column.name]
        else column
        for column in parsed.columns
    )
    numbers_with = f"{count_of(count, 'number')} with more digits than a float64 keeps"
    warning = f"{numbers_with}; such columns were read as text"
    return replace(parsed, columns=columns, warnings=(warning, *parsed.warnings))


def _keys(file: str, size: int, name: str, connection: Connection) -> dict[str, Any]:
    """The types of the keys of all objects. Raises NoObjectsError if there are other values."""
    import duckdb

    try:
        content = structure(file, size, connection)
    except duckdb.InvalidInputException as error:
        raise NoObjectsError(_reason(error)) from None
    total = f"of its {count_of(content.values, 'value')}"
    if content.deep:
        verb = "is" if content.deep == 1 else "are"
        raise NoObjectsError(f"{content.deep:,} {total} {verb} {TOO_DEEP}")
    if content.others:
        verb = "is not a JSON object" if content.others == 1 else "are not JSON objects"
        raise NoObjectsError(f"{content.others:,} {total} {verb}")
    if not isinstance(content.types, dict) or not content.types:
        raise SourceError(f"{name}: has no object with a key", hint="remove it from `source`")
    return content.types


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(", ")[2].strip()
