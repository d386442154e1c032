"""Files that users edit: what is written is read, also as other programs save it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.errors import CallError, DataError
from medallion.export.edit_file import read_rows, write_rows

ROWS: list[dict[str, str | None]] = [
    {"a": "1", "b": "Zoë"},
    {"a": None, "b": 'line\nbreak, "quoted"; '},
    {"a": "007", "b": "=1+1"},
]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "XLSX"])
def test_what_is_written_is_read(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{ending}"
    write_rows(ROWS, path)
    rows = read_rows(path, "a")
    if ending == "csv":
        assert rows[-1] == {"a": "007", "b": "'=1+1"}  # as spreadsheets do not compute it
        rows[-1] = ROWS[-1]
    assert rows == ROWS


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=1))
def test_any_text_is_kept_in_a_workbook(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/rows.xlsx"
        write_rows([{"a": text, "b": "x"} for text in texts], Path(path))
        assert read_rows(path, "a") == [{"a": text or None, "b": "x"} for text in texts]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-16", ";")],
)
def test_csv_as_spreadsheets_save_it(encoding: str, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    text = f'a{delimiter}b\r\n1{delimiter}"Zoë, ""x"""\r\n2\r\n'
    path.write_bytes(text.encode(encoding))
    assert read_rows(path, "a") == [{"a": "1", "b": 'Zoë, "x"'}, {"a": "2", "b": None}]


def test_frames_are_read_as_text() -> None:
    rows = [{"a": 1, "b": None}, {"a": 2, "b": True}]
    expected = [{"a": "1", "b": None}, {"a": "2", "b": "true"}]
    assert read_rows(pa.Table.from_pylist(rows), "a") == expected
    assert read_rows(pl.DataFrame(rows), "a") == expected
    assert read_rows(pd.DataFrame(rows), "a") == expected
    assert read_rows(iter(rows), "a") == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\nZoë".encode("cp1252"), "rows.csv: is not UTF-8, at byte 4"),
        (b"", "rows.csv: is empty"),
        (b'a\n"b', "rows.csv: unexpected end of data"),
        (b"a,b\n1,2,3\n", "rows.csv: row 2 has 3 fields, the header has 2"),
    ],
)
def test_files_that_cannot_be_read(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_rows(path, "a")
    with pytest.raises(CallError, match="unknown file extension"):
        read_rows(tmp_path / "rows.ods", "a")
    with pytest.raises(CallError, match="No such file"):
        read_rows(tmp_path / "none.csv", "a")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_with_a_users_work_is_never_overwritten(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{ending}"
    write_rows(ROWS, path)
    content = path.read_bytes()
    with pytest.raises(CallError, match="the file exists") as error:
        write_rows(ROWS[:1], path)
    assert "another name" in error.value.hint
    assert path.read_bytes() == content
    dangling = tmp_path / f"link.{ending}"
    dangling.symlink_to(tmp_path / "none")
    with pytest.raises(CallError, match="the file exists"):
        write_rows(ROWS, dangling)
    with pytest.raises(CallError, match="no such folder"):
        write_rows(ROWS, tmp_path / "none" / f"rows.{ending}")


def test_a_file_that_cannot_be_written_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a cell holds 32,767 characters") as error:
        write_rows([{"a": "x" * 40_000}], tmp_path / "rows.xlsx")
    assert "write a CSV file" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"

    class Row(dict[str, str | None]):
        def __getitem__(self, name: str) -> str | None:
            path.write_text("work")
            return super().__getitem__(name)

    with pytest.raises(CallError, match="the file exists"):
        write_rows([Row(a="1")], path)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["work"]
