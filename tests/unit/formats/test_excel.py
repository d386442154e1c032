"""Workbooks as source files: sheets, options, and what cannot be read."""

from __future__ import annotations

import io
import sys
from typing import Any

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from pydantic import ValidationError

from medallion.errors import SourceError
from medallion.formats.excel import Excel

ROWS = [["id", "name"], [1, "Ann"], [2, None], [3, "#N/A"], [4, "Dan"]]


def xlsx(**sheets: list[list[Any]]) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def xls() -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("one")
    for row, cells in enumerate(ROWS):
        for column, value in enumerate(cells):
            if value == "#N/A":
                sheet.row(row).set_cell_error(column, 42)
            elif value is not None:
                sheet.write(row, column, value)
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def ods() -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="one")
    for cells in ROWS:
        row = TableRow()
        for value in cells:
            attributes = {"valuetype": "string"} if isinstance(value, str) else {}
            if isinstance(value, int):
                attributes = {"valuetype": "float", "value": str(value)}
            if value == "#N/A":
                attributes["formula"] = "of:=NA()"
            cell = TableCell(**attributes)
            if value is not None:
                cell.addElement(P(text=str(value)))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xlsx", xlsx(one=ROWS)), ("a.xls", xls()), ("a.ods", ods())],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_the_same_rows_in_every_kind_of_workbook(read, connection, tmp_path, name, content):
    form = Excel(row_column="row", sheet_column="sheet")
    found = read(form, name, content)
    assert found.columns == ["id", "name", "sheet", "row"]
    assert found.rows == [
        ("1", "Ann", "one", 2),
        ("2", None, "one", 3),
        ("4", "Dan", "one", 5),
    ]
    reason = "#N/A in column 'name' (sheet 'one', row 4)"
    assert found.parsed.rejects == ((3, reason, '{"id": "3", "name": "#N/A"}'),)
    known = form.columns_of(tmp_path / name, name, tmp_path / "scratch", connection)
    assert known == found.parsed.columns
    assert [column.type for column in known] == ["text", "text", "text", "int64"]


def test_several_sheets_are_matched_by_name(read):
    content = xlsx(
        note=[["read me"]],
        y2023=[["id", "price"], [1, 2.5]],
        y2024=[["Price", "id", "tax"], [3, 2, 0.5], [None, "#N/A", None], [4, 3, None]],
        y2025=[],
    )
    found = read(Excel(sheets="y20*", sheet_column="year"), "a.xlsx", content)
    assert found.columns == ["id", "price", "tax", "year"]
    assert found.rows == [
        ("1", "2.5", None, "y2023"),
        ("2", "3", "0.5", "y2024"),
        ("3", "4", None, "y2024"),
    ]
    assert [number for number, *_ in found.parsed.rejects] == [3]
    assert found.parsed.warnings == ("sheet 'y2025' is empty",)
    assert read(Excel(sheets=["note"]), "a.xlsx").columns == ["read me"]


def test_a_report_with_a_title_and_totals(read):
    rows = [["Sales"], [], ["id", "price"], [1, "-"], [2, 5], ["Total", 5]]
    found = read(Excel(header=3, footer=1, null="-"), "a.xlsx", xlsx(one=rows))
    assert found.rows == [("1", None), ("2", "5")]
    with pytest.raises(SourceError, match=r"4 of its 4 records do not fit.*column B") as raised:
        read(Excel(), "a.xlsx")
    assert "declare `header`" in raised.value.hint


def test_most_records_may_have_formula_errors(read):
    content = xlsx(one=[["id"], ["#REF!"], ["#REF!"], [1]])
    assert read(Excel(), "a.xlsx", content).rows == [("1",)]


def test_a_header_without_records(read):
    found = read(Excel(), "a.xlsx", xlsx(one=[["id"]]))
    assert found.parsed.warnings == ("has a header but no records",)


@pytest.mark.parametrize(
    ("form", "content", "fault"),
    [
        (Excel(), b"", "is empty"),
        (Excel(), b"id,name\n1,2\n", "is not a workbook"),
        (Excel(), b"<html><table>", "is an HTML page, not a workbook"),
        (Excel(), xlsx(one=ROWS)[:3000], "cut short or damaged"),
        (Excel(), xlsx(one=[]), "no cells in 'one'"),
        (Excel(sheets="two"), xlsx(one=ROWS), "has no sheet 'two'; it has 'one'"),
        (Excel(row_column="ID"), xlsx(one=ROWS), "duplicate column name 'ID'"),
        (Excel(header=9), xlsx(one=ROWS), "no cells in 'one'"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read(read, form, content, fault):
    with pytest.raises(SourceError, match=fault) as raised:
        read(form, "a.xlsx", content)
    assert raised.value.hint


def test_a_lock_file_of_excel(read):
    with pytest.raises(SourceError, match="is a lock file"):
        read(Excel(), "~$a.xlsx", b"\x05Ann" + bytes(160))


def test_the_extra_that_an_old_workbook_needs(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlrd", None)
    with pytest.raises(SourceError, match="needs xlrd, which is not installed") as raised:
        read(Excel(), "a.xls", xls())
    assert "medallion-lake[excel]" in raised.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"header": False},
        {"columns": ["a"]},
        {"header": 0},
        {"header": True},
        {"header": [3, 2]},
        {"header": []},
        {"range": "B"},
        {"footer": -1},
        {"merged": "all"},
    ],
)
def test_options_that_do_not_fit(options):
    with pytest.raises(ValidationError):
        Excel(**options)
