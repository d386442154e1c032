"""Lines whose fields are at fixed positions."""

from __future__ import annotations

import gzip

import pytest
from pydantic import ValidationError

from medallion.errors import SourceError
from medallion.formats.fixed_width import FixedWidth

COLUMNS = {"id": "1-3", "name": "4-8", "kind": 9}


def test_values_at_their_positions(read, connection, tmp_path):
    content = "001 Änn x\n\n002 Bob\n003-    y\n004"
    form = FixedWidth(columns=COLUMNS, null="-")
    found = read(form, "a.txt", content.encode())
    assert found.rows == [
        ("001", "Änn", "x"),
        ("002", "Bob", None),
        ("003", None, "y"),
        ("004", None, None),
    ]
    assert {column.type for column in found.parsed.columns} == {"text"}
    known = form.columns_of(tmp_path / "a.txt", "a.txt", tmp_path / "scratch", connection)
    assert known == found.parsed.columns


def test_columns_may_overlap_and_leave_gaps_and_keep_their_spaces(read):
    form = FixedWidth(columns={"day": "1 - 2", "date": "1-4", "last": "6-8"}, trim=False)
    assert read(form, "a.txt", b"0102x a \n").rows == [("01", "0102", " a ")]


def test_lines_that_are_no_records(read):
    form = FixedWidth(columns={"id": "1-2"}, skip=1, footer=2, comment="#")
    content = b"a title\n# a comment\n01\r\n02\n\nTotal\n2 rows\n\n"
    assert read(form, "a.txt", content).rows == [("01",), ("02",)]
    assert read(form, "a.txt", content.replace(b"01\r\n02\n", b"")).parsed.warnings == (
        "has no records",
    )


def test_lines_that_cannot_be_read_are_rejected_with_their_number(read):
    form = FixedWidth(columns={"id": "1-2", "name": "3-4"}, length=4)
    found = read(form, "a.txt", b"01ab\n02\n03cde\n04\0d\n\n05ef\n06gh\n07ij\n")
    assert [row[0] for row in found.rows] == ["01", "05", "06", "07"]
    assert found.parsed.rejects == (
        (2, "2 characters, 4 expected", "02"),
        (3, "5 characters, 4 expected", "03cde"),
        (4, "has a NUL byte", "04\0d"),
    )


def test_other_encodings_and_compression(read):
    form = FixedWidth(columns={"name": "1-3", "id": "4"}, encoding="cp1252")
    assert read(form, "a.txt.gz", gzip.compress("Änn1\n".encode("cp1252"))).rows == [("Änn", "1")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is empty"),
        (b"\xe4bcd\n", "line 1: byte 0xe4 is not utf-8"),
        (b"ab\nabcd\ncd\n", "2 of its 3 records cannot be read; record 1: 2 characters"),
    ],
)
def test_what_cannot_be_read(read, content, fault):
    with pytest.raises(SourceError, match=fault) as raised:
        read(FixedWidth(columns={"id": "1-4"}, length=4), "a.txt", content)
    assert raised.value.hint


@pytest.mark.parametrize("columns", [{}, {"a": "0-3"}, {"a": "5-3"}, {"a": "x"}, {"a": -1}, ["a"]])
def test_positions_that_are_invalid(columns):
    with pytest.raises(ValidationError):
        FixedWidth(columns=columns)


def test_columns_of_the_same_name(read):
    with pytest.raises(SourceError, match="duplicate column name"):
        read(FixedWidth(columns={"a": "1", "A": "2"}), "a.txt", b"12\n")
