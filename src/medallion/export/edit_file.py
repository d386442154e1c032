"""Rows that a user edits in any program: a CSV file or an Excel workbook, written and read.

All cells are text. CSV is written for spreadsheets: with a byte order mark, and without formulas.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medallion.errors import CallError, DataError
from medallion.export.cell_text import text_of
from medallion.export.edited_csv import read_csv
from medallion.export.spreadsheet_csv import BOM, without_formula

Cells = Mapping[str, str | None]
ENDINGS = (".csv", ".xlsx")


def check_target(path: Path) -> None:
    """Raise CallError for a file that is neither CSV nor a workbook, or that exists."""
    _check_ending(path)
    if os.path.lexists(path):
        raise CallError(
            f"{path}: the file exists, and may have corrections in it",
            hint="choose another name, or remove the file",
        )
    if not path.parent.is_dir():
        raise CallError(f"{path.parent}: there is no such folder")


def _check_ending(path: Path) -> None:
    if path.suffix.lower() not in ENDINGS:
        raise CallError(f"{path}: unknown file extension", hint=f"choose one: {', '.join(ENDINGS)}")


def write_rows(rows: Sequence[Cells], target: Path) -> None:
    """Write rows with the same columns to a new file, CSV or a workbook by the ending of its name.

    The file has all rows or, if writing fails, does not exist. Raises CallError when it exists.
    """
    check_target(target)
    columns = list(rows[0]) if rows else []
    write = _write_workbook if target.suffix.lower() == ".xlsx" else _write_csv
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".medallion-") as folder:
        part = Path(folder) / "rows"
        write(rows, columns, part)
        try:
            os.link(part, target)  # unlike a rename, it replaces no file
        except OSError:  # there is a file, or the file system has no links
            check_target(target)
            part.replace(target)


def _write_workbook(rows: Sequence[Cells], columns: Sequence[str], target: Path) -> None:
    import pyarrow as pa

    from medallion.export.xlsx import write_sheet

    schema = pa.schema([(name, pa.string()) for name in columns])
    batches = pa.Table.from_pylist(list(rows), schema).to_batches()
    try:
        write_sheet(target, columns, batches, editable=True)
    except DataError as error:
        raise DataError(error.message, hint="write a CSV file, whose name ends in .csv") from error


def _write_csv(rows: Sequence[Cells], columns: Sequence[str], target: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(without_formula, columns))
    writer.writerows([without_formula(row[name]) for name in columns] for row in rows)
    target.write_bytes(BOM + text.getvalue().encode())


def read_rows(source: Any, key: str) -> list[Cells]:
    """The rows of a file, of a frame of pandas, Polars or Arrow, or of an iterable of dicts.

    Every cell is text or None: a RewritableText of a CSV file, and a ValueText of a value that is
    not text. Raises DataError for a file that cannot be read.

    Parameters: `key` is the column by which the delimiter of a CSV file is recognised.
    """
    if isinstance(source, str | Path):
        return _read_file(Path(source), key)
    if hasattr(source, "to_pylist"):
        source = source.to_pylist()
    elif hasattr(source, "to_dicts"):
        source = source.to_dicts()
    elif hasattr(source, "to_dict"):
        source = source.to_dict("records")
    return [{str(name): text_of(value) for name, value in row.items()} for row in source]


def _read_file(path: Path, key: str) -> list[Cells]:
    _check_ending(path)
    try:
        if path.suffix.lower() == ".xlsx":
            from medallion.export.xlsx_reader import read_sheet

            lines = read_sheet(path)
        else:
            lines = read_csv(path.read_bytes(), path.name, key)
    except OSError as error:
        raise CallError(f"{path}: {error.strerror or error}") from error
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
