"""The files that a table can be downloaded as: CSV, CSV for spreadsheets, Excel and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.export.spreadsheet_csv import BOM, without_formula
from medallion.export.xlsx import write_sheet
from medallion.query.column_types import Kind
from medallion_panel.blocks.block_context import BlockContext, is_missing

if TYPE_CHECKING:
    import pyarrow as pa

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
    import pyarrow.parquet as pq

    schema = _schema(context, table, columns)
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema) as writer:
        for batch in _record_batches(batches, schema):
            writer.write_batch(batch)
    file.seek(0)
    return file


def xlsx_file(
    batches: Batches, context: BlockContext, table: str, columns: Sequence[str]
) -> io.BytesIO:
    """An Excel workbook with numbers, dates and times as such; no text is a formula in it.

    Times with a time zone are in UTC, nested values are JSON texts. Raises DataError when a sheet
    or a cell cannot hold what there is.
    """
    schema = _schema(context, table, columns)
    return _xlsx(columns, _record_batches(batches, schema))


def values_xlsx(columns: Mapping[str, Sequence[Any]]) -> io.BytesIO:
    """An Excel workbook of values by the names of their columns, typed by the values.

    Raises DataError as `xlsx_file` does.
    """
    import pyarrow as pa

    arrays = [_array([_flat(value) for value in values]) for values in columns.values()]
    return _xlsx(list(columns), [pa.RecordBatch.from_arrays(arrays, names=list(columns))])


def _xlsx(columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> io.BytesIO:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "rows.xlsx"
        write_sheet(target, list(columns), batches)
        return io.BytesIO(target.read_bytes())


def _array(values: Sequence[Any]) -> pa.Array:
    """An Arrow array without NaN; of texts where no type of Arrow has all values."""
    import pyarrow as pa

    values = [None if is_missing(value) else value for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])


def _schema(context: BlockContext, table: str, columns: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

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

    return pa.schema([(name, type_of(kinds[name])) for name in columns])


def _record_batches(batches: Batches, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for batch in batches:
        rows = [{name: _flat(row[name]) for name in schema.names} for row in batch]
        yield pa.RecordBatch.from_pylist(rows, schema)


def _flat(value: Any) -> Any:
    """A nested value as JSON, any other unchanged."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value
