"""What the workbooks of all programs have in common: named sheets of rows of cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import IO, NamedTuple
from zipfile import ZipFile

MOST_BYTES = 1 << 29  # of a part that is read into memory, which a small file must not fill
MOST_STREAMED = 1 << 32  # bytes of a part that is read row by row
MOST_CHARACTERS = 1 << 22  # of the text of a cell
MOST_COLUMNS = 1 << 14
MOST_ROWS = 1 << 20

Cells = dict[int, str]
"""The texts of the cells of a row by the number of their column, from 0; without empty ones."""


class WorkbookError(Exception):
    """The file is not a workbook that can be read; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Area(NamedTuple):
    """A rectangle of cells, by rows from 1 and columns from 0; all bounds are inside."""

    top: int
    left: int
    bottom: int
    right: int


class Workbook(ABC):
    """An open workbook. `sheets` are the names of its visible sheets of cells."""

    sheets: tuple[str, ...]

    @abstractmethod
    def rows(self, sheet: str) -> Generator[tuple[int, Cells], None, None]:
        """The rows of a sheet that have cells, each with its number from 1, in order.

        A cell has CellValue for a value that is not text, and CellError for an error.
        """

    @abstractmethod
    def merged(self, sheet: str) -> list[Area]:
        """The merged cells of a sheet."""

    @abstractmethod
    def close(self) -> None:
        """Close the file."""


def open_part(book: ZipFile, path: str, most: int = MOST_STREAMED) -> IO[bytes]:
    """Open a part of a workbook. Raises ValueError if it is larger than `most` bytes.

    What is read never exceeds the size that the archive declares.
    """
    if book.getinfo(path).file_size > most:
        raise ValueError(f"{path} has more than {most:,} bytes")
    return book.open(path)


def check_place(row: int, column: int) -> None:
    """Raise ValueError for a cell outside the largest sheet."""
    if not (1 <= row <= MOST_ROWS and 0 <= column < MOST_COLUMNS):
        raise ValueError(f"row {row}, column {column + 1} is outside the largest sheet")


def column_number(reference: str) -> int:
    """The number of a column, from 0: 1 for `B` and `B7`."""
    number = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """The letters of a column that is counted from 0: `AB` for 27."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
