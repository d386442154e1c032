"""Workbooks of Excel since 2007: `.xlsx` and `.xlsm`."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from posixpath import join, normpath
from typing import IO
from zipfile import ZipFile

from medallion.workbooks.cell_texts import (
    CellError,
    CellValue,
    NumberFormat,
    number_format,
    shown,
)
from medallion.workbooks.workbook import (
    MOST_BYTES,
    MOST_CHARACTERS,
    Area,
    Cells,
    Workbook,
    check_place,
    column_number,
    open_part,
)
from medallion.workbooks.xml_events import chunks, elements, local, safe_parser

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
NOT_COMPUTED = "a formula without a saved value"
_DIGITS = re.compile(r"\d+")
_PLAIN = NumberFormat()


class XlsxWorkbook(Workbook):
    """An open workbook. Formulas have the value that the program has computed."""

    def __init__(self, book: ZipFile) -> None:
        self._book = book
        self._names = set(book.namelist())
        self._from_1904 = False
        self._paths = dict(self._visible_sheets())
        self.sheets = tuple(self._paths)
        self._texts = list(self._shared_texts())
        self._formats = self._number_formats()

    def rows(self, sheet: str) -> Generator[tuple[int, Cells], None, None]:
        with self._part(self._paths[sheet]) as file:
            yield from _SheetReader(self._texts, self._formats, self._from_1904).rows(file)

    def merged(self, sheet: str) -> list[Area]:
        areas = []
        with self._part(self._paths[sheet]) as file:
            for name, attributes, _ in elements(file):
                if name == "mergeCell":
                    first, _, last = attributes.get("ref", "").partition(":")
                    (top, left), (bottom, right) = _place(first), _place(last or first)
                    areas.append(Area(top, left, bottom, right))
        return areas

    def close(self) -> None:
        self._book.close()

    def _part(self, path: str) -> IO[bytes]:
        return open_part(self._book, path)

    def _visible_sheets(self) -> Iterator[tuple[str, str]]:
        """The names and paths of the visible sheets of cells."""
        targets = {}
        with self._part("xl/_rels/workbook.xml.rels") as file:
            for name, attributes, _ in elements(file):
                if name == "Relationship" and "chartsheet" not in attributes.get("Type", ""):
                    target = attributes["Target"]
                    path = target.lstrip("/") if target[0] == "/" else join("xl", target)
                    targets[attributes["Id"]] = normpath(path)
        with self._part("xl/workbook.xml") as file:
            for name, attributes, _ in elements(file):
                if name == "workbookPr":
                    self._from_1904 = attributes.get("date1904") in ("1", "true")
                if name == "sheet" and attributes.get("state", "visible") == "visible":
                    key = next(value for each, value in attributes.items() if each[-3:] == ":id")
                    if key in targets:
                        yield attributes["name"], targets[key]

    def _shared_texts(self) -> Iterator[str]:
        if "xl/sharedStrings.xml" in self._names:
            with open_part(self._book, "xl/sharedStrings.xml", MOST_BYTES) as file:
                yield from _TextReader().texts(file)

    def _number_formats(self) -> list[NumberFormat]:
        """The number formats by the number of the cell's style."""
        if "xl/styles.xml" not in self._names:
            return []
        codes, numbers = {}, []
        with self._part("xl/styles.xml") as file:
            for name, attributes, around in elements(file):
                if name == "numFmt":
                    codes[int(attributes.get("numFmtId", 0))] = attributes.get("formatCode", "")
                if name == "xf" and around == "cellXfs":
                    numbers.append(int(attributes.get("numFmtId", 0)))
        return [number_format(number, codes.get(number, "")) for number in numbers]


class _TextReader:
    """Reads the texts of a part, without their formats and phonetic hints."""

    def __init__(self) -> None:
        self.parser = safe_parser()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self._parts: list[str] = []
        self._size = 0
        self._wanted = False
        self._hints = 0
        self._texts: list[str] = []

    def texts(self, file: IO[bytes]) -> Iterator[str]:
        """The shared texts of a workbook."""
        for chunk, last in chunks(file):
            self.parser.Parse(chunk, last)
            yield from self._texts
            self._texts.clear()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._enter(local(name))

    def _enter(self, name: str) -> None:
        self._hints += name == "rPh"
        self._wanted = name in ("t", "v") and not self._hints

    def characters(self, text: str) -> None:
        if self._wanted:
            self._parts.append(text)
            self._size += len(text)
            if self._size > MOST_CHARACTERS:
                raise ValueError("the text of a cell is too long")

    def end(self, name: str) -> None:
        name = local(name)
        self._leave(name)
        if name == "si":
            self._texts.append(self._taken())

    def _leave(self, name: str) -> None:
        self._hints -= name == "rPh"
        self._wanted = False

    def _taken(self) -> str:
        """The text since the last call."""
        return _unescaped(self._joined())

    def _joined(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        self._size = 0
        return text


class _SheetReader(_TextReader):
    """Reads the rows of a sheet."""

    def __init__(self, texts: list[str], formats: list[NumberFormat], from_1904: bool) -> None:
        super().__init__()
        self._shared, self._formats, self._from_1904 = texts, formats, from_1904
        self._rows: list[tuple[int, Cells]] = []
        self._row = self._column = 0
        self._cells: Cells = {}
        self._cell: dict[str, str] = {}
        self._inside: set[str] = set()  # the names of the elements in the cell

    def rows(self, file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
        for chunk, last in chunks(file):
            self.parser.Parse(chunk, last)
            yield from self._rows
            self._rows.clear()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        self._enter(name)
        if name == "row":
            number = int(attributes.get("r") or self._row + 1)
            if number <= self._row:
                raise ValueError(f"row {number} follows row {self._row}")
            self._row, self._column, self._cells = number, -1, {}
        elif name == "c":
            reference = attributes.get("r")
            self._column = column_number(reference) if reference else self._column + 1
            check_place(self._row, self._column)
            self._cell, self._inside = attributes, set()
        else:
            self._inside.add(name)

    def end(self, name: str) -> None:
        name = local(name)
        self._leave(name)
        if name == "c":
            text = self._joined()
            value = self._value(self._cell, text) if text else self._without_text()
            if value:
                self._cells[self._column] = value
        elif name == "row" and self._cells:
            self._rows.append((self._row, self._cells))

    def _without_text(self) -> str:
        """An error for a formula that the program which wrote it has not computed."""
        is_text = self._cell.get("t", "n") != "n"  # which a formula may leave empty
        return CellError(NOT_COMPUTED) if "f" in self._inside and not is_text else ""

    def _value(self, cell: dict[str, str], text: str) -> str:
        kind = cell.get("t", "n")
        if kind == "s":
            return self._shared[int(text)]
        if kind in ("str", "inlineStr"):
            return _unescaped(text)
        if kind == "e":
            return CellError(text)
        if kind == "b":
            return CellValue("true" if text == "1" else "false")
        if kind == "d":
            return CellValue(text.replace("T", " "))
        style = int(cell.get("s", 0))
        form = self._formats[style] if style < len(self._formats) else _PLAIN
        return shown(text, form, from_1904=self._from_1904)


def _place(reference: str) -> tuple[int, int]:
    digits = _DIGITS.search(reference)
    row, column = int(digits[0]) if digits else 0, column_number(reference)
    check_place(row, column)
    return row, column


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
