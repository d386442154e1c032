"""Writing and reading the Parquet files that sources are turned into."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal, quote
from medallion.errors import StorageError
from medallion.records import Column

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
            f"{part}: cannot be written: {error}", hint="check the space left and the rights; nothing was published"
        ) from error


def scan(path: Path) -> str:
    """SQL for all rows of one file; its path is no pattern and carries no columns."""
    return f"read_parquet({literal(glob.escape(str(path)))}, hive_partitioning=false)"


def cut_to_microseconds(path: Path, connection: Connection) -> list[str]:
    """SQL that replaces columns of nanoseconds with a time zone by microseconds: DuckDB computes with no others."""
    return [
        f"{_cut(quote(column.name), column.type)} as {quote(column.name)}"
        for column in columns(path, connection)
        if _NANOSECONDS in column.type
    ]


def _cut(column: str, type_: str) -> str:
    if type_ != _NANOSECONDS:
        return f"cast({column} as {type_.replace(_NANOSECONDS, 'TIMESTAMP WITH TIME ZONE')})"
    number = f"epoch_ns({column})"
    return f"make_timestamptz(({number} - ({number} % 1000 + 1000) % 1000) // 1000)"


def columns(path: Path, connection: Connection) -> tuple[Column, ...]:
    """The columns of a file as DuckDB reads them."""
    described = connection.execute(f"describe from {scan(path)}").fetchall()
    return tuple(Column(name=row[0], type=row[1]) for row in described)
