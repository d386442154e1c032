"""The CSV format of pulled tables: every type, nulls, and values that a type cannot have."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pyarrow.parquet as pq
import pytest

from medallion.contracts import Parsed
from medallion.errors import SourceError
from medallion.formats.typed_csv import TypedCsv


def parsed(folder: Path, text: str) -> tuple[Parsed, list[dict[str, Any]]]:
    (folder / "in").write_bytes(text.encode())
    target = folder / "out.parquet"
    with duckdb.connect() as connection:
        result = TypedCsv().parse(folder / "in", "db orders", target, connection)
    return result, pq.read_table(target).to_pylist()


VALUES = {
    "boolean": ("t", True),
    "int16": ("-5", -5),
    "int64": ("9223372036854775807", 2**63 - 1),
    "float64": ("0.30000000000000004", 0.1 + 0.2),
    "float32": ("Infinity", float("inf")),
    "decimal(38,10)": (
        "1234567890123456789012345678.0123456789",
        Decimal("1234567890123456789012345678.0123456789"),
    ),
    "text": ("a\nb", "a\nb"),
    "binary": ("\\x00ff", b"\x00\xff"),
    "date": ("0001-01-01", date(1, 1, 1)),
    "time": ("23:59:59.999999", time(23, 59, 59, 999999)),
    "timestamp": ("2024-02-29 12:00:00.000001", datetime(2024, 2, 29, 12, 0, 0, 1)),
    "timestamptz": ("2024-02-29 12:00:00+00", datetime(2024, 2, 29, 12, tzinfo=UTC)),
    "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    "json": ('{"a": 1.10}', '{"a": 1.10}'),
    "list<int32>": ('["1",null]', [1, None]),
    "list<text>": ('["x,y",""]', ["x,y", ""]),
    "list<binary>": ('["\\\\x01"]', [b"\x01"]),
}


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


@pytest.mark.parametrize("type_", VALUES)
def test_values_keep_their_types(type_: str, tmp_path: Path) -> None:
    text, value = VALUES[type_]
    file = f"id,v\nint32,{quoted(type_)}\ninteger,\n1,{quoted(text)}\n2,\n"
    result, rows = parsed(tmp_path, file)
    assert [str(column.type) for column in result.columns] == ["int32", type_]
    assert result.warnings == ()
    read = rows[0]["v"]
    assert (read.bytes if type_ == "uuid" and not isinstance(read, UUID) else read) == value
    assert rows[1] == {"id": 2, "v": None}


def test_null_and_the_empty_text_differ(tmp_path: Path) -> None:
    two = 'id,v\nint32,text\ninteger,\n1,\n2,""\n3,\\N\n'
    assert [row["v"] for row in parsed(tmp_path, two)[1]] == [None, "", "\\N"]
    one = 'v\ntext\n""\n\\N\n""\n"\\N"\n"a"\n'
    assert [row["v"] for row in parsed(tmp_path, one)[1]] == [None, "", "\\N", "a"]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("date", "0044-03-15 BC"),
        ("timestamp", "0044-03-15 01:02:03 BC"),
        ("timestamp", "294276-12-31 23:59:59"),
        ("time", "24:00:00"),
        ("list<time>", '["12:00:00","24:00:00"]'),
        ("decimal(12,2)", "NaN"),
        ("list<int32>", '[["1","2"],["3","4"]]'),
        ("list<text>", '[["a"],["b"]]'),
        ("list<date>", '["0044-03-15 BC"]'),
    ],
)
def test_a_value_that_does_not_fit_makes_its_column_text(
    type_: str, value: str, tmp_path: Path
) -> None:
    """And no other column, of whichever type."""
    file = f"id,v\nint32,{quoted(type_)}\ninteger,of the database\n1,{quoted(value)}\n\\N,\n"
    result, rows = parsed(tmp_path, file.replace("\\N", "2"))
    assert [(column.type, column.source_type) for column in result.columns] == [
        ("int32", ""),
        ("text", "of the database"),
    ]
    assert rows == [{"id": 1, "v": value}, {"id": 2, "v": None}]
    assert result.warnings == (f"column 'v' is text: it has a value that {type_} cannot have",)


@pytest.mark.parametrize("value", ["a\rb", "a\r\nb", "\n", 'a"b', "x" * 3_000_000, "\x00"])
def test_texts_are_kept_whatever_is_in_them(value: str, tmp_path: Path) -> None:
    lines = "".join(f"{number},{quoted(value)}\n" for number in range(3))
    result, rows = parsed(tmp_path, f"id,v\nint32,text\ninteger,\n{lines}")
    assert rows == [{"id": number, "v": value} for number in range(3)]
    assert result.rows == 3


def test_names_may_have_any_characters(tmp_path: Path) -> None:
    result, rows = parsed(tmp_path, '"a,b","say ""x"""\nint32,text\ninteger,\n1,y\n')
    assert rows == [{"a,b": 1, 'say "x"': "y"}]
    assert [column.name for column in result.columns] == ["a,b", 'say "x"']


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    result, rows = parsed(tmp_path, "id,v\nint32,text\ninteger,\n")
    assert (result.rows, rows) == (0, [])
    assert [column.type for column in result.columns] == ["int32", "text"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,v\n1,2\n", "its first rows are not the names and types of its columns"),
        ("id,v\nint32\ninteger,\n", "its first rows are not the names"),
        ("id,v\nint32,money\ninteger,\n", "column 'v' has an unknown type, money"),
        ("id,v\nint32,int128\ninteger,\n", "column 'v' has an unknown type, int128"),
        ("id,ID\nint32,text\ninteger,\n", "duplicate column name 'ID'"),
        ('id,v\nint32,text\ninteger,\n1,"cut', "record 1: an unclosed quote"),
        ("id,v\nint32,text\ninteger,\n1,2\n3\n", "record 2: "),
    ],
)
def test_another_file_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        parsed(tmp_path, text)
