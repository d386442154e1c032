"""Workbooks of Excel, as openpyxl and other programs write them."""

from __future__ import annotations

import datetime as dt
import io
from zipfile import ZipFile

import openpyxl
import pytest

from medallion.workbooks.cell_texts import CellError, CellValue
from medallion.workbooks.workbook import Area
from medallion.workbooks.xlsx import XlsxWorkbook

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def opened(workbook: openpyxl.Workbook) -> XlsxWorkbook:
    data = io.BytesIO()
    workbook.save(data)
    return XlsxWorkbook(ZipFile(data))


def test_values_as_a_spreadsheet_shows_them() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append([1, 0, 0.1 + 0.2, True, "007", " x ", None])
    sheet.append([dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 5), dt.time(7, 30)])
    sheet.append([dt.timedelta(hours=30), "#N/A", 1234.5, 0.25, 123])
    sheet["C3"].number_format = "#,##0.00"
    sheet["D3"].number_format = "0%"
    sheet["E3"].number_format = "00000"
    rows = list(opened(workbook).rows("Sheet"))
    assert rows == [
        (1, {0: "1", 1: "0", 2: "0.3", 3: "true", 4: "007", 5: " x "}),
        (2, {0: "2024-02-29", 1: "2024-02-29 13:05:00", 2: "07:30:00"}),
        (3, {0: "30:00:00", 1: "#N/A", 2: "1234.5", 3: "0.25", 4: "00123"}),
    ]
    assert [type(value) for value in rows[0][1].values()] == [*[CellValue] * 4, str, str]
    assert isinstance(rows[2][1][1], CellError)


def test_a_formula_that_was_never_computed_is_an_error() -> None:
    """A program without a calculator saves formulas alone: their cells are not empty."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["=1+1", 2])
    ((_, cells),) = opened(workbook).rows("Sheet")
    assert cells == {0: "a formula without a saved value", 1: "2"}
    assert isinstance(cells[0], CellError)
    book = sheet_of('<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>2</v></c></row>')
    assert list(book.rows("a")) == [(1, {1: "2"})]


def test_rows_without_cells_are_left_out_and_numbers_are_those_of_the_sheet() -> None:
    workbook = openpyxl.Workbook()
    workbook.active["B3"] = "a"
    workbook.active["A7"] = "b"
    assert list(opened(workbook).rows("Sheet")) == [(3, {1: "a"}), (7, {0: "b"})]


def test_visible_sheets_of_cells_and_merged_cells() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.merge_cells("B2:C4")
    workbook.create_sheet("Hidden").sheet_state = "hidden"
    workbook.create_chartsheet("Chart")
    workbook.create_sheet("Last")
    book = opened(workbook)
    assert book.sheets == ("Sheet", "Last")
    assert book.merged("Sheet") == [Area(2, 1, 4, 2)]
    assert book.merged("Last") == []
    book.close()


def sheet_of(rows: str, prefix: str = "") -> XlsxWorkbook:
    """A workbook of one sheet, without styles and shared texts; tags may have a prefix."""
    data = io.BytesIO()
    mark = MAIN.replace("xmlns=", f"xmlns:{prefix[:-1]}=") if prefix else MAIN
    with ZipFile(data, "w") as book:
        book.writestr(
            "xl/workbook.xml", f'<workbook {MAIN} xmlns:r="r"><sheet name="a" r:id="1"/></workbook>'
        )
        target = 'Id="1" Target="worksheets/a.xml"'
        book.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships><Relationship {target}/></Relationships>"
        )
        book.writestr(
            "xl/worksheets/a.xml", f"<{prefix}worksheet {mark}>{rows}</{prefix}worksheet>"
        )
    return XlsxWorkbook(ZipFile(data))


def test_rows_and_cells_without_references_and_with_a_prefix() -> None:
    book = sheet_of("<x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row>", "x:")
    assert list(book.rows("a")) == [(1, {0: "1", 1: "2"})]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ('<row r="2"/><row r="2"/>', "row 2 follows row 2"),
        ('<row r="1048577"><c><v>1</v></c></row>', "outside the largest sheet"),
        ('<row><c r="ZZZZ1"><v>1</v></c></row>', "outside the largest sheet"),
        (f"<row><c t='str'><v>{'a' * 9_000_000}</v></c></row>", "too long"),
        ("<row><c><v>one</v></c></row>", "could not convert"),
    ],
)
def test_a_sheet_that_no_program_writes(rows: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        list(sheet_of(rows).rows("a"))


def test_cells_far_apart_take_no_memory() -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "first"
    workbook.active["XFD1048576"] = "last"
    assert list(opened(workbook).rows("Sheet")) == [
        (1, {0: "first"}),
        (1_048_576, {16_383: "last"}),
    ]
