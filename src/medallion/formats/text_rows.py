"""Writing records of texts to a Parquet file, in batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

TextRow = Sequence[str | int | None]

_ROWS = 20_000  # of a batch
_CHARACTERS = 32 << 20  # of a batch


def write_rows(
    rows: Iterable[TextRow], columns: Sequence[str], part: Path, integers: Sequence[str] = ()
) -> int:
    """Write rows in order, with a text per column; their number. `integers` are int64 columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = [pa.int64() if column in integers else pa.string() for column in columns]
    schema = pa.schema(zip(columns, types, strict=True))
    count = 0
    with (
        storage_errors(part),
        pq.ParquetWriter(part, schema, compression="snappy", version="2.6") as writer,
    ):
        for batch in _batches(rows):
            writer.write_batch(_record_batch(batch, schema))
            count += len(batch)
    return count


def _batches(rows: Iterable[TextRow]) -> Iterator[list[TextRow]]:
    batch: list[TextRow] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row if isinstance(value, str))
        if len(batch) >= _ROWS or size >= _CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _record_batch(rows: list[TextRow], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    values = zip(*rows, strict=True)
    arrays = [pa.array(each, field.type) for each, field in zip(values, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
