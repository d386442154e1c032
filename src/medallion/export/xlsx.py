"""One sheet of an Excel workbook, written row by row in constant memory.

Texts are cells of type text, so that none is ever read as a formula. A number of more digits than
Excel keeps is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from medallion.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_048_576  # of a sheet, the header among them
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767  # of a cell
MOST_DIGITS = 15  # of a number
_FIRST_DAY = date(1899, 12, 30)  # day 0, where days are counted as Excel does from 1900-03-01 on
_FIRST_RIGHT_DAY = date(1900, 3, 1)
# What XML cannot hold is written `_x0007_`; an underscore that would read as the beginning of such
# a mark is, too.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_DATE, _MOMENT, _TIME, _AS_TEXT = 1, 2, 3, 4  # the cell formats below, in their order

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="rows" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="3">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/>'
    + "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in (164, 165, 166, 49))
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>",
}


def write_sheet(
    target: Path,
    columns: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    *,
    editable: bool = False,
) -> None:
    """Write a header and rows. Raises DataError when there is more than a sheet holds.

    With `editable`, what a user writes into a cell stays text, also a number or a date.
    """
    if len(columns) > MOST_COLUMNS:
        raise DataError(
            f"a sheet holds {MOST_COLUMNS:,} columns, not {len(columns):,}",
            hint="choose some: --columns",
        )
    with ZipFile(target, "w", ZIP_DEFLATED) as book:
        for name, part in _PARTS.items():
            book.writestr(name, _DECLARATION + part)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_row(columns).encode())
            rows = 1
            for batch in batches:
                rows += batch.num_rows
                if rows > MOST_ROWS:
                    hint = "choose fewer with --limit or --where, or another --format"
                    raise DataError(
                        f"a sheet holds {MOST_ROWS - 1:,} rows below its header, not more",
                        hint=hint,
                    )
                values = [column.to_pylist() for column in batch.columns]
                row = _row_of_texts if editable else _row
                sheet.write("".join(map(row, zip(*values, strict=True))).encode())
            sheet.write(b"</sheetData></worksheet>")


def _row(values: Iterable[Any]) -> str:
    return f"<row>{''.join(map(_cell, values))}</row>"


def _row_of_texts(values: Iterable[str | None]) -> str:
    return f"<row>{''.join(_text(value or '', _AS_TEXT) for value in values)}</row>"


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float | Decimal):
        return f"<c><v>{value}</v></c>" if _exact(value) else _text(str(value))
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return (
            _number((value - _FIRST_DAY).days, _DATE)
            if value >= _FIRST_RIGHT_DAY
            else _text(value.isoformat())
        )
    if isinstance(value, time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        return _number(seconds / 86_400, _TIME)
    return _text(str(value))


def _exact(value: float | Decimal) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    digits = "".join(map(str, Decimal(value).as_tuple().digits))
    return len(digits.rstrip("0")) <= MOST_DIGITS  # `normalize` would round to 28 digits


def _moment(value: datetime) -> str:
    if value.date() < _FIRST_RIGHT_DAY:
        return _text(value.isoformat(" "))
    passed = value.replace(tzinfo=None) - datetime(
        _FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day
    )
    return _number(passed.days + (passed.seconds + passed.microseconds / 1e6) / 86_400, _MOMENT)


def _number(value: float, style: int) -> str:
    return f'<c s="{style}"><v>{value!r}</v></c>'


def _text(value: str, style: int = 0) -> str:
    if len(value) > MOST_CHARACTERS:
        hint = "choose other --columns, or another --format"
        raise DataError(
            f"a cell holds {MOST_CHARACTERS:,} characters, not {len(value):,}", hint=hint
        )
    printable = _UNPRINTABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", value)
    style_of_cell = f' s="{style}"' if style else ""
    content = f'<is><t xml:space="preserve">{escape(printable)}</t></is>'
    return f'<c{style_of_cell} t="inlineStr">{content}</c>'
