"""The `parquet` layer: each snapshot an immutable Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts import ORIGIN, ROW, Layer, keep_file, literal, local_files, quote, viewed
from medallion.records import File, Snapshot
from medallion.sql.common_type import ColumnType, column_type, stored
from medallion.storage import Storage

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class ParquetLayer(Layer):
    """Keeps each snapshot as Parquet, written once and never changed.

    `path` is a folder or URL of the layer's own, by default the lake's folder of its name; `retain` is the number
    of releases whose snapshots stay; `compression` is that of the Parquet files.

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
            _cast(name, type_, stored(type_))
            for name, type_ in zip(
                rows.columns, map(column_type, map(str, rows.types)), strict=True
            )
            if name != ROW
        ]
        written = connection.execute(
            f"copy (select {', '.join(columns)} from {viewed(rows)}) to {literal(str(part))} "
            f"(format parquet, compression {self.compression}, parquet_version v2)"
        ).fetchall()
        return [keep_file(storage, f"{folder}/{part.name}", part, written[0][0])]

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        paths = ", ".join(literal(str(path)) for path in local_files(storage, snapshot))
        files = connection.sql(f"from read_parquet([{paths}])")
        origin = ORIGIN if ORIGIN in files.columns else f"null::bigint as {ORIGIN}"
        types = {column.name: column_type(column.type) for column in snapshot.columns}
        columns = ", ".join(_cast(name, stored(type_), type_) for name, type_ in types.items())
        position = ORIGIN if snapshot.identified else "(file_index::bigint << 40) | file_row_number"
        return connection.sql(
            f"select {position} as {ROW}, {origin}, {columns} from read_parquet([{paths}])"
        )


def _cast(name: str, source: ColumnType, target: ColumnType) -> str:
    return quote(name) if source == target else f"cast({quote(name)} as {target}) as {quote(name)}"
