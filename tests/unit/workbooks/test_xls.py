"""Workbooks of Excel before 2007."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xlwt

from medallion.workbooks.cell_texts import CellError, CellValue
from medallion.workbooks.workbook import Area
from medallion.workbooks.xls import XlsWorkbook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("one")
    date, elapsed, zeros = (
        xlwt.easyxf(num_format_str=code) for code in ("dd.mm.yyyy", "[h]:mm:ss", "00000")
    )
    sheet.write(0, 0, 0)
    sheet.write(0, 1, 0.1 + 0.2)
    sheet.write(0, 2, dt.datetime(2024, 2, 29, 13, 5), date)
    sheet.write(0, 3, 1.25, elapsed)
    sheet.write(0, 4, 123, zeros)
    sheet.write(0, 5, True)
    sheet.write(0, 6, "007")
    sheet.row(0).set_cell_error(7, "#DIV/0!")
    sheet.write_merge(2, 4, 1, 2, "m")
    workbook.add_sheet("hidden").visibility = 1
    workbook.save(str(tmp_path / "a.xls"))
    return tmp_path / "a.xls"


def test_values_as_a_spreadsheet_shows_them(path: Path) -> None:
    book = XlsWorkbook(path)
    assert book.sheets == ("one",)
    (_, first), (number, merged) = book.rows("one")
    assert list(first.values()) == [
        "0", "0.3", "2024-02-29 13:05:00", "30:00:00", "00123", "true", "007", "#DIV/0!",
    ]  # fmt: skip
    assert [type(value) for value in first.values()] == [*[CellValue] * 6, str, CellError]
    assert (number, merged) == (3, {1: "m"})
    assert book.merged("one") == [Area(3, 1, 5, 2)]
    book.close()
