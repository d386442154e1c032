"""Parquet's statistics of the values in a column of a source file's records."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.contracts import ORIGIN, literal
from medallion.records import SourceFile
from medallion.records.column_type import column_type
from medallion.run.source_matches import SourceTable
from medallion.sql.row_ids import FILE_BITS

if TYPE_CHECKING:
    import pyarrow.parquet as pq


def chunks_of(table: SourceTable, file: SourceFile, name: str) -> list[list[Any]]:
    """Parquet's metadata of each leaf of a column, by row group.

    Of a file that shares its records, they are those of all these files.
    """
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(table.storage.local(file.records))
    return _chunks(metadata, file, name, 1 if file.shared_by > 1 else 0)


def own_chunks_of(table: SourceTable, file: SourceFile, name: str) -> list[list[Any]]:
    """The same, of the records of this file alone."""
    import duckdb
    import pyarrow.parquet as pq

    if file.shared_by == 1:
        return chunks_of(table, file, name)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        target = Path(folder) / "records.parquet"
        source = literal(str(table.storage.local(file.records)))
        query = (
            f"select * exclude ({ORIGIN}) from read_parquet({source}) "
            f"where {ORIGIN} >> {FILE_BITS} = {file.place}"
        )
        options = "format parquet, parquet_version v2"
        connection.execute(f"copy ({query}) to {literal(str(target))} ({options})").fetchall()
        return _chunks(pq.read_metadata(target), file, name, 0)


def _chunks(
    metadata: pq.FileMetaData, file: SourceFile, name: str, reserved: int
) -> list[list[Any]]:
    """The chunks of a column in a Parquet file whose first columns are `reserved` ones."""
    columns = {column.name: column_type(column.type) for column in file.columns}
    widths = {column: len(type_.leaves()) for column, type_ in columns.items()}
    if metadata.num_columns != reserved + sum(widths.values()):
        return []
    before = list(columns)[: list(columns).index(name)]
    first = reserved + sum(widths[column] for column in before)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [
        [group.column(place) for group in groups] for place in range(first, first + widths[name])
    ]
