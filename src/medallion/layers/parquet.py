"""The `parquet` layer: each snapshot is an immutable Parquet file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts import ORIGIN, ROW, Layer, keep_file, literal, local_files, quote
from medallion.records import File, Partition, Snapshot
from medallion.records.column_type import ColumnType, column_type
from medallion.sql.duckdb_types import MAX_DIGITS, duckdb_type, types_of
from medallion.sql.relations import subquery
from medallion.sql.row_ids import within_table
from medallion.storage import Storage
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


# DuckDB writes integers of 128 bits as DOUBLE, and reads moments of seconds as others: each is
# stored as a type that has all its values.
STORED: Mapping[str, ColumnType] = {
    **dict.fromkeys(("int128", "uint128"), ColumnType("decimal", MAX_DIGITS)),
    **dict.fromkeys(("timestamp(s)", "timestamp(ms)"), ColumnType("timestamp")),
}


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
    parquet_version: ClassVar[str] = "v2"

    compression: Literal["snappy", "zstd", "lz4", "gzip", "uncompressed"] = "snappy"

    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        part = scratch / "part-0.parquet"
        columns = [
            _cast(name, type_, type_.map_leaves(self.stored_type))
            for name, type_ in types_of(rows).items()
            if name != ROW
        ]
        ((count,),) = connection.execute(
            f"copy (select {', '.join(columns)} from {subquery(rows)}) to {literal(str(part))} "
            f"(format parquet, compression {self.compression}, "
            f"parquet_version {self.parquet_version})"
        ).fetchall()
        return [keep_file(storage, f"{folder}/{part.name}", part, count)]

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        paths = ", ".join(literal(str(path)) for path in local_files(storage, snapshot))
        files = connection.sql(f"from read_parquet([{paths}])")
        origin = ORIGIN if ORIGIN in files.columns else f"null::bigint as {ORIGIN}"
        position = ORIGIN if snapshot.identified else "(file_index::bigint << 40) | file_row_number"
        columns = self._columns(snapshot)
        return connection.sql(
            f"select {position} as {ROW}, {origin}, {columns} from read_parquet([{paths}])"
        )

    def read_partitions(
        self,
        storage: Storage,
        snapshot: Snapshot,
        partitions: Sequence[Partition],
        connection: Connection,
    ) -> Relation:
        # One scan of all files is bound and distributed better than one scan of each.
        files = [(file, part.numbers) for part in partitions for file in part.files]
        local = verified(storage, [Stored.of(file) for file, _ in files])
        paths = ", ".join(literal(str(path)) for path in local)
        origin = within_table(snapshot.origins[0].number, [numbers for _, numbers in files])
        return connection.sql(
            f"select {origin} as {ROW}, {origin} as {ORIGIN}, {self._columns(snapshot)} "
            f"from read_parquet([{paths}])"
        )

    def stored_type(self, leaf: ColumnType) -> ColumnType:
        """The type of a value in the files; it is cast back when they are read."""
        return STORED.get(leaf.name, leaf)

    def _columns(self, snapshot: Snapshot) -> str:
        types = {column.name: column_type(column.type) for column in snapshot.columns}
        return ", ".join(
            _cast(name, type_.map_leaves(self.stored_type), type_) for name, type_ in types.items()
        )


def _cast(name: str, source: ColumnType, target: ColumnType) -> str:
    value = f"cast({quote(name)} as {duckdb_type(target)})"
    return quote(name) if source == target else f"{value} as {quote(name)}"
