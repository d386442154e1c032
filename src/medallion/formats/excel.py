"""The Excel format: sheets of workbooks, whose values are text as a spreadsheet shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats.column_names import check_names
from medallion.formats.file_signature import looks_like
from medallion.formats.sheet_records import (
    EVERYTHING,
    SheetLayout,
    SheetRecord,
    SheetRecords,
    cell_range,
)
from medallion.formats.text_file import check_readable, whole
from medallion.formats.text_rows import TextRow, write_rows
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.plural import count_of
from medallion.records import Column
from medallion.workbooks.opened import opened
from medallion.workbooks.workbook import Workbook, WorkbookError

if TYPE_CHECKING:
    from medallion.contracts import Connection

RowNumber = Annotated[int, Field(strict=True, ge=1)]

_SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # of workbooks
_LISTED = 10  # names of sheets in a message


class Excel(Format):
    """Sheets of a workbook: `.xlsx` and `.xlsm`, `.ods`, and with the extra `excel` also `.xls`.

    Values are text, as a spreadsheet shows them without grouping and rounding: `1200`, `0.1`,
    `2024-02-29`, `2024-02-29 13:05:00`, `13:05:00`, `true`, and `00123` for a number with the
    format `00000`; a percentage is its fraction, `0.25`. Empty cells are null. Rows without cells
    are ignored, and formulas have the value that the program has saved.

    These records are quarantined, with the sheet and the row in the reason: one with a formula
    error, such as `#N/A`, or a formula that was saved without its value; one with a value in a
    column without a name; and one that repeats the header. Records are numbered over all sheets,
    without the header and empty rows; `row_column` adds the number of the row.

    - `sheets`: the names of the sheets, with `*` and `?` as wildcards; by default the first one.
      Hidden sheets of Excel are left out. Columns are matched by name.
    - `header`: the row with the names of the columns, by default the first that is not empty;
      `[2, 3]` joins the names of several rows; `false` if the first row is data, and then
      `columns` names the columns in order.
    - `range`: the cells to read: `B3:F100`, or `B:F`.
    - `footer`: the number of rows at the end that are not records, such as totals.
    - `merged`: `fill` gives each cell of a merged area its value; by default only the first cell
      has it. In a header of several rows, merged cells are always filled.
    - `null`: values that are null: `["-", "NA"]`.
    - `sheet_column`, `row_column`: the names of columns to add, with the name of the sheet and the
      number of the row in it.

    ```yaml
    tables:
      bronze:
        budget:
          source: "data/budget*.xlsx"
          format: {excel: {sheets: "20*", header: 3, row_column: sheet_row}}
    ```
    """

    name: ClassVar[str] = "excel"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = (".xlsx", ".xlsm", ".xls", ".ods")

    sheets: tuple[str, ...] = ()
    header: Literal[False] | RowNumber | tuple[RowNumber, ...] | None = None
    columns: tuple[str, ...] = ()
    range: str = ""
    footer: int = Field(default=0, ge=0)
    merged: Literal["first", "fill"] = "first"
    null: tuple[str, ...] = ()
    sheet_column: str | None = Field(default=None, min_length=1)
    row_column: str | None = Field(default=None, min_length=1)

    @field_validator("sheets", "null", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _listed(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("range")
    @classmethod
    def _known_range(cls, value: str) -> str:
        if value:
            cell_range(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.header is not False and self.columns:
            raise ValueError(
                "`columns` needs `header: false`; to rename columns, use the step `rename`"
            )
        if self.header is False and not self.columns:
            raise ValueError("`header: false` needs `columns: [...]`, their names in order")
        if isinstance(self.header, tuple) and (
            not self.header or list(self.header) != sorted(set(self.header))
        ):
            raise ValueError("`header` needs at least one row, and rows in order")
        return self

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with _workbook(source, name) as book, whole(target) as part:
            sheets = self._sheets(book, name)
            columns = self._columns(sheets, name)
            rejects = UnreadableRecords(name)
            misfits: list[SheetRecord] = []
            rows = write_rows(
                self._accepted(sheets, columns, rejects, misfits), columns, part, self._integers
            )
            _check_fit(name, rows, len(rejects), misfits)
        warnings = [warning for sheet in sheets for warning in sheet.warnings]
        if not rows and not len(rejects):
            warnings.append("has a header but no records")
        return Parsed(self._described(columns), rows, rejects.all(), tuple(warnings))

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...]:
        with _workbook(source, name) as book:
            return self._described(self._columns(self._sheets(book, name), name))

    @property
    def _integers(self) -> tuple[str, ...]:
        return (self.row_column,) if self.row_column else ()

    def _described(self, columns: Sequence[str]) -> tuple[Column, ...]:
        return tuple(
            Column(name=column, type="int64" if column in self._integers else "text")
            for column in columns
        )

    def _layout(self) -> SheetLayout:
        header = self.header or ()
        return SheetLayout(
            header=header if isinstance(header, tuple) else (header,),
            declared=self.columns,
            area=cell_range(self.range) if self.range else EVERYTHING,
            footer=self.footer,
            fill=self.merged == "fill",
        )

    def _sheets(self, book: Workbook, name: str) -> list[SheetRecords]:
        """The sheets to read. Those without cells are left out, with a warning."""
        names = _matching(book.sheets, self.sheets, name)
        sheets = [SheetRecords(book, sheet, name, self._layout()) for sheet in names]
        filled = [sheet for sheet in sheets if sheet.columns]
        if not filled:
            raise SourceError(
                f"{name}: no cells in {_list(names)}",
                hint="declare `sheets`, `header` and `range`, or remove the file from `source`",
            )
        filled[0].warnings += [
            f"sheet {sheet.sheet!r} is empty" for sheet in sheets if not sheet.columns
        ]
        return filled

    def _columns(self, sheets: Sequence[SheetRecords], name: str) -> list[str]:
        """The columns of all sheets: matched by name, without case."""
        columns: dict[str, str] = {}
        for column in chain.from_iterable(sheet.columns.values() for sheet in sheets):
            columns.setdefault(column.casefold(), column)
        added = [column for column in (self.sheet_column, self.row_column) if column]
        check_names(name, [*columns.values(), *added])
        return [*columns.values(), *added]

    def _accepted(
        self,
        sheets: Sequence[SheetRecords],
        columns: Sequence[str],
        rejects: UnreadableRecords,
        misfits: list[SheetRecord],
    ) -> Iterator[TextRow]:
        """The values of the records that can be read; the others are added to `rejects`."""
        places = {column.casefold(): place for place, column in enumerate(columns)}
        number = 0
        for sheet in sheets:
            targets = {at: places[each.casefold()] for at, each in sheet.columns.items()}
            for record in sheet:
                number += 1
                if record.fault:
                    rejects.add(number, record.fault, sheet.raw(record))
                    misfits += [record] if record.misfit else []
                    continue
                row: list[str | int | None] = [None] * len(columns)
                for column, value in record.values.items():
                    row[targets[column]] = None if value in self.null else str(value)
                if self.sheet_column:
                    row[places[self.sheet_column.casefold()]] = sheet.sheet
                if self.row_column:
                    row[places[self.row_column.casefold()]] = record.row
                yield row


def _check_fit(name: str, rows: int, rejects: int, misfits: Sequence[SheetRecord]) -> None:
    """Raise SourceError if most records do not fit the header: the declaration must be wrong."""
    if len(misfits) > rows:
        raise SourceError(
            f"{name}: {len(misfits):,} of its {count_of(rows + rejects, 'record')} do not fit the "
            f"header; {misfits[0].fault}",
            hint="declare `header`, the row with the names of the columns, or `range`; "
            f"they may be in row {misfits[0].row}",
            settings={"header": misfits[0].row},
        )


@contextmanager
def _workbook(source: Path, name: str) -> Iterator[Workbook]:
    """An open workbook. Raises SourceError for a file that cannot be read."""
    head = check_readable(source, name)
    if Path(name).name.startswith("~$"):
        raise SourceError(
            f"{name}: is a lock file, which Excel writes while the workbook is open",
            hint="close the workbook, or declare a `source` that does not match it",
        )
    try:
        with opened(source) as book:
            yield book
    except ModuleNotFoundError as error:
        raise SourceError(
            f"{name}: an .xls workbook needs {error.name}, which is not installed",
            hint="pip install 'medallion-lake[excel]', or save the workbook as .xlsx",
        ) from error
    except WorkbookError as error:
        kind = looks_like(head) if not head.startswith(_SIGNATURES) else None
        fault, hint = (
            (f"is {kind[0]}, not a workbook", kind[1]) if kind else (str(error), error.hint)
        )
        raise SourceError(f"{name}: {fault}", hint=hint) from error


def _matching(sheets: Sequence[str], patterns: Sequence[str], name: str) -> list[str]:
    """The sheets with these names. Raises SourceError for a pattern that none has."""
    if not sheets:
        raise SourceError(f"{name}: has no visible sheet", hint="remove it from `source`")
    if not patterns:
        return [sheets[0]]
    for pattern in patterns:
        if not any(_fits(sheet, pattern) for sheet in sheets):
            raise SourceError(
                f"{name}: has no sheet {pattern!r}; it has {_list(sheets)}", hint="check `sheets`"
            )
    return [sheet for sheet in sheets if any(_fits(sheet, pattern) for pattern in patterns)]


def _fits(sheet: str, pattern: str) -> bool:
    return sheet == pattern or fnmatchcase(sheet, pattern)


def _list(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(map(repr, names[:_LISTED])) + (f" and {more:,} more" if more > 0 else "")
