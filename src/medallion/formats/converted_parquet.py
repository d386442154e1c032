"""Rows of another kind of file, read as the Parquet file that they are converted to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Parsed
from medallion.errors import SourceError
from medallion.formats.column_names import check_names
from medallion.formats.parquet import Parquet
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.records import Column
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from medallion.contracts import Connection


def parse_converted(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    rejects: UnreadableRecords,
    target: Path,
    connection: Connection,
) -> Parsed:
    """Write the rows of `batches`; the result is that of a Parquet file with them.

    Raises SourceError if most records are rejected.
    """
    name = rejects.name
    _check(schema, name)
    with _copy(name, target, batches, schema) as copy:
        parsed = Parquet().parse(copy, name, target, connection)
    if len(rejects) > parsed.rows:
        target.unlink()
        number, reason, _ = rejects.all()[0]
        raise SourceError(
            f"{name}: {len(rejects):,} of its {parsed.rows + len(rejects):,} records cannot be "
            f"read; record {number}: {reason}",
            hint="write the file again",
        )
    return replace(parsed, rejects=rejects.all(), warnings=() if len(rejects) else parsed.warnings)


def converted_columns(
    schema: pa.Schema, name: str, scratch: Path, connection: Connection
) -> tuple[Column, ...]:
    """The columns of a file with this schema."""
    _check(schema, name)
    with _copy(name, scratch, (), schema) as copy:
        return Parquet().columns_of(copy, name, scratch, connection)


def _check(schema: pa.Schema, name: str) -> None:
    if not schema.names:
        raise SourceError(f"{name}: has no columns", hint="remove it from `source`")
    check_names(name, schema.names)


@contextmanager
def _copy(
    name: str, target: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema
) -> Iterator[Path]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    copy = target.with_name(f"{target.name}.converted")
    with storage_errors(copy):
        copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            with storage_errors(copy), pq.ParquetWriter(copy, schema, version="2.6") as writer:
                for batch in batches:
                    writer.write_batch(batch)
        except pa.ArrowNotImplementedError as error:
            raise SourceError(
                f"{name}: has a column that cannot be read: {error}",
                hint="write it as text",
            ) from error
        yield copy
    finally:
        copy.unlink(missing_ok=True)
