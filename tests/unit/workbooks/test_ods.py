"""Workbooks of OpenDocument."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import LineBreak, P, S

from medallion.workbooks.cell_texts import CellError, CellValue
from medallion.workbooks.ods import OdsWorkbook
from medallion.workbooks.workbook import Area, WorkbookError


def opened(*tables: Table) -> OdsWorkbook:
    document = OpenDocumentSpreadsheet()
    for table in tables:
        document.spreadsheet.addElement(table)
    data = io.BytesIO()
    document.save(data)
    return OdsWorkbook(ZipFile(data))


def cell(text: str = "", **attributes: object) -> TableCell:
    made = TableCell(**attributes)
    if text:
        made.addElement(P(text=text))
    return made


def table(*rows: list[TableCell], name: str = "one", repeated: int = 1) -> Table:
    made = Table(name=name)
    for cells in rows:
        row = TableRow(numberrowsrepeated=repeated)
        for each in cells:
            row.addElement(each)
        made.addElement(row)
    return made


def test_values_as_they_are_stored() -> None:
    book = opened(
        table(
            [
                cell("1,200.0", valuetype="float", value="1200"),
                cell("30 %", valuetype="percentage", value="0.30000000000000004"),
                cell("00123", valuetype="float", value="123"),
                cell("29 Feb 24", valuetype="date", datevalue="2024-02-29"),
                cell("29 Feb 24", valuetype="date", datevalue="2024-02-29T13:05:00"),
                cell("30:00", valuetype="time", timevalue="PT30H00M00S"),
                cell("TRUE", valuetype="boolean", booleanvalue="true"),
                cell(" 007", valuetype="string"),
                cell("#N/A", formula="of:=NA()", valuetype="string", stringvalue=""),
                cell("Err:508", formula="of:=1", valuetype="float", value="0"),
            ]
        )
    )
    ((row, values),) = book.rows("one")
    assert row == 1
    assert list(values.values()) == [
        "1200", "0.3", "00123", "2024-02-29", "2024-02-29 13:05:00", "30:00:00", "true", " 007",
        "#N/A", "Err:508",
    ]  # fmt: skip
    assert [type(value) for value in values.values()] == [*[CellValue] * 7, str, *[CellError] * 2]


def test_text_over_lines_with_spaces_and_without_comments() -> None:
    value = TableCell(valuetype="string")
    note = Annotation()
    note.addElement(P(text="a comment"))
    value.addElement(note)
    first = P(text="a")
    first.addElement(S(c=3))
    first.addElement(LineBreak())
    value.addElement(first)
    value.addElement(P(text="b"))
    assert list(opened(table([value])).rows("one")) == [(1, {0: "a   \n\nb"})]


def test_repeated_cells_and_rows_of_the_named_sheet() -> None:
    book = opened(
        table([cell("other", valuetype="string")], name="other"),
        table(
            [cell("x", valuetype="string", numbercolumnsrepeated=2), cell(numbercolumnsrepeated=9)],
            repeated=2,
        ),
    )
    assert book.sheets == ("other", "one")
    assert list(book.rows("one")) == [(1, {0: "x", 1: "x"}), (2, {0: "x", 1: "x"})]
    book.close()


def test_empty_rows_are_counted_however_many() -> None:
    made = table([cell()], repeated=1_048_000)
    row = TableRow()
    row.addElement(cell("last", valuetype="string"))
    made.addElement(row)
    assert list(opened(made).rows("one")) == [(1_048_001, {0: "last"})]


def test_merged_cells() -> None:
    merged = cell("m", valuetype="string", numbercolumnsspanned=2, numberrowsspanned=3)
    book = opened(table([cell(), merged, CoveredTableCell()]))
    assert book.merged("one") == [Area(1, 1, 3, 2)]
    assert list(book.rows("one")) == [(1, {1: "m"})]


@pytest.mark.parametrize(
    ("rows", "columns", "fault"),
    [
        (1_048_577, 1, "more than 1,048,576 rows"),
        (1_048_576, 16_384, "more than 134,217,728 cells"),
        (1, 10**12, "outside the largest sheet"),
    ],
)
def test_repetition_is_bounded(rows: int, columns: int, fault: str) -> None:
    bomb = table([cell("x", valuetype="string", numbercolumnsrepeated=columns)], repeated=rows)
    with pytest.raises(ValueError, match=fault):
        next(iter(opened(bomb).rows("one")))


def test_a_password() -> None:
    data = io.BytesIO()
    with ZipFile(data, "w") as book:
        manifest = "<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
        book.writestr("META-INF/manifest.xml", manifest)
        book.writestr("content.xml", bytes(range(256)))
    with pytest.raises(WorkbookError, match="protected by a password"):
        OdsWorkbook(ZipFile(data))
