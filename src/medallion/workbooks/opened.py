"""Opening a workbook, whatever program has saved it: its bytes decide, not its name."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from medallion.workbooks.workbook import Area, Cells, Workbook, WorkbookError

_ARCHIVE = b"PK\x03\x04"
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FAULTS = (
    BadZipFile,
    ExpatError,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    ValueError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    AttributeError,
)  # of zipfile and expat, and what xlrd raises for bytes that it did not expect


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """An open workbook. Raises WorkbookError for a file that is not one, or is damaged.

    Raises ModuleNotFoundError for an `.xls` file without xlrd.
    """
    with _faults():
        book = _open(path)
    guarded = _Guarded(book)
    try:
        yield guarded
    finally:
        guarded.close()


class _Guarded(Workbook):
    """A workbook whose faults, wherever reading meets them, are WorkbookErrors."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.sheets = book.sheets
        self._reading: list[Generator[tuple[int, Cells], None, None]] = []

    def rows(self, sheet: str) -> Generator[tuple[int, Cells], None, None]:
        rows = self._book.rows(sheet)
        self._reading.append(rows)
        end = (0, Cells())
        while True:
            with _faults():
                row = next(rows, end)
            if row is end:
                return
            yield row

    def merged(self, sheet: str) -> list[Area]:
        with _faults():
            return self._book.merged(sheet)

    def close(self) -> None:
        for rows in self._reading:
            rows.close()
        self._book.close()


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (*_FAULTS, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a position before 0
            raise
        raise WorkbookError(
            f"is cut short or damaged: {error or type(error).__name__}",
            "open it in a spreadsheet and save it again as .xlsx, or download it again",
        ) from error


def _open(path: Path) -> Workbook:
    with path.open("rb") as file:
        head = file.read(len(_OLD))
    if head.startswith(_OLD):
        from medallion.workbooks.xls import XlsWorkbook

        return XlsWorkbook(path)
    if not head.startswith(_ARCHIVE):
        raise WorkbookError("is not a workbook", "declare its `format`")
    book = ZipFile(path)
    try:
        names = set(book.namelist())
        if "xl/workbook.xml" in names:
            from medallion.workbooks.xlsx import XlsxWorkbook

            return XlsxWorkbook(book)
        if "content.xml" in names:
            from medallion.workbooks.ods import OdsWorkbook

            return OdsWorkbook(book)
        if "xl/workbook.bin" in names:
            raise WorkbookError("is a binary workbook (.xlsb)", "save it as .xlsx")
        raise WorkbookError("is an archive, not a workbook", "declare the right file")
    except BaseException:
        book.close()
        raise
