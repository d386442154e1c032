"""The records of a sheet, whatever program has saved it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from medallion.errors import SourceError
from medallion.formats.sheet_records import SheetLayout, SheetRecords, cell_range
from medallion.workbooks.cell_texts import CellError
from medallion.workbooks.workbook import Area, Cells, Workbook

PLAIN = SheetLayout()


class Memory(Workbook):
    """A workbook of one sheet, `one`."""

    def __init__(self, rows: dict[int, Cells], *merged: Area) -> None:
        self.sheets = ("one",)
        self._rows, self._merged = rows, list(merged)

    def rows(self, sheet: str) -> Generator[tuple[int, Cells], None, None]:
        assert sheet == "one"
        yield from self._rows.items()

    def merged(self, sheet: str) -> list[Area]:
        assert sheet == "one"
        return self._merged

    def close(self) -> None:
        pass


def records(book: Memory, layout: SheetLayout = PLAIN) -> SheetRecords:
    return SheetRecords(book, "one", "a.xlsx", layout)


def values(sheet: SheetRecords) -> list[tuple[int, Cells]]:
    return [(record.row, dict(record.values)) for record in sheet if not record.fault]


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("B3:F100", Area(3, 1, 100, 5)),
        ("b:f", Area(1, 1, 1_048_576, 5)),
        ("$B$3:F", Area(3, 1, 1_048_576, 5)),
    ],
)
def test_a_range(text: str, area: Area) -> None:
    assert cell_range(text) == area


@pytest.mark.parametrize("text", ["B3", "F:B", "B9:F3", "3:9", "ZZZ1:ZZZ2", "A0:B1"])
def test_what_is_not_a_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"range|ends before"):
        cell_range(text)


def test_the_header_is_the_first_row_with_cells() -> None:
    sheet = records(Memory({3: {1: " id ", 2: "name"}, 5: {1: "1"}, 6: {2: "Ann"}}))
    assert sheet.columns == {1: "id", 2: "name"}
    assert values(sheet) == [(5, {1: "1"}), (6, {2: "Ann"})]


def test_what_is_above_the_header_and_the_footer_are_no_records() -> None:
    rows = {1: {0: "A report"}, 3: {0: "id"}, 4: {0: "1"}, 5: {0: "2"}, 9: {0: "Total"}}
    assert values(records(Memory(rows), SheetLayout(header=(3,), footer=1))) == [
        (4, {0: "1"}),
        (5, {0: "2"}),
    ]


def test_a_header_of_several_rows_with_merged_cells() -> None:
    rows = {
        1: {0: "id", 1: "2024", 3: "note"},
        2: {1: "Q1", 2: "Q2", 3: "note"},
        3: {0: "7", 1: "1", 2: "2", 3: "x"},
    }
    book = Memory(rows, Area(1, 0, 2, 0), Area(1, 1, 1, 2))
    sheet = records(book, SheetLayout(header=(1, 2)))
    assert sheet.columns == {0: "id", 1: "2024 Q1", 2: "2024 Q2", 3: "note"}
    assert values(sheet) == [(3, rows[3])]


def test_merged_cells_are_filled_where_that_is_declared() -> None:
    rows = {
        1: {0: "area", 1: "city"},
        2: {0: "north", 1: "a"},
        3: {1: "b"},
        4: {0: "south", 1: "c"},
    }
    book = Memory(rows, Area(2, 0, 3, 0))
    assert values(records(book))[1] == (3, {1: "b"})
    assert values(records(book, SheetLayout(fill=True))) == [
        (2, {0: "north", 1: "a"}),
        (3, {0: "north", 1: "b"}),
        (4, {0: "south", 1: "c"}),
    ]


def test_only_cells_of_the_area_count() -> None:
    rows = {1: {0: "x"}, 2: {0: "x", 1: "id", 9: "y"}, 3: {1: "1"}, 4: {0: "x"}, 5: {1: "5"}}
    sheet = records(Memory(rows), SheetLayout(area=cell_range("B2:C4")))
    assert sheet.columns == {1: "id"}
    assert values(sheet) == [(3, {1: "1"})]


def test_without_a_header() -> None:
    layout = SheetLayout(declared=("id", "name"), area=cell_range("B:C"))
    assert values(records(Memory({1: {1: "1", 2: "Ann"}}), layout)) == [(1, {1: "1", 2: "Ann"})]


def test_records_that_are_rejected() -> None:
    rows = {
        1: {0: "id", 1: "price"},
        2: {0: "1", 1: CellError("#N/A")},
        3: {0: "2", 2: "a note"},
        4: {0: "ID", 1: "Price"},
        5: {0: "5", 1: "6"},
    }
    sheet = records(Memory(rows))
    rejected = [record for record in sheet if record.fault]
    assert [(record.row, record.fault) for record in rejected] == [
        (2, "#N/A in column 'price' (sheet 'one', row 2)"),
        (3, "a value in column C, which has no name (sheet 'one', row 3)"),
        (4, "repeats the header (sheet 'one', row 4)"),
    ]
    assert [record.misfit for record in rejected] == [False, True, False]
    assert sheet.raw(rejected[0]) == '{"id": "1", "price": "#N/A"}'
    assert sheet.raw(rejected[1]) == '{"id": "2", "C": "a note"}'


def test_a_first_column_without_a_name_as_pandas_writes_it() -> None:
    sheet = records(Memory({1: {1: "a", 2: "b"}, 2: {0: "0", 1: "x"}, 3: {0: "1", 2: "y"}}))
    assert sheet.columns == {0: "column_1", 1: "a", 2: "b"}
    assert sheet.warnings == ["the first column of sheet 'one' was named 'column_1'"]
    assert values(sheet) == [(2, {0: "0", 1: "x"}), (3, {0: "1", 2: "y"})]


def test_a_sheet_without_cells() -> None:
    assert records(Memory({})).columns == {}
    assert records(Memory({1: {0: "x"}}), SheetLayout(header=(5,))).columns == {}


@pytest.mark.parametrize(
    ("rows", "layout", "fault"),
    [
        ({1: {0: "id", 1: "ID"}}, SheetLayout(), "duplicate column name 'ID'"),
        ({1: {0: "_origin"}}, SheetLayout(), "reserved"),
        ({1: {0: "x"}, 3: {0: "y"}}, SheetLayout(header=(2,)), "its header has no names"),
        ({1: {0: " "}, 2: {0: "y"}}, SheetLayout(), "its header has no names"),
    ],
)
def test_an_invalid_header(rows: dict[int, Cells], layout: SheetLayout, fault: str) -> None:
    with pytest.raises(SourceError, match=f"a.xlsx: sheet 'one': .*{fault}"):
        records(Memory(rows), layout)
