"""The first sheet of an Excel workbook as rows of texts, whatever program has saved it."""

from __future__ import annotations

from pathlib import Path

from medallion.errors import DataError
from medallion.export.cell_text import ValueText
from medallion.workbooks.cell_texts import CellValue
from medallion.workbooks.opened import opened
from medallion.workbooks.workbook import Cells, WorkbookError


def read_sheet(path: Path) -> list[list[str | None]]:
    """The rows of the first sheet; a cell that is not text has a ValueText.

    Raises DataError when it is not a workbook.
    """
    try:
        with opened(path) as book:
            rows: list[list[str | None]] = []
            for number, cells in book.rows(book.sheets[0]) if book.sheets else ():
                rows += [[] for _ in range(number - 1 - len(rows))]
                rows.append(_row(cells))
            return rows
    except WorkbookError as error:
        raise DataError(
            f"{path.name}: is not an Excel workbook: it {error}",
            hint="save it as .xlsx or as CSV UTF-8",
        ) from error


def _row(cells: Cells) -> list[str | None]:
    row: list[str | None] = [None] * (max(cells) + 1)
    for column, text in cells.items():
        row[column] = ValueText(text) if isinstance(text, CellValue) else str(text)
    return row
