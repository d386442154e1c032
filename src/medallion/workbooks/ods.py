"""Workbooks of OpenDocument: `.ods`, as LibreOffice saves them."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import IO
from zipfile import ZipFile

from medallion.workbooks.cell_texts import CellError, CellValue, elapsed_text, number_text
from medallion.workbooks.workbook import (
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_ROWS,
    Area,
    Cells,
    Workbook,
    WorkbookError,
    check_place,
    open_part,
)
from medallion.workbooks.xml_events import chunks, elements, local, safe_parser

_MOST_CELLS = 1 << 27  # of a sheet, with repeated ones
_CELLS = ("table-cell", "covered-table-cell")
_ERROR = re.compile(r"#|(Err|Fehler):\d")
_TIME = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?")


class OdsWorkbook(Workbook):
    """An open workbook. Formulas have the value that the program has computed."""

    def __init__(self, book: ZipFile) -> None:
        self._book = book
        if "META-INF/manifest.xml" in book.namelist():
            with open_part(book, "META-INF/manifest.xml") as file:
                if any(name == "encryption-data" for name, _, _ in elements(file)):
                    raise WorkbookError("is protected by a password", "save it without one")
        with self._content() as file:
            named = elements(file)
            self.sheets = tuple(
                _attribute(attributes, "name")
                for name, attributes, around in named
                if name == "table" and around == "spreadsheet"
            )

    def rows(self, sheet: str) -> Generator[tuple[int, Cells], None, None]:
        with self._content() as file:
            yield from _TableReader(sheet).rows(file)

    def merged(self, sheet: str) -> list[Area]:
        with self._content() as file:
            reader = _TableReader(sheet)
            for _ in reader.rows(file):
                pass
        return reader.merged

    def close(self) -> None:
        self._book.close()

    def _content(self) -> IO[bytes]:
        return open_part(self._book, "content.xml")


class _TableReader:
    """Reads the rows of one table of a document."""

    def __init__(self, sheet: str) -> None:
        self.merged: list[Area] = []
        self._parser = safe_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._sheet = sheet
        self._rows: list[tuple[int, int, Cells]] = []  # with the number of times it is repeated
        self._row, self._repeated = 0, 1
        self._column = self._count = 0
        self._cells: Cells = {}
        self._cell: dict[str, str] = {}
        self._parts: list[str] = []
        self._size = self._tables = self._paragraphs = self._notes = 0
        self._inside = False

    def rows(self, file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
        for chunk, last in chunks(file):
            self._parser.Parse(chunk, last)
            for number, times, cells in self._rows:
                for place in range(times):
                    yield number + place, cells
            self._rows.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "table":
            self._tables += 1
            if self._tables == 1:
                self._inside = _attribute(attributes, "name") == self._sheet
        elif not self._inside or self._tables > 1:
            return
        elif name == "table-row":
            self._repeated = _times(attributes, "number-rows-repeated")
            self._column, self._cells = 0, {}
        elif name in _CELLS:
            self._cell, self._paragraphs = attributes, 0
        elif name == "annotation":
            self._notes += 1
        elif not self._notes:
            self._text(name, attributes)

    def _text(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p":
            self._parts += ["\n"] if self._paragraphs else []
            self._paragraphs += 1
        elif name == "s":
            self._characters(" " * min(_times(attributes, "c"), MOST_COLUMNS))
        elif name in ("tab", "line-break"):
            self._characters("\t" if name == "tab" else "\n")

    def _characters(self, text: str) -> None:
        if self._inside and self._paragraphs and not self._notes and self._tables == 1:
            self._parts.append(text)
            self._size += len(text)
            if self._size > MOST_CHARACTERS:
                raise ValueError("the text of a cell is too long")

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "table":
            self._tables -= 1
            self._inside = self._inside and self._tables > 0
        elif not self._inside or self._tables > 1:
            return
        elif name == "annotation":
            self._notes -= 1
        elif name in _CELLS:
            self._end_cell(covered=name == "covered-table-cell")
        elif name == "table-row":
            self._end_row()

    def _end_cell(self, *, covered: bool) -> None:
        text, times = "".join(self._parts), _times(self._cell, "number-columns-repeated")
        self._parts.clear()
        self._size = self._paragraphs = 0
        value = "" if covered else _value(self._cell, text)
        if value:
            check_place(self._row + 1, self._column + times - 1)
            self._cells |= dict.fromkeys(range(self._column, self._column + times), value)
        wide = _times(self._cell, "number-columns-spanned")
        high = _times(self._cell, "number-rows-spanned")
        if wide > 1 or high > 1:
            top = self._row + 1
            check_place(top + high - 1, self._column + wide - 1)
            self.merged.append(Area(top, self._column, top + high - 1, self._column + wide - 1))
        self._column += times

    def _end_row(self) -> None:
        if self._cells:
            if self._row + self._repeated > MOST_ROWS:
                raise ValueError(f"the sheet {self._sheet!r} has more than {MOST_ROWS:,} rows")
            self._count += self._repeated * len(self._cells)
            if self._count > _MOST_CELLS:
                raise ValueError(f"the sheet {self._sheet!r} has more than {_MOST_CELLS:,} cells")
            self._rows.append((self._row + 1, self._repeated, self._cells))
        self._row += self._repeated


def _attribute(attributes: dict[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if local(key) == name), "")


def _times(attributes: dict[str, str], name: str) -> int:
    return max(1, int(_attribute(attributes, name) or 1)) if attributes else 1


def _value(cell: dict[str, str], text: str) -> str:
    """The value of a cell, whose displayed text is `text`."""
    known = {local(key): value for key, value in cell.items()}
    kinds = [value for key, value in cell.items() if local(key) == "value-type"]
    is_error = "error" in kinds or ("formula" in known and _ERROR.match(text))
    kind = next((kind for kind in kinds if kind != "error"), "")
    if is_error:
        return CellError(text)
    if kind in ("float", "percentage", "currency"):
        number = number_text(known["value"])
        padded = text.isdecimal() and text.lstrip("0") == number
        return CellValue(text if padded else number)
    if kind == "date":
        date, _, time = known["date-value"].partition("T")
        return CellValue(f"{date} {time}" if time.strip("0:.") else date)
    if kind == "time":
        return CellValue(_time(known["time-value"]))
    if kind == "boolean":
        return CellValue(known["boolean-value"])
    return known.get("string-value") or text


def _time(text: str) -> str:
    """A time of day or an elapsed time, which ISO 8601 writes as `PT13H05M00S`."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text[:40]!r} is not a time")
    sign, days, hours, minutes, seconds = match.groups()
    elapsed = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=float((seconds or "0").replace(",", ".")),
    )
    return elapsed_text(-elapsed if sign else elapsed)
