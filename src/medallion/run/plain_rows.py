"""Plain copies: the rows of a snapshot as one Parquet file, for programs that know nothing of a lake.

A table of simple types is copied without the engine: a query for each would be most of the time that a rollback of many
small tables takes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, Input, Session
from medallion.sql.common_type import column_type
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS = 100_000  # of a row group

# DuckDB's types by what Arrow calls them, where it reads from a file what DuckDB would
_SIMPLE = {
    "BOOLEAN": "bool",
    "TINYINT": "int8",
    "SMALLINT": "int16",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "UTINYINT": "uint8",
    "USMALLINT": "uint16",
    "UINTEGER": "uint32",
    "UBIGINT": "uint64",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "DATE": "date32[day]",
    "TIMESTAMP": "timestamp[us]",
}


def write_copy(
    source: Input, target: Path, session: Callable[[], AbstractContextManager[Session]]
) -> None:
    """Write the rows of a snapshot to a local file; `session` gives the engine's, where it is needed."""
    files = source.snapshot.files
    file = None
    if len(files) == 1 and files[0].path.endswith(".parquet"):
        file = verified(source.storage, [Stored.of(files[0])])[0]
    if file and not source.snapshot.origins:
        shutil.copyfile(file, target)
    elif not (file and _copied(source, file, target)):
        import pyarrow.parquet as pq

        with session() as engine:
            batches = engine.batches(source, ROWS)
            with pq.ParquetWriter(target, batches.schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)


def _copied(source: Input, file: Path, target: Path) -> bool:
    """Copy the file without the origins of its rows, and return whether its types allow that."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as reader:
        schema = _schema(source, reader)
        if schema is None:
            return False
        with pq.ParquetWriter(target, schema) as writer:
            for batch in reader.iter_batches(ROWS, columns=schema.names):
                writer.write_batch(batch.select(schema.names).cast(schema))
    return True


def _schema(source: Input, reader: pq.ParquetFile) -> pa.Schema | None:
    """The columns of a copy; None when the engine would read the file as other columns or types."""
    import pyarrow as pa

    columns = {column.name: _arrow_name(column.type) for column in source.snapshot.columns}
    fields = [field for field in reader.schema_arrow if field.name != ORIGIN]
    if {field.name: str(field.type) for field in fields} != columns or len(fields) != len(columns):
        return None
    types = {field.name: field.type for field in fields}
    return pa.schema([pa.field(name, types[name]) for name in columns])


def _arrow_name(type_: str) -> str:
    logical = column_type(type_)
    if logical.name == "DECIMAL":
        return f"decimal128({logical.precision}, {logical.scale})"
    return _SIMPLE.get(logical.name, "")
