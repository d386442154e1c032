"""Writing and reading the Parquet files that hold the records of source files."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal, quote
from medallion.errors import StorageError
from medallion.records import Column
from medallion.records.column_type import ColumnType
from medallion.sql.duckdb_types import columns_of, types_of

if TYPE_CHECKING:
    from medallion.contracts import Connection

_NANOSECONDS = "timestamptz(ns)"


def write(query: str, part: Path, connection: Connection) -> int:
    """Write a query's rows in order; their number. Raises StorageError if writing fails."""
    import duckdb

    options = "format parquet, compression snappy, parquet_version v2"
    copy = f"copy ({query}) to {literal(str(part))} ({options})"
    try:
        return int(connection.execute(copy).fetchall()[0][0])
    except duckdb.IOException as error:
        if part.name not in str(error):
            raise
        raise StorageError(
            f"{part}: cannot be written: {error}",
            hint="check the free disk space and the permissions; nothing was published",
        ) from error


def scan(path: Path) -> str:
    """SQL of all rows of one file. Its path is not a pattern, and adds no partition columns."""
    return f"read_parquet({literal(glob.escape(str(path)))}, hive_partitioning=false)"


def zoned_nanoseconds(path: Path, connection: Connection) -> dict[str, ColumnType]:
    """The columns with timestamps in nanoseconds with a time zone, and their types."""
    types = types_of(connection.sql(f"from {scan(path)}"))
    return {name: type_ for name, type_ in types.items() if _has_zoned_nanoseconds(type_)}


def cut_to_microseconds(types: Mapping[str, ColumnType]) -> list[str]:
    """SQL that truncates such columns to microseconds: DuckDB cannot compute with nanoseconds."""
    return [f"{_cut(quote(name), type_)} as {quote(name)}" for name, type_ in types.items()]


def _has_zoned_nanoseconds(type_: ColumnType) -> bool:
    return _NANOSECONDS in {leaf.name for leaf in type_.leaves()}


def _cut(value: str, type_: ColumnType, depth: int = 0) -> str:
    """SQL of a value with its nanoseconds truncated (not rounded), also inside nested values.

    `depth` numbers the parameters of nested lambdas.
    """
    if not _has_zoned_nanoseconds(type_):
        return value
    parameter = f"_item_{depth}"
    match type_.name:
        case "list":
            item = _cut(parameter, type_.items[0][1], depth + 1)
            return f"list_transform({value}, lambda {parameter}: {item})"
        case "struct":
            parts = {name: f"struct_extract({value}, {literal(name)})" for name, _ in type_.items}
            fields = ", ".join(
                f"{quote(name)} := {_cut(parts[name], field, depth)}" for name, field in type_.items
            )
            return f"case when {value} is not null then struct_pack({fields}) end"
        case "map":
            key, item = (_cut(f"{parameter}.{name}", part, depth + 1) for name, part in type_.items)
            pair = f"struct_pack(k := {key}, v := {item})"
            entries = f"list_transform(map_entries({value}), lambda {parameter}: {pair})"
            return f"map_from_entries({entries})"
    # `%` has the sign of its left side: the second one makes the remainder positive before 1970.
    number = f"epoch_ns({value})"
    return f"make_timestamptz(({number} - ({number} % 1000 + 1000) % 1000) // 1000)"


def columns(path: Path, connection: Connection) -> tuple[Column, ...]:
    """The columns of a file as DuckDB reads them."""
    return columns_of(types_of(connection.sql(f"from {scan(path)}")))
