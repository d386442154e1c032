"""Rows that a user edits in any program: a CSV file or an Excel workbook, written and read.

All cells are text. CSV is written for spreadsheets: with a byte order mark, and without formulas.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medallion.errors import CallError, DataError
from medallion.export.spreadsheet_csv import BOM, without_formula

Cells = Mapping[str, str | None]
ENDINGS = (".csv", ".xlsx")
DELIMITERS = ",;\t"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_ending(path: Path) -> None:
    """Raise CallError for a file that is neither CSV nor a workbook."""
    if path.suffix.lower() not in ENDINGS:
        raise CallError(f"{path}: unknown file extension", hint=f"choose one: {', '.join(ENDINGS)}")


def write_rows(rows: Sequence[Cells], target: Path) -> None:
    """Write rows with the same columns to a CSV file or a workbook, by the ending of its name."""
    check_ending(target)
    columns = list(rows[0]) if rows else []
    if target.suffix.lower() == ".xlsx":
        import pyarrow as pa

        from medallion.export.xlsx import write_sheet

        schema = pa.schema([(name, pa.string()) for name in columns])
        batches = pa.Table.from_pylist(list(rows), schema).to_batches()
        write_sheet(target, columns, batches, editable=True)
        return
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(without_formula, columns))
    writer.writerows([without_formula(row[name]) for name in columns] for row in rows)
    target.write_bytes(BOM + text.getvalue().encode())


def read_rows(source: Any) -> list[Cells]:
    """The rows of a file, of a frame of pandas, Polars or Arrow, or of an iterable of dicts.

    Every cell is text or None. Raises DataError for a file that cannot be read.
    """
    if isinstance(source, str | Path):
        return _read_file(Path(source))
    if hasattr(source, "to_pylist"):
        source = source.to_pylist()
    elif hasattr(source, "to_dicts"):
        source = source.to_dicts()
    elif hasattr(source, "to_dict"):
        source = source.to_dict("records")
    return [{str(name): _text(value) for name, value in row.items()} for row in source]


def _text(value: object) -> str | None:
    if value is None or value != value or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _read_file(path: Path) -> list[Cells]:
    check_ending(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CallError(f"{path}: {error.strerror or error}") from error
    if path.suffix.lower() == ".xlsx":
        from medallion.export.xlsx_reader import read_sheet

        lines = read_sheet(data, path.name)
    else:
        lines = _read_csv(data, path.name)
    if not lines:
        raise DataError(f"{path.name}: is empty")
    header, *rows = lines
    names = [str(_unescaped(name)) for name in header]
    return [_row(names, row, number, path.name) for number, row in enumerate(rows, 2)]


def _row(names: Sequence[str], row: Sequence[str | None], number: int, file: str) -> Cells:
    if any(row[len(names) :]):
        raise DataError(
            f"{file}: row {number} has {len(row)} fields, the header has {len(names)}",
            hint="write a value that has the delimiter in it between double quotes",
        )
    padded = [*row, *[None] * (len(names) - len(row))]
    return {name: cell or None for name, cell in zip(names, padded, strict=False) if name}


def _unescaped(name: str | None) -> str:
    """A column's name without the apostrophe that keeps it from being a formula."""
    text = name or ""
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text


def _read_csv(data: bytes, file: str) -> list[list[str | None]]:
    """The lines of a CSV file as spreadsheets write them."""
    text = _decoded(data, file)
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(DELIMITERS, key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [[*line] for line in reader]
    except csv.Error as error:
        raise DataError(f"{file}: {error}", hint="save it as CSV once more, or as .xlsx") from error


def _decoded(data: bytes, file: str) -> str:
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file}: is not UTF-8, at byte {error.start:,}",
            hint="save it as “CSV UTF-8” or as .xlsx: in another encoding, letters may be lost",
        ) from error
