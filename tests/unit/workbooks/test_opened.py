"""A workbook is known by its bytes, and its faults are of one kind."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import msoffcrypto.format.ooxml
import openpyxl
import pytest
import xlwt

from medallion.workbooks.opened import opened
from medallion.workbooks.workbook import WorkbookError


def xlsx() -> bytes:
    workbook = openpyxl.Workbook()
    for number in range(500):
        workbook.active.append([number, f"text {number}"])
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def xls() -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("one")
    for number in range(500):
        sheet.write(number, 0, f"text {number}")
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def encrypted() -> bytes:
    data = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(xlsx())).encrypt("secret", data)
    return data.getvalue()


def archive(name: str) -> bytes:
    data = io.BytesIO()
    with ZipFile(data, "w") as book:
        book.writestr(name, "x")
    return data.getvalue()


def count(path: Path, data: bytes) -> int:
    path.write_bytes(data)
    with opened(path) as book:
        return len(list(book.rows(book.sheets[0]))) + 0 * len(book.merged(book.sheets[0]))


def test_whatever_its_name(tmp_path: Path) -> None:
    assert count(tmp_path / "a.xls", xlsx()) == 500
    assert count(tmp_path / "a.xlsx", xls()) == 500


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"id,name\n", "is not a workbook"),
        (encrypted(), "is protected by a password"),
        (archive("a.txt"), "is an archive, not a workbook"),
        (archive("xl/workbook.bin"), "binary workbook"),
        (archive("content.xml"), "cut short or damaged"),
        (xlsx()[:2000], "cut short or damaged"),
        (xls()[:2000], "cut short or damaged"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_what_is_not_a_workbook(tmp_path: Path, data: bytes, fault: str) -> None:
    with pytest.raises(WorkbookError, match=fault) as raised:
        count(tmp_path / "a", data)
    assert raised.value.hint


@pytest.mark.parametrize("make", [xlsx, xls])
def test_flipped_bytes_never_raise_anything_else(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    data = make()
    outcomes = set()
    for place in range(0, len(data), max(1, len(data) // 150)):
        damaged = bytearray(data)
        damaged[place] ^= 0xFF
        try:
            outcomes.add(count(tmp_path / "a", bytes(damaged)) > 0)
        except WorkbookError:
            outcomes.add(None)
    assert None in outcomes


def test_a_directory_of_parts_before_the_file_begins(tmp_path: Path) -> None:
    data = bytearray(xlsx())
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = b"\xff\xff\xff\x7f"
    with pytest.raises(WorkbookError, match="cut short or damaged"):
        count(tmp_path / "a", bytes(data))


def test_a_missing_file_is_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), opened(tmp_path / "a.xlsx"):
        pass
