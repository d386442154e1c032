"""The files that a table can be downloaded as: CSV, CSV for spreadsheets and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from medallion.export.spreadsheet_csv import BOM, without_formula
from medallion.query.column_types import Kind
from medallion_panel.blocks.block_context import BlockContext

Batches = Iterable[Sequence[Mapping[str, Any]]]


def file_name(table: str) -> str:
    """A table's name as a file name without an extension."""
    return re.sub(r"[^\w.-]+", "_", table).strip("._") or "table"


def csv_file(
    batches: Batches, columns: Sequence[str], cell: Callable[[Any], Any] = lambda value: value
) -> io.BytesIO:
    """A CSV file with a header; `cell` converts every value, and every name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell(name) for name in columns])
    for batch in batches:
        writer.writerows([cell(_flat(row[name])) for name in columns] for row in batch)
    return io.BytesIO(text.getvalue().encode())


def spreadsheet_file(batches: Batches, columns: Sequence[str]) -> io.BytesIO:
    """A CSV file for spreadsheets: with a byte order mark, and with formulas escaped as texts."""
    return io.BytesIO(BOM + csv_file(batches, columns, without_formula).getvalue())


def parquet_file(
    batches: Batches, context: BlockContext, table: str, columns: Sequence[str]
) -> io.BytesIO:
    """A Parquet file; nested values are JSON texts in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "integer": pa.int64(),
        "float": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "bytes": pa.binary(),
        "timestamp": pa.timestamp("us"),
    }
    kinds = context.store.kinds(table)

    def type_of(kind: Kind) -> pa.DataType:
        if kind.name == "decimal":
            return pa.decimal128(38, kind.scale)
        return pa.timestamp("us", "UTC") if kind.zoned else types.get(kind.name, pa.string())

    schema = pa.schema([(name, type_of(kinds[name])) for name in columns])
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema) as writer:
        for batch in batches:
            rows = [{name: _flat(row[name]) for name in columns} for row in batch]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    file.seek(0)
    return file


def _flat(value: Any) -> Any:
    """A nested value as JSON, any other unchanged."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value
