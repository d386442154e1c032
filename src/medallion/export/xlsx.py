"""Sheets of an Excel workbook, written row by row in constant memory.

Texts are cells of type text, so that none is ever read as a formula. A number of more digits than
Excel keeps is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from medallion.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_048_576  # of a sheet, the header among them
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767  # of a cell
LONGEST_NAME = 31  # characters, of a sheet
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
_RELATIONSHIPS = f'<Relationships xmlns="{_PACKAGE}/relationships">'
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="3">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/>'
    + "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in (164, 165, 166, 49))
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)


class Sheet(NamedTuple):
    """A sheet: its name, the header, and rows in batches, which are read when it is written.

    With `editable`, what a user writes into a cell stays text, also a number or a date.
    """

    name: str
    columns: Sequence[str]
    batches: Iterable[pa.RecordBatch]
    editable: bool = False


def write_workbook(target: Path, sheets: Sequence[Sheet]) -> None:
    """Write sheets in their order. Raises DataError when there is more than a sheet holds."""
    with ZipFile(target, "w", ZIP_DEFLATED) as book:
        for path, part in _parts([sheet.name for sheet in sheets]).items():
            book.writestr(path, _DECLARATION + part)
        for number, sheet in enumerate(sheets, 1):
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as file:
                for text in _texts_of(sheet):
                    file.write(text.encode())


def write_sheet(
    target: Path,
    columns: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    *,
    editable: bool = False,
) -> None:
    """Write a workbook of one sheet. Raises DataError when there is more than a sheet holds."""
    write_workbook(target, [Sheet("rows", columns, batches, editable)])


def sheet_names(names: Iterable[str]) -> list[str]:
    """Names as Excel allows them: at most 31 characters, and different in any case."""
    known = {"history"}  # Excel keeps this one for itself
    allowed = []
    for name in names:
        short, number = name[:LONGEST_NAME], 1
        while short.lower() in known:
            number += 1
            short = f"{name[: LONGEST_NAME - 1 - len(str(number))]}~{number}"
        known.add(short.lower())
        allowed.append(short)
    return allowed


def _parts(names: Sequence[str]) -> dict[str, str]:
    """All parts of a workbook but its sheets, by path."""
    numbers = range(1, len(names) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        f'ContentType="{_TYPE}.worksheet+xml"/>'
        for number in numbers
    )
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    targets = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
        "_rels/.rels": f'{_RELATIONSHIPS}<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"{_RELATIONSHIPS}{targets}<Relationship "
        f'Id="rId{len(names) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }


def _texts_of(sheet: Sheet) -> Iterator[str]:
    """A sheet as XML, in pieces."""
    if len(sheet.columns) > MOST_COLUMNS:
        raise DataError(
            f"a sheet holds {MOST_COLUMNS:,} columns, not {len(sheet.columns):,}",
            hint="choose some: --columns",
        )
    yield f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>'
    yield _row(sheet.columns)
    row, rows = _row_of_texts if sheet.editable else _row, 1
    for batch in sheet.batches:
        rows += batch.num_rows
        if rows > MOST_ROWS:
            hint = "choose fewer with --limit or --where, or another --format"
            raise DataError(
                f"a sheet holds {MOST_ROWS - 1:,} rows below its header, not more", hint=hint
            )
        values = [column.to_pylist() for column in batch.columns]
        yield "".join(map(row, zip(*values, strict=True)))
    yield "</sheetData></worksheet>"


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
