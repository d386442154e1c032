"""Workbooks of Excel before 2007: `.xls`, read with xlrd."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.workbooks.cell_texts import (
    CellError,
    CellValue,
    NumberFormat,
    number_format,
    shown,
)
from medallion.workbooks.workbook import Area, Cells, Workbook, WorkbookError

if TYPE_CHECKING:
    import xlrd


class XlsWorkbook(Workbook):
    """An open workbook. Formulas have the value that the program has computed."""

    def __init__(self, path: Path) -> None:
        import xlrd
        from xlrd.compdoc import CompDocError

        data = path.read_bytes()
        with Path(os.devnull).open("w") as log:
            try:
                self._book = xlrd.open_workbook(
                    file_contents=data, logfile=log, formatting_info=True, ragged_rows=True
                )
            except (xlrd.XLRDError, CompDocError) as error:
                _check_container(data, str(error))
                raise ValueError(str(error)) from error
        self._errors = xlrd.error_text_from_code
        visible = [sheet for sheet in self._book.sheets() if sheet.visibility == 0]
        self.sheets = tuple(sheet.name for sheet in visible)
        self._formats = [self._format(xf.format_key) for xf in self._book.xf_list]

    def rows(self, sheet: str) -> Generator[tuple[int, Cells], None, None]:
        table = self._book.sheet_by_name(sheet)
        for row in range(table.nrows):
            cells = {}
            for column, cell in enumerate(table.row(row)):
                if value := self._value(cell):
                    cells[column] = value
            if cells:
                yield row + 1, cells

    def merged(self, sheet: str) -> list[Area]:
        return [
            Area(top + 1, left, bottom, right - 1)
            for top, bottom, left, right in self._book.sheet_by_name(sheet).merged_cells
        ]

    def close(self) -> None:
        self._book.release_resources()

    def _format(self, key: int) -> NumberFormat:
        form = self._book.format_map.get(key)
        return number_format(key, form.format_str if form else "")

    def _value(self, cell: xlrd.sheet.Cell) -> str:
        from xlrd.biffh import XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_ERROR, XL_CELL_NUMBER

        if cell.ctype in (XL_CELL_NUMBER, XL_CELL_DATE):
            form = self._formats[cell.xf_index] if cell.xf_index is not None else NumberFormat()
            return shown(repr(cell.value), form, from_1904=self._book.datemode == 1)
        if cell.ctype == XL_CELL_BOOLEAN:
            return CellValue("true" if cell.value else "false")
        if cell.ctype == XL_CELL_ERROR:
            return CellError(self._errors.get(cell.value, "#ERROR!"))
        return str(cell.value)


def _check_container(data: bytes, error: str) -> None:
    """Raise WorkbookError for a workbook with a password, or a file of another program."""
    if "encrypted" in error.lower() or "EncryptedPackage".encode("utf-16-le") in data:
        raise WorkbookError("is protected by a password", "save it without one")
    if "WordDocument".encode("utf-16-le") in data:
        raise WorkbookError("is a Word document", "declare the right file")
