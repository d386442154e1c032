"""The records of a sheet: below its header, within a range, without formula errors."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from medallion.errors import SourceError
from medallion.formats.column_names import check_names, clean_name
from medallion.workbooks.cell_texts import CellError
from medallion.workbooks.workbook import (
    MOST_COLUMNS,
    MOST_ROWS,
    Area,
    Cells,
    Workbook,
    column_letters,
    column_number,
)

EVERYTHING = Area(1, 0, MOST_ROWS, MOST_COLUMNS - 1)
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d*):\$?([A-Z]{1,3})\$?(\d*)", re.IGNORECASE)


def cell_range(text: str) -> Area:
    """The area of `B3:F100` or `B:F`. Raises ValueError for another text."""
    match = _RANGE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a range such as `B3:F100` or `B:F`")
    left, top, right, bottom = match.groups()
    area = Area(
        int(top or 1),
        column_number(left.upper()),
        int(bottom or MOST_ROWS),
        column_number(right.upper()),
    )
    if not (1 <= area.top <= area.bottom and area.left <= area.right < MOST_COLUMNS):
        raise ValueError(f"{text!r} ends before it begins, or is outside the largest sheet")
    return area


@dataclass(frozen=True)
class SheetLayout:
    """Where the records of a sheet are.

    `header` are the rows with the names of the columns, none for the first row that has a cell;
    `declared` the names of a sheet without a header. The last `footer` rows are no records.
    `fill`: each cell of a merged area has its value.
    """

    header: tuple[int, ...] = ()
    declared: tuple[str, ...] = ()
    area: Area = EVERYTHING
    footer: int = 0
    fill: bool = False


class SheetRecord(NamedTuple):
    """A record: the number of its row, its values by column, and why it is rejected, if it is.

    `misfit`: it has a value in a column without a name.
    """

    row: int
    values: Mapping[int, str]
    fault: str = ""
    misfit: bool = False


class SheetRecords:
    """The records of one sheet, read once. `columns` are the names by the number of the column.

    They are empty for a sheet without cells. Raises SourceError for an invalid header.
    """

    def __init__(self, book: Workbook, sheet: str, name: str, layout: SheetLayout) -> None:
        self.sheet = sheet
        self.warnings: list[str] = []
        self._place = f"{name}: sheet {sheet!r}"
        self._layout = layout
        needs_areas = layout.fill or len(layout.header) > 1
        areas = sorted(book.merged(sheet)) if needs_areas else []
        self._rows = _without_footer(
            _cropped(_filled(book.rows(sheet), areas), layout.area), layout.footer
        )
        self._first: deque[tuple[int, Cells, Cells]] = deque()
        self.columns = self._names()

    def __iter__(self) -> Iterator[SheetRecord]:
        lower = {name.lower() for name in self.columns.values()}
        while self._first:
            row, cells, filled = self._first.popleft()
            yield from self._record(row, cells, filled, lower)
        for row, cells, filled in self._rows:
            yield from self._record(row, cells, filled, lower)

    def raw(self, record: SheetRecord) -> str:
        """The cells of a record as text: a JSON object by column."""
        names = {
            self.columns.get(column, column_letters(column)): str(value)
            for column, value in record.values.items()
        }
        return json.dumps(names, ensure_ascii=False)

    def _record(
        self, row: int, cells: Cells, filled: Cells, names: set[str]
    ) -> Iterator[SheetRecord]:
        values = {**filled, **cells} if self._layout.fill else cells
        where = f"sheet {self.sheet!r}, row {row}"
        error = next((c for c, value in values.items() if isinstance(value, CellError)), None)
        extra = next((column for column in values if column not in self.columns), None)
        if error is not None:
            column = repr(self.columns.get(error, column_letters(error)))
            yield SheetRecord(row, values, f"{values[error]} in column {column} ({where})")
        elif extra is not None:
            fault = f"a value in column {column_letters(extra)}, which has no name ({where})"
            yield SheetRecord(row, values, fault, misfit=True)
        elif len(names) > 1 and self._repeats_header(values):
            yield SheetRecord(row, values, f"repeats the header ({where})")
        else:
            yield SheetRecord(row, values)

    def _repeats_header(self, values: Cells) -> bool:
        return len(values) == len(self.columns) and all(
            clean_name(values[column]).lower() == name.lower()
            for column, name in self.columns.items()
            if column in values
        )

    def _names(self) -> dict[int, str]:
        layout = self._layout
        if layout.declared:
            left = layout.area.left
            names = dict(enumerate(layout.declared, left))
            check_names(self._place, layout.declared)
            return names
        lines = self._header_rows()
        if not lines:
            return {}
        names = _joined(lines)
        if not names:
            hint = "declare `header`, the number of the row with the names of the columns"
            raise SourceError(f"{self._place}: its header has no names", hint=hint)
        self._name_index(names)
        check_names(self._place, tuple(names.values()))
        return names

    def _header_rows(self) -> list[Cells]:
        """The rows of the header; the row after it is kept for the records."""
        header = self._layout.header
        lines: list[Cells] = []
        for row, cells, filled in self._rows:
            if not header:
                return [cells]
            if row in header:
                lines.append({**filled, **cells} if len(header) > 1 else cells)
            elif row > header[-1]:
                self._first.append((row, cells, filled))
                break
        if not lines and self._first:
            lines = [{}]
        return lines

    def _name_index(self, names: dict[int, str]) -> None:
        """Name a first column that has values but no name, as pandas writes it for its index."""
        if not self._first and (following := next(self._rows, None)):
            self._first.append(following)
        before = min(names) - 1
        if self._first and before >= 0 and min(self._first[0][1]) == before:
            name = f"column_{before - self._layout.area.left + 1}"
            self.warnings.append(f"the first column of sheet {self.sheet!r} was named {name!r}")
            others = dict(names)
            names.clear()
            names |= {before: name, **others}


def _joined(lines: Sequence[Cells]) -> dict[int, str]:
    """The names of columns by the rows of a header; a name in several rows counts once."""
    names = {}
    for column in sorted({column for cells in lines for column in cells}):
        parts = [clean_name(cells.get(column, "")) for cells in lines]
        if name := " ".join(dict.fromkeys(part for part in parts if part)):
            names[column] = name
    return names


def _filled(
    rows: Iterator[tuple[int, Cells]], areas: Sequence[Area]
) -> Iterator[tuple[int, Cells, Cells]]:
    """The rows, each with the values of the merged areas that it is in."""
    coming, active = deque(areas), []
    for row, cells in rows:
        while coming and coming[0].top <= row:
            area = coming.popleft()
            value = cells.get(area.left) if area.top == row else None
            if value is not None:
                active.append((area, value))
        active = [(area, value) for area, value in active if area.bottom >= row]
        filled = {
            column: value for area, value in active for column in range(area.left, area.right + 1)
        }
        yield row, cells, filled


def _cropped(
    rows: Iterator[tuple[int, Cells, Cells]], area: Area
) -> Iterator[tuple[int, Cells, Cells]]:
    """The rows within an area that have cells of their own."""
    for row, *both in rows:
        if row > area.bottom:
            return
        cells, filled = (
            {column: value for column, value in each.items() if area.left <= column <= area.right}
            for each in both
        )
        if row >= area.top and cells:
            yield row, cells, filled


def _without_footer(
    rows: Iterator[tuple[int, Cells, Cells]], footer: int
) -> Iterator[tuple[int, Cells, Cells]]:
    """The rows without the last ones."""
    waiting: deque[tuple[int, Cells, Cells]] = deque()
    for row in rows:
        waiting.append(row)
        if len(waiting) > footer:
            yield waiting.popleft()
