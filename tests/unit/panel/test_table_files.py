"""Downloads of a table: names of files, CSV, CSV for spreadsheets, Excel, and Parquet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion_panel.blocks.table_files import (
    csv_file,
    file_name,
    parquet_file,
    spreadsheet_file,
    values_xlsx,
    xlsx_file,
)
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

ROWS = [
    {"name": 'Zoë, "Z"\n', "tags": ["é", None], "n": 1},
    {"name": "=1+1", "tags": None, "n": -1},
]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("clients", "clients"),
        ("a/b c", "a_b_c"),
        ("größe", "größe"),
        ("..", "table"),
        ("../x", "x"),
        ("", "table"),
    ],
)
def test_a_table_as_the_name_of_a_file(table: str, name: str) -> None:
    assert file_name(table) == name


def read(file: io.BytesIO, encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read().decode(encoding), newline="")))


def test_csv_has_all_batches_in_the_order_of_the_columns() -> None:
    file = csv_file([ROWS[:1], [], ROWS[1:]], ["n", "name", "tags"])
    assert read(file) == [
        ["n", "name", "tags"],
        ["1", 'Zoë, "Z"\n', '["é", null]'],
        ["-1", "=1+1", ""],
    ]
    assert csv_file([], ["n", "name"]).getvalue() == b"n,name\r\n"


def test_csv_for_spreadsheets_has_no_formula_and_a_byte_order_mark() -> None:
    file = spreadsheet_file([[{"=n": "=1+1"}, {"=n": -1}, {"=n": "@x"}]], ["=n"])
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    assert read(file, "utf-8-sig") == [["'=n"], ["'=1+1"], ["-1"], ["'@x"]]


def test_parquet_keeps_the_types_of_the_columns(open_context: OpenContext) -> None:
    types = {
        "id": "int64",
        "price": "decimal(12,2)",
        "ok": "boolean",
        "day": "date",
        "at": "timestamp",
        "seen": "timestamptz",
        "opens": "time",
        "raw": "binary",
        "tags": "list<text>",
    }
    row: dict[str, Any] = {
        "id": 2**63 - 1,
        "price": Decimal("12.50"),
        "ok": True,
        "day": date(2024, 2, 29),
        "at": datetime(2024, 1, 1, 12),
        "seen": datetime(2024, 1, 1, 12, tzinfo=UTC),
        "opens": "05:30:00.000000",
        "raw": b"\x00\xff",
        "tags": ["a", None],
    }
    context = open_context(SmallTable(types, []))
    nulls = dict.fromkeys(row)
    table = pq.read_table(parquet_file([[row], [nulls]], context, "t", [*types]))
    assert table.schema.field("price").type == pa.decimal128(38, 2)
    assert table.schema.field("seen").type == pa.timestamp("us", "UTC")
    assert table.to_pylist() == [{**row, "tags": '["a", null]'}, nulls]
    columns = parquet_file([[row]], context, "t", ["day", "id"])
    assert pq.read_table(columns).column_names == ["day", "id"]


def test_excel_has_numbers_and_dates_as_such_and_no_formula(open_context: OpenContext) -> None:
    types = {
        "id": "int64",
        "price": "decimal(12,2)",
        "ok": "boolean",
        "day": "date",
        "seen": "timestamptz",
        "=name": "text",
        "tags": "list<text>",
    }
    row: dict[str, Any] = {
        "id": 7,
        "price": Decimal("12.50"),
        "ok": True,
        "day": date(2024, 2, 29),
        "seen": datetime(2024, 1, 1, 12, 30, tzinfo=UTC),
        "=name": "=1+1",
        "tags": ["a", None],
    }
    context = open_context(SmallTable(types, []))
    file = xlsx_file([[row], [{**dict.fromkeys(row), "id": 2**60 + 1}]], context, "t", [*types])
    header, first, second = openpyxl.load_workbook(file)["rows"].rows
    assert [cell.value for cell in header] == [*types]
    assert [cell.value for cell in first] == [
        7,
        12.5,
        True,
        datetime(2024, 2, 29),
        datetime(2024, 1, 1, 12, 30),
        "=1+1",
        '["a", null]',
    ]
    assert [first[place].number_format for place in (3, 4)] == [
        "yyyy\\-mm\\-dd",
        "yyyy\\-mm\\-dd\\ hh:mm:ss",
    ]
    assert {cell.data_type for cell in (header[5], first[5], second[0])} == {"s"}  # no formula "f"
    assert second[0].value == str(2**60 + 1)  # a number of Excel would be rounded


def test_excel_of_values_has_their_types_without_nan_or_formulas() -> None:
    columns = {
        "land": ["=1+1", None],
        "sum": [Decimal("12.50"), Decimal("0.125")],
        "mean": [float("nan"), 0.5],
        "mixed": [2024, "Total"],
        "big": [2**70, 1],
        "tags": [["a", None], None],
    }
    header, first, second = openpyxl.load_workbook(values_xlsx(columns))["rows"].rows
    assert [cell.value for cell in header] == [*columns]
    assert [cell.value for cell in first][1:] == [12.5, None, "2024", str(2**70), '["a", null]']
    assert (first[0].value, first[0].data_type) == ("=1+1", "s")
    assert [cell.value for cell in second] == [None, 0.125, 0.5, "Total", "1", None]
