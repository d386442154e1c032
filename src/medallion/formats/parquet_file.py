"""Writing and reading the Parquet files that sources are turned into."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal, quote
from medallion.errors import StorageError
from medallion.records import Column
from medallion.sql.common_type import ColumnType, column_type

if TYPE_CHECKING:
    from medallion.contracts import Connection

_NANOSECONDS = "TIMESTAMPTZ_NS"


def write(query: str, part: Path, connection: Connection) -> int:
    """Write a query's rows, in order, and count them. Raises StorageError when it is the writing that fails."""
    import duckdb

    copy = f"copy ({query}) to {literal(str(part))} (format parquet, compression snappy, parquet_version v2)"
    try:
        return int(connection.execute(copy).fetchall()[0][0])
    except duckdb.IOException as error:
        if part.name not in str(error):
            raise
        raise StorageError(
            f"{part}: cannot be written: {error}",
            hint="check the space left and the rights; nothing was published",
        ) from error


def scan(path: Path) -> str:
    """SQL for all rows of one file; its path is no pattern and carries no columns."""
    return f"read_parquet({literal(glob.escape(str(path)))}, hive_partitioning=false)"


def zoned_nanoseconds(path: Path, connection: Connection) -> dict[str, ColumnType]:
    """The columns of a file that have timestamps in nanoseconds with a time zone, and their types."""
    types = {column.name: column_type(column.type) for column in columns(path, connection)}
    return {name: type_ for name, type_ in types.items() if _has_zoned_nanoseconds(type_)}


def cut_to_microseconds(types: Mapping[str, ColumnType]) -> list[str]:
    """SQL that replaces such columns by microseconds: DuckDB computes with no others."""
    return [f"{_cut(quote(name), type_)} as {quote(name)}" for name, type_ in types.items()]


def _has_zoned_nanoseconds(type_: ColumnType) -> bool:
    return _NANOSECONDS in {leaf.name for leaf in type_.leaves()}


def _cut(value: str, type_: ColumnType, depth: int = 0) -> str:
    """SQL of a value with its nanoseconds cut, never rounded, wherever they are in it."""
    if not _has_zoned_nanoseconds(type_):
        return value
    inside = f"_item_{depth}"
    match type_.name:
        case "LIST":
            return f"list_transform({value}, lambda {inside}: {_cut(inside, type_.items[0][1], depth + 1)})"
        case "STRUCT":
            fields = ", ".join(
                f"{quote(name)} := {_cut(f'struct_extract({value}, {literal(name)})', item, depth)}"
                for name, item in type_.items
            )
            return f"case when {value} is not null then struct_pack({fields}) end"
        case "MAP":
            key, item = (_cut(f"{inside}.{name}", part, depth + 1) for name, part in type_.items)
            pair = f"struct_pack(k := {key}, v := {item})"
            return (
                f"map_from_entries(list_transform(map_entries({value}), lambda {inside}: {pair}))"
            )
    number = f"epoch_ns({value})"
    return f"make_timestamptz(({number} - ({number} % 1000 + 1000) % 1000) // 1000)"


def columns(path: Path, connection: Connection) -> tuple[Column, ...]:
    """The columns of a file as DuckDB reads them."""
    described = connection.execute(f"describe from {scan(path)}").fetchall()
    return tuple(Column(name=row[0], type=row[1]) for row in described)
