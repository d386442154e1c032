"""The first sheet of an Excel workbook as rows of texts, whatever program has saved it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from posixpath import join, normpath
from xml.etree.ElementTree import Element, ParseError, fromstring
from zipfile import BadZipFile, ZipFile

from medallion.errors import DataError
from medallion.export.cell_text import ValueText

MOST_BYTES = 1 << 30  # of a part of the workbook, so that a small file cannot fill the memory
_WHOLE = re.compile(r"-?\d+")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # built-in formats
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_FIRST_DAY = datetime(1899, 12, 30)
_FIRST_DAY_1904 = datetime(1904, 1, 1)


def read_sheet(data: bytes, name: str) -> list[list[str | None]]:
    """The rows of the first sheet; a cell that is not text has a ValueText.

    Raises DataError when it is not a workbook.
    """
    try:
        with ZipFile(io.BytesIO(data)) as book:
            return _Book(book).rows()
    except (BadZipFile, KeyError, ParseError, ValueError, IndexError) as error:
        raise DataError(
            f"{name}: is not an Excel workbook: {error}", hint="save it as .xlsx or as CSV UTF-8"
        ) from error


class _Book:
    """An open workbook."""

    def __init__(self, book: ZipFile) -> None:
        self.book = book
        workbook = self._part("xl/workbook.xml")
        properties = _first(workbook, "workbookPr")
        mac = properties is not None and properties.get("date1904") in ("1", "true")
        self.first_day = _FIRST_DAY_1904 if mac else _FIRST_DAY
        self.sheet = self._sheet_path(workbook)
        names = set(book.namelist())
        self.texts = self._texts() if "xl/sharedStrings.xml" in names else []
        self.dates = self._dates() if "xl/styles.xml" in names else set()

    def rows(self) -> list[list[str | None]]:
        """The rows, each from the first column on; a row without a cell is empty."""
        rows: list[list[str | None]] = []
        for row in _all(self._part(self.sheet), "row"):
            number = int(row.get("r") or len(rows) + 1)
            rows += [[] for _ in range(number - 1 - len(rows))]
            cells: list[str | None] = []
            for cell in _all(row, "c"):
                place = _column(cell.get("r")) if cell.get("r") else len(cells)
                cells += [None] * (place - len(cells))
                cells.append(self._value(cell))
            rows.append(cells)
        return rows

    def _part(self, path: str) -> Element:
        if self.book.getinfo(path).file_size > MOST_BYTES:
            raise ValueError(f"{path} is too large")
        data = self.book.read(path)
        if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
            raise ValueError(f"{path} has a document type, which a workbook has not")
        return fromstring(data)  # noqa: S314 (it has no entities)

    def _sheet_path(self, workbook: Element) -> str:
        sheet = next(_all(workbook, "sheet"))
        key = next(value for name, value in sheet.items() if name.endswith("}id"))
        relations = self._part("xl/_rels/workbook.xml.rels")
        target = next(
            each.get("Target", "")
            for each in _all(relations, "Relationship")
            if each.get("Id") == key
        )
        return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))

    def _texts(self) -> list[str]:
        return [_text(item) for item in _all(self._part("xl/sharedStrings.xml"), "si")]

    def _dates(self) -> set[int]:
        """The cell formats whose numbers are dates or times."""
        styles = self._part("xl/styles.xml")
        codes = {
            int(each.get("numFmtId", 0)): each.get("formatCode", "")
            for each in _all(styles, "numFmt")
        }
        formats = _first(styles, "cellXfs")
        numbers = [int(each.get("numFmtId", 0)) for each in _all(formats, "xf")] if formats else []
        return {place for place, number in enumerate(numbers) if _is_date(number, codes)}

    def _value(self, cell: Element) -> str | None:
        """The value of a cell as text; formulas have the value that the program has computed."""
        kind, value = cell.get("t", "n"), _first(cell, "v")
        if kind == "inlineStr":
            return _text(cell)
        if value is None or value.text is None:
            return None
        text = value.text
        if kind == "s":
            return self.texts[int(text)]
        if kind == "b":
            return ValueText("true" if text == "1" else "false")
        if kind == "d":
            return ValueText(text)
        if kind in ("str", "e"):
            return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        is_date = int(cell.get("s", 0)) in self.dates
        return ValueText(self._moment(text) if is_date else _number(text))

    def _moment(self, days: str) -> str:
        """A date, a time of day, or both, as in ISO 8601."""
        number = float(days)
        seconds = round((number % 1) * 86_400, 3)
        moment = self.first_day + timedelta(days=int(number), seconds=seconds)
        if number < 1:
            return moment.time().isoformat()
        return moment.date().isoformat() if not seconds else moment.isoformat(" ")


def _is_date(number: int, codes: Mapping[int, str]) -> bool:
    """Whether a number format, with a code of its own or built in, shows dates or times."""
    code = _LITERALS.sub("", codes.get(number, "")).lower()
    return number in _DATES or bool(re.search("[ymdhs]", code))


def _number(text: str) -> str:
    """A number without an exponent and without the noise of binary fractions: `0.1`, `1200`."""
    if _WHOLE.fullmatch(text):
        return text
    number = Decimal(text) if len(text) < 17 else Decimal(repr(float(text)))
    rounded = Decimal(f"{number:.15g}")
    plain = f"{rounded:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _text(element: Element) -> str:
    """The text of a cell or of a shared string, without its formats and phonetic hints."""
    hints = {id(text) for hint in _all(element, "rPh") for text in _all(hint, "t")}
    text = "".join(each.text or "" for each in _all(element, "t") if id(each) not in hints)
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _all(element: Element, name: str) -> Iterator[Element]:
    """The elements of a name at any depth, whatever their namespace."""
    return (each for each in element.iter() if each.tag.rpartition("}")[2] == name)


def _first(element: Element, name: str) -> Element | None:
    return next(_all(element, name), None)


def _column(reference: str | None) -> int:
    """The number of a cell's column, from 0: `B7` is in column 1."""
    number = 0
    for letter in re.sub(r"\d", "", reference or ""):
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number - 1
