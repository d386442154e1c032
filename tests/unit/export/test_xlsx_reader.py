"""Workbooks as other programs save them: shared texts, formulas, dates, gaps."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest

from medallion.errors import DataError
from medallion.export.cell_text import ValueText
from medallion.export.xlsx_reader import read_sheet

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
STYLES = f"""<styleSheet {MAIN}><numFmts count="1">
  <numFmt numFmtId="170" formatCode="[Red]&quot;day&quot; 0.00"/>
  <numFmt numFmtId="171" formatCode="dd/mm/yyyy"/></numFmts>
  <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
  <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs>
</styleSheet>"""
TEXTS = f"""<sst {MAIN}><si><t>plain</t></si>
  <si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>hint</t></rPh></si></sst>"""


def read(data: bytes) -> list[list[str | None]]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.xlsx")
        path.write_bytes(data)
        return read_sheet(path)


def workbook(rows: str, properties: str = "", **parts: str) -> bytes:
    content = {
        "xl/workbook.xml": f"<workbook {MAIN} {RELATIONS}>{properties}"
        '<sheets><sheet name="a" sheetId="7" r:id="rId9"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        '<Relationship Id="rId1" Target="styles.xml"/>'
        '<Relationship Id="rId9" Target="/xl/worksheets/sheet7.xml"/></Relationships>',
        "xl/worksheets/sheet7.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": TEXTS,
        **parts,
    }
    data = io.BytesIO()
    with ZipFile(data, "w") as book:
        for name, part in content.items():
            book.writestr(name, part)
    return data.getvalue()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c t="s"><v>0</v></c>', "plain"),
        ('<c t="s"><v>1</v></c>', "rich "),
        ('<c t="str"><f>A1&amp;"x"</f><v>x_x0041_</v></c>', "xA"),
        ('<c t="b"><v>1</v></c>', "true"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ("<c><v>0.1</v></c>", "0.1"),
        ("<c><v>12.300000000000001</v></c>", "12.3"),
        ("<c><v>1E+20</v></c>", "100000000000000000000"),
        ("<c><v>1200</v></c>", "1200"),
        ("<c><v>1234567890123456</v></c>", "1234567890123456"),
        ("<c><v>-98765432109876543210</v></c>", "-98765432109876543210"),
        ("<c><v>1234567890123456.5</v></c>", "1234567890123460"),
        ('<c s="1"><v>45351</v></c>', "2024-02-29"),
        ('<c s="1"><v>45351.5</v></c>', "2024-02-29 12:00:00"),
        ('<c s="2"><v>45351</v></c>', "45351"),
        ('<c s="3"><v>45351</v></c>', "2024-02-29"),
        ('<c s="1"><v>0.3125</v></c>', "07:30:00"),
    ],
)
def test_a_value_as_text(cell: str, value: str | None) -> None:
    assert read(workbook(f"<row>{cell}</row>")) == [[value]]


def test_gaps_are_empty() -> None:
    rows = '<row r="2"><c r="AB2"><v>1</v></c></row><row r="3"/>'
    assert read(workbook(rows)) == [[], [*[None] * 27, "1"]]


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    rows = '<row><c s="1"><v>1</v></c></row>'
    data = workbook(rows, '<workbookPr date1904="1"/>')
    assert read(data) == [["1904-01-02"]]


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n",
        workbook("<row>"),
        workbook("", **{"xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY b "c">]><sst/>'}),
        workbook('<row><c t="s"><v>7</v></c></row>'),
    ],
)
def test_what_is_not_a_workbook(data: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.xlsx: is not an Excel workbook"):
        read(data)


def test_only_cells_that_are_text_are_as_a_user_wrote_them() -> None:
    cells = '<c t="s"><v>0</v></c><c><v>7</v></c><c s="1"><v>45351</v></c><c t="b"><v>1</v></c>'
    (row,) = read(workbook(f"<row>{cells}</row>"))
    assert list(map(type, row)) == [str, ValueText, ValueText, ValueText]
