"""The `parquet` layer: each snapshot is an immutable Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts import ORIGIN, ROW, Layer, keep_file, literal, local_files, quote, viewed
from medallion.records import File, Snapshot
from medallion.records.column_type import ColumnType, column_type
from medallion.sql.duckdb_types import MAX_DIGITS, duckdb_type, types_of
from medallion.storage import Storage

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class ParquetLayer(Layer):
    """Stores each snapshot as a Parquet file that is written once and never changed.

    `path` is the layer's folder or URL, by default the folder of its name in the lake; `retain` is
    the number of releases whose snapshots are kept; `compression` is that of the Parquet files.

    ```yaml
    layers:
      silver: parquet
      gold: {type: parquet, retain: 10, compression: zstd}
    ```
    """

    name: ClassVar[str] = "parquet"

    compression: Literal["snappy", "zstd", "lz4", "gzip", "uncompressed"] = "snappy"

    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        part = scratch / "part-0.parquet"
        columns = [
            _cast(name, type_, _stored(type_))
            for name, type_ in types_of(rows).items()
            if name != ROW
        ]
        ((count,),) = connection.execute(
            f"copy (select {', '.join(columns)} from {viewed(rows)}) to {literal(str(part))} "
            f"(format parquet, compression {self.compression}, parquet_version v2)"
        ).fetchall()
        return [keep_file(storage, f"{folder}/{part.name}", part, count)]

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        paths = ", ".join(literal(str(path)) for path in local_files(storage, snapshot))
        files = connection.sql(f"from read_parquet([{paths}])")
        origin = ORIGIN if ORIGIN in files.columns else f"null::bigint as {ORIGIN}"
        types = {column.name: column_type(column.type) for column in snapshot.columns}
        columns = ", ".join(_cast(name, _stored(type_), type_) for name, type_ in types.items())
        position = ORIGIN if snapshot.identified else "(file_index::bigint << 40) | file_row_number"
        return connection.sql(
            f"select {position} as {ROW}, {origin}, {columns} from read_parquet([{paths}])"
        )


def _cast(name: str, source: ColumnType, target: ColumnType) -> str:
    value = f"cast({quote(name)} as {duckdb_type(target)})"
    return quote(name) if source == target else f"{value} as {quote(name)}"


def _stored(type_: ColumnType) -> ColumnType:
    """The type that Parquet keeps: DuckDB writes integers of 128 bits as DOUBLE."""
    return type_.map_leaves(
        lambda leaf: (
            ColumnType("decimal", MAX_DIGITS) if leaf.name in ("int128", "uint128") else leaf
        )
    )
