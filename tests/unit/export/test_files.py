"""Rows written for other programs come back as the values they were, also from formats with fewer types."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from medallion.errors import DataError
from medallion.export import files as export

QUERY = """
    select * from (values
        (1, 12.50::decimal(12,2), 'a', 0.1::double, true, date '2024-02-29', timestamp '2024-01-01 12:00:00.5',
         timestamptz '2024-01-01 12:00:00+00', time '07:30:00', [1, 2], {'x': 'é', 'y': 1.50::decimal(4,2)},
         map {'k': [null]}, 'b'::blob, 170141183460469231731687303715884105727::hugeint),
        (2, null, '', 'nan'::double, null, date '12024-01-01', null, null, null, [], null, map {}, null, -1),
        (3, -0.01, '=1+1, "quoted"' || chr(10) || chr(7), '-infinity'::double, false, date '1850-01-01',
         timestamp '1850-01-01', null, null, null, null, null, null, 0)
    ) t(id, amount, name, rate, active, day, moment, seen, opens, list, struct, map, bytes, huge)
"""
HEAD = {"table": "gold.t", "total": 3}


@pytest.fixture
def rows() -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection.sql(QUERY)


def test_csv_tells_null_from_empty_and_nested_values_are_json(
    rows: duckdb.DuckDBPyRelation, tmp_path: Path
) -> None:
    export.write(rows, "csv", tmp_path / "t.csv", HEAD)
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    first, second, third = list(csv.DictReader(text.splitlines(keepends=True)))
    assert list(first) == rows.columns
    assert (first["amount"], first["active"], first["day"]) == ("12.50", "true", "2024-02-29")
    assert json.loads(first["list"]) == [1, 2]
    assert json.loads(first["struct"]) == {"x": "é", "y": 1.5}
    assert json.loads(first["map"]) == {"k": [None]}
    assert (first["bytes"], first["huge"]) == ("Yg==", str(2**127 - 1))
    assert text.splitlines()[2].startswith('2,,"",')
    assert second["list"] == "[]"
    assert third["name"] == '=1+1, "quoted"\n\a'


def test_json_is_valid_and_decimals_are_exact_text(
    rows: duckdb.DuckDBPyRelation, tmp_path: Path
) -> None:
    export.write(rows, "json", tmp_path / "t.json", HEAD)
    document = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    first, second, third = document.pop("rows")
    assert document == HEAD
    assert first == {
        "id": 1,
        "amount": "12.50",
        "name": "a",
        "rate": 0.1,
        "active": True,
        "day": "2024-02-29",
        "moment": "2024-01-01T12:00:00.5",
        "seen": "2024-01-01T12:00:00Z",
        "opens": "07:30:00",
        "list": [1, 2],
        "struct": {"x": "é", "y": 1.5},
        "map": {"k": [None]},
        "bytes": "Yg==",
        "huge": 2**127 - 1,
    }
    assert (second["rate"], third["rate"], second["name"], second["day"]) == (
        None,
        None,
        "",
        "12024-01-01",
    )
    assert third["name"] == '=1+1, "quoted"\n\a'


def test_json_of_no_rows_is_whole(rows: duckdb.DuckDBPyRelation, tmp_path: Path) -> None:
    export.write(rows.filter("false"), "json", tmp_path / "t.json", HEAD)
    assert json.loads((tmp_path / "t.json").read_text()) == {**HEAD, "rows": []}


def test_a_file_appears_whole_and_a_link_stays_one(
    rows: duckdb.DuckDBPyRelation, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to("t.csv")
    with pytest.raises(DataError):
        export.write_file(rows.project("error('no')"), "csv", tmp_path / "link.csv")
    assert (tmp_path / "t.csv").read_text() == "before"
    export.write_file(rows.project("id"), "csv", tmp_path / "link.csv")
    assert (tmp_path / "t.csv").read_text() == "id\n1\n2\n3\n"
    assert (tmp_path / "link.csv").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "link.csv"}


def test_a_pipe_is_written_to_and_not_replaced(
    rows: duckdb.DuckDBPyRelation, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["timeout", "60", "cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        export.write_file(rows.project("id"), "csv", pipe)
        assert reader.communicate()[0] == b"id\n1\n2\n3\n"
    assert pipe.is_fifo()


def test_parquet_keeps_every_type(rows: duckdb.DuckDBPyRelation, tmp_path: Path) -> None:
    shown = rows.select("* exclude (day, huge)")
    export.write(shown, "parquet", tmp_path / "t.parquet", HEAD)
    back = duckdb.connect().read_parquet(str(tmp_path / "t.parquet"))
    assert list(map(str, back.types)) == list(map(str, shown.types))
    assert (
        back.select("amount, list, struct").fetchall()
        == shown.select("amount, list, struct").fetchall()
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


def test_a_sheet_has_numbers_dates_and_texts_that_are_never_formulas(
    rows: duckdb.DuckDBPyRelation, tmp_path: Path
) -> None:
    export.write(rows.filter("id <> 2"), "xlsx", tmp_path / "t.xlsx", HEAD)
    header, first, third = cells(tmp_path / "t.xlsx")
    assert header == [("inlineStr", name) for name in rows.columns]
    found = dict(zip(rows.columns, first, strict=True))
    assert found["amount"] == (None, "12.50")
    assert found["active"] == ("b", "1")
    assert found["day"] == ("1", "45351")
    assert found["moment"] == ("2", repr(45292 + (43200.5) / 86400))
    assert found["opens"] == ("3", repr(27000 / 86400))
    assert found["list"] == ("inlineStr", "[1,2]")
    assert found["huge"] == ("inlineStr", str(2**127 - 1))
    last = dict(zip(rows.columns, third, strict=True))
    assert last["name"] == ("inlineStr", '=1+1, "quoted"\n_x0007_')
    assert last["day"] == ("inlineStr", "1850-01-01")
    assert last["rate"] == ("inlineStr", "-inf")
    assert last["list"] == (None, "")


def test_a_value_that_cannot_be_computed_is_an_error(tmp_path: Path) -> None:
    rows = duckdb.connect().sql(
        "select cast(text as integer) as n from (values ('1'), ('x')) t(text)"
    )
    with pytest.raises(DataError, match="Could not convert string 'x'"):
        export.write(rows, "csv", tmp_path / "t.csv", HEAD)


def test_a_spreadsheet_computes_no_text_and_no_name(tmp_path: Path) -> None:
    query = """
        select -1 as "=id", 1 as "'=id", '=1+1, "x"' as name, null::varchar as nothing,
               '' as empty, -2.50::decimal(4,2) as amount,
               '-inf'::double as rate, ['=1'] as list, '@a'::enum('@a') as choice, 'é' as accent,
               from_base64('+/8=') as bytes, interval '-1 day' as span, date '2024-01-01' as day, json('-1') as document
    """
    rows = duckdb.connect().sql(query)
    export.write_file(rows, "spreadsheet", tmp_path / "t.csv")
    data = (tmp_path / "t.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf'=id,")
    header, row = list(csv.reader(data.decode("utf-8-sig").splitlines(keepends=True)))
    assert header[:3] == ["'=id", "'=id_1", "name"]
    expected = [
        "-1",
        "1",
        '\'=1+1, "x"',
        "",
        "",
        "-2.50",
        "-inf",
        '["=1"]',
        "'@a",
        "é",
        "'+/8=",
        "'-1 day",
        "2024-01-01",
        "'-1",
    ]
    assert row == expected
    assert b',,"",' in data
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
