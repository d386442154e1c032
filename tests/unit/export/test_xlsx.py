"""Sheets of Excel: cells have types, texts are never formulas, and no digit is lost."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pyarrow as pa
import pytest

from medallion.errors import DataError
from medallion.export.xlsx import (
    MOST_COLUMNS,
    MOST_ROWS,
    Sheet,
    sheet_names,
    write_sheet,
    write_workbook,
)


def cells(path: Path) -> list[list[Any]]:
    """The cells of the sheet: (type or style, text) each."""
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))  # noqa: S314 (written here)
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    return [
        [(cell.get("t") or cell.get("s"), "".join(cell.itertext())) for cell in row]
        for row in sheet.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row")
    ]


def sheet(folder: Path, *values: Any) -> list[Any]:
    """The cells of a column with these values, as they are in a sheet."""
    batches = [pa.RecordBatch.from_arrays([pa.array([value])], ["a"]) for value in values]
    write_sheet(folder / "t.xlsx", ["a"], batches)
    header, *rows = cells(folder / "t.xlsx")
    assert header == [("inlineStr", "a")]
    return [cell for (cell,) in rows]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, (None, "")),
        (True, ("b", "1")),
        (False, ("b", "0")),
        (-12, (None, "-12")),
        (0.1, (None, "0.1")),
        (float("inf"), ("inlineStr", "inf")),
        (float("nan"), ("inlineStr", "nan")),
        (Decimal("12.50"), (None, "12.50")),
        (date(2024, 2, 29), ("1", "45351")),
        (date(1900, 3, 1), ("1", "61")),
        (date(1900, 2, 28), ("inlineStr", "1900-02-28")),
        (datetime(2024, 1, 1, 12, 0, 0, 500000), ("2", repr(45292 + 43200.5 / 86400))),
        (datetime(2024, 1, 1, 12, tzinfo=UTC), ("2", "45292.5")),
        (datetime(1850, 1, 1), ("inlineStr", "1850-01-01 00:00:00")),
        (time(7, 30), ("3", "0.3125")),
        ("=1+1", ("inlineStr", "=1+1")),
        ("<&>\n\t", ("inlineStr", "<&>\n\t")),
        ("bell\a", ("inlineStr", "bell_x0007_")),
        ("_x0007_", ("inlineStr", "_x005F_x0007_")),
        (" spaces ", ("inlineStr", " spaces ")),
        ("\N{SNOWMAN}", ("inlineStr", "\N{SNOWMAN}")),
    ],
)
def test_a_value_is_a_cell_of_its_type(value: object, cell: object, tmp_path: Path) -> None:
    assert sheet(tmp_path, value) == [cell]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (123456789012345, True),
        (1234567890123456, False),
        (123456789012345 * 1000, True),
        (Decimal("0.1000"), True),
        (Decimal(10**30 + 1), False),
        (Decimal("1." + "0" * 30 + "1"), False),
        (Decimal(10**37), True),
        (Decimal(0), True),
    ],
)
def test_a_number_of_more_digits_than_excel_keeps_is_text(
    value: object, kept: bool, tmp_path: Path
) -> None:
    ((kind, text),) = sheet(tmp_path, value)
    assert (kind, Decimal(text)) == (None if kept else "inlineStr", Decimal(str(value)))


def test_rows_of_several_batches_follow_each_other(tmp_path: Path) -> None:
    batches = [
        pa.record_batch({"a": [1, 2], "b": ["x", None]}),
        pa.record_batch({"a": [3], "b": ["y"]}),
    ]
    write_sheet(tmp_path / "t.xlsx", ["a", "<b>"], batches)
    texts = [[text for _, text in row] for row in cells(tmp_path / "t.xlsx")]
    assert texts == [["a", "<b>"], ["1", "x"], ["2", ""], ["3", "y"]]


def test_more_than_a_sheet_holds_is_an_error(tmp_path: Path) -> None:
    rows = pa.record_batch({"a": pa.nulls(MOST_ROWS)})
    with pytest.raises(DataError, match="a sheet holds 1,048,575 rows below its header"):
        write_sheet(tmp_path / "t.xlsx", ["a"], [rows])
    with pytest.raises(DataError, match="a sheet holds 16,384 columns, not 16,385"):
        write_sheet(tmp_path / "t.xlsx", ["a"] * (MOST_COLUMNS + 1), [])
    assert sheet(tmp_path, "x" * 32767) == [("inlineStr", "x" * 32767)]
    with pytest.raises(DataError, match="a cell holds 32,767 characters, not 32,768"):
        sheet(tmp_path, "x" * 32768)


def test_cells_to_edit_are_formatted_as_text(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    batch = pa.RecordBatch.from_arrays([pa.array(["007", None])], ["a"])
    write_sheet(path, ["a"], [batch], editable=True)
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert sheet.count('<c s="4" t="inlineStr">') == 2
    formats = styles.partition("<cellXfs")[2].partition("</cellXfs>")[0]
    assert formats.split("<xf")[5].startswith(' numFmtId="49"'), "Excel's own format for text"


def test_a_workbook_has_sheets_in_their_order(tmp_path: Path) -> None:
    sheets = [
        Sheet(name, [f"{name}_id"], [pa.RecordBatch.from_arrays([pa.array([1])], ["a"])])
        for name in ("b", "a & <c>")
    ]
    write_workbook(tmp_path / "t.xlsx", sheets)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["b", "a & <c>"]
    assert [[tuple(row) for row in sheet.values] for sheet in book] == [
        [("b_id",), (1,)],
        [("a & <c>_id",), (1,)],
    ]


def test_names_of_sheets_are_short_and_differ_in_any_case() -> None:
    long = "purchases_by_month_and_country_of_clients"
    names = sheet_names(["Orders", "orders", long, f"{long}_too", "history"])
    assert names == [
        "Orders",
        "orders~2",
        "purchases_by_month_and_country_",
        "purchases_by_month_and_countr~2",
        "history~2",
    ]
    assert max(map(len, names)) == 31
