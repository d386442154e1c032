from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from medallion.contracts import LocalFile
from medallion.errors import SourceError
from medallion.formats.csv import Csv

CLEAN = b"id,name\n1,Ann\n2,Bob\n"
ROWS = [("1", "Ann"), ("2", "Bob")]
ONE = "1 field instead of 2"
THREE = "3 fields instead of 2"


def packed(data: bytes, suffix: str, folder: Path) -> bytes:
    if suffix == ".gz":
        return gzip.compress(data)
    if suffix == ".bz2":
        return bz2.compress(data)
    path = folder / "packing"
    with pa.CompressedOutputStream(str(path), "zstd") as out:
        out.write(data)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (CLEAN, ROWS),
        (CLEAN.rstrip(), ROWS),
        (CLEAN.replace(b"\n", b"\r\n"), ROWS),
        (CLEAN.replace(b"\n", b"\r"), ROWS),
        (b"\xef\xbb\xbf" + CLEAN, ROWS),
        (b"\n\n" + CLEAN, ROWS),
        (b"id,name\n\n1,Ann\n\n\n2,Bob\n\n", ROWS),
        (b"id,name\r\n1,Ann\n2,Bob\r\n", ROWS),
        (b" id , name\n1,Ann\n2,Bob\n", ROWS),
        (b'id,name\n"1","A\nB"\n2,"say ""hi"", Bob"\n', [("1", "A\nB"), ("2", 'say "hi", Bob')]),
        (b'id,name\n,""\n007, x \n', [(None, ""), ("007", " x ")]),
        (b"id,name\n1,2,\n", [("1", "2")]),
        (b'id,name\n5" pipe,x\n', [('5" pipe', "x")]),
        (b'id\n1\n\n""\n2', [("1",), ("",), ("2",)]),
        ("id,name\n1,Zoë 漢字 😀\n".encode(), [("1", "Zoë 漢字 😀")]),
    ],
)
def test_values_stand_as_in_the_file(read, content, rows):
    found = read(Csv(), "a.csv", content)
    assert found.rows == rows
    assert found.parsed.rejects == ()
    assert {column.type for column in found.parsed.columns} == {"text"}


def test_header_only_is_no_fault_but_worth_a_warning(read):
    found = read(Csv(), "a.csv", b"id,name\n")
    assert found.rows == []
    assert found.columns == ["id", "name"]
    assert found.parsed.warnings == ("has a header but no records",)


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2"])
def test_compressed_files(read, tmp_path, suffix):
    assert read(Csv(), f"a.csv{suffix}", packed(CLEAN, suffix, tmp_path)).rows == ROWS


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2"])
@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-9], lambda data: data[:12] + b"\0\0\0\0" + data[16:]]
)
def test_a_spoilt_compressed_file_is_refused(read, tmp_path, suffix, spoil):
    content = spoil(packed(CLEAN * 50, suffix, tmp_path))
    with pytest.raises(
        SourceError, match=r"cut short or corrupt|is no|undecodable|not utf-8|binary"
    ):
        read(Csv(), f"a.csv{suffix}", content)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "latin-1", "utf-8-sig"])
def test_other_encodings(read, encoding):
    assert read(Csv(encoding=encoding), "a.csv", "id,name\n1,Zoë\n".encode(encoding)).rows == [
        ("1", "Zoë")
    ]


def test_delimiters_quotes_and_headers(read):
    assert read(Csv(), "a.tsv", b"id\tname\n1\tA,B\n").rows == [("1", "A,B")]
    assert read(Csv(delimiter=";", quote="'"), "a.csv", b"id;name\n1;'A;''B'\n").rows == [
        ("1", "A;'B")
    ]
    assert read(Csv(quote=""), "a.csv", b'id,name\n1,"A\n').rows == [("1", '"A')]
    headless = read(Csv(header=False, columns=("id", "name")), "a.csv", b"1,Ann\n2,Bob\n")
    assert (headless.rows, headless.columns) == (ROWS, ["id", "name"])


def test_path_with_pattern_characters(read, tmp_path):
    (tmp_path / "x=1").mkdir()
    assert read(Csv(), "x=1/a[1]*?'.csv", CLEAN).columns == ["id", "name"]


@pytest.mark.parametrize(
    ("content", "rows", "rejects"),
    [
        (b"a,b\n1,2\n3\n4,5\n", [("1", "2"), ("4", "5")], [(2, ONE, "3")]),
        (
            b"a,b\r\n1\r\n2\r\n4,5\r\n6,7,8" + b"\r\n4,5" * 2,
            [("4", "5")] * 3,
            [(1, ONE, "1"), (2, ONE, "2"), (4, THREE, "6,7,8")],
        ),
        (b"\xef\xbb\xbfa,b\n1\n4,5\n\n\n", [("4", "5")], [(1, ONE, "1")]),
        (b'a,b\n"1\n2",3,4\n5,6\n', [("5", "6")], [(1, THREE, '"1\n2",3,4')]),
        (b'a,b\n"1\n2",3\n5\n', [("1\n2", "3")], [(2, ONE, "5")]),
        (b"a,b\n\n1,2,3\n\n4,5", [("4", "5")], [(1, THREE, "1,2,3")]),
        (b"a,b\n1,x\0y\n2,z\n", [("2", "z")], [(1, "contains a NUL byte", "1,x\0y")]),
        (b'a,b\n1,"x"y\n2,z\n', [("2", "z")], [(1, "text after a closing quote", '1,"x"y')]),
        (
            b'a,b\n1,"x\n2,z\n3,w',
            [("2", "z"), ("3", "w")],
            [(1, "an unclosed quote", '1,"x')],
        ),
        (
            b'a,b\n1,"x\n2,"z"\n3,w\n',
            [("2", "z"), ("3", "w")],
            [(1, "text after a closing quote", '1,"x')],
        ),
        (b"a,b\n1,2\n3", [("1", "2")], [(2, ONE, "3")]),
        (b"a,b\n1,2\r3\n4,5\n", [("4", "5")], [(1, "a line break outside quotes", "1,2\r3")]),
        (b"a,b\n1,2\na,b\n4,5\n", [("1", "2"), ("4", "5")], [(2, "repeats the header", "a,b")]),
    ],
)
def test_broken_records_are_set_aside_with_their_numbers(read, content, rows, rejects):
    found = read(Csv(), "a.csv", content)
    assert found.rows == rows
    assert list(found.parsed.rejects) == rejects


def test_over_long_records(read):
    long = b"x" * 5_000_000
    found = read(Csv(), "a.csv", b"a,b\n1," + long + b"\n2,z\n")
    assert [len(row[1]) for row in found.rows] == [5_000_000, 1]
    found = read(Csv(), "a.csv", b"a,b\n1," + long * 4 + b"\n2,z\n")
    assert found.rows == [("2", "z")]
    assert found.parsed.rejects[0][:2] == (1, "longer than 16,000,000 bytes")
    assert len(found.parsed.rejects[0][2]) == 10_000


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("xl/workbook.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "name", "content", "says"),
    [
        (Csv(), "a.csv", b"", "is empty"),
        (Csv(), "a.csv", b" \n\r\n\t", "is empty"),
        (Csv(), "a.csv", b"\xef\xbb\xbf", "is empty"),
        (Csv(), "a.csv", gzip.compress(CLEAN, mtime=0), "gzip.*\n.*.gz"),
        (Csv(), "a.csv", workbook(), "Excel"),
        (Csv(), "a.csv", b"PAR1xxxx", "Parquet"),
        (Csv(), "a.csv", b"<!DOCTYPE html><html>", "HTML"),
        (Csv(), "a.csv", bytes(range(256)) * 20, "binary"),
        (Csv(), "a.csv.gz", CLEAN, "is not .gz data"),
        (Csv(), "a.csv", b"a;b\n1;2\n", "one column.*\n.*delimiter: ';'"),
        (Csv(), "a.csv", b"a\tb\n1\t2\n", 'delimiter: "\\\\t"'),
        (Csv(delimiter=";"), "a.csv", b"a,b\n1,2\n", "delimiter: ','"),
        (Csv(), "a.csv", b"a,b\n1,2\n3,Zo\xeb\n", "line 3: byte 0xeb is not utf-8.*\n.*cp1252"),
        (Csv(), "a.csv", b"a,Zo\xeb\n", "line 1: byte 0xeb"),
        (Csv(), "a.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16.*\n.*utf-16"),
        (Csv(), "a.csv", "a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
        (Csv(encoding="cp1252"), "a.csv", b"a,b\n1,\x81\n", "line 2: byte 0x81 is not cp1252"),
        (Csv(), "a.csv", b"a,b,a\n", "duplicate column name 'a'"),
        (Csv(), "a.csv", b"id,Name,NAME\n", "duplicate column name 'NAME'"),
        (Csv(), "a.csv", b"a,,b\n", "column 2 of 3 has no name"),
        (Csv(), "a.csv", b"a,_origin\n", "'_origin' is reserved"),
        (Csv(), "a.csv", b'a,"b"x\n1,2\n', "the header cannot be read"),
        (
            Csv(header=False, columns=("a", "b")),
            "a.csv",
            b"1,2,3\n",
            "has 3 fields, but `columns` names 2",
        ),
        (Csv(), "gone.csv", None, "gone.csv: no such file"),
        (Csv(), ".", None, "is a folder"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(read, form, name, content, says):
    with pytest.raises(SourceError, match=says) as caught:
        read(form, name, content)
    assert caught.value.message.startswith(f"{name}: ")
    assert caught.value.hint


@pytest.mark.parametrize(
    "fields",
    [
        {"delimiter": ""},
        {"delimiter": ";;"},
        {"delimiter": '"'},
        {"quote": "ab"},
        {"header": False},
        {"columns": ("a",)},
        {"encoding": "utf-9"},
        {"encoding": "base64"},
    ],
)
def test_wrong_settings(fields):
    with pytest.raises(ValidationError):
        Csv(**fields)


@pytest.mark.parametrize("quoted", ["", '"'])
def test_a_report_with_a_header_of_two_rows_and_totals(read, connection, tmp_path, quoted):
    """With and without quotes, which other readers read."""
    content = f"A title\nid,2024,\n,{quoted}Q1{quoted},Q2\n1,2,3\n4,5\n6,7,8\n\nTotal,14,11\nEnd\n"
    form = Csv(skip=1, header_rows=2, footer=2)
    found = read(form, "a.csv", content.encode())
    assert found.columns == ["id", "2024 Q1", "2024 Q2"]
    assert found.rows == [("1", "2", "3"), ("6", "7", "8")]
    assert found.parsed.rejects == ((2, "2 fields instead of 3", "4,5"),)
    known = form.columns_of(tmp_path / "a.csv", "a.csv", tmp_path / "scratch", connection)
    assert known == found.parsed.columns


def test_files_with_footers_and_several_header_rows_are_the_same_in_a_group(tmp_path, connection):
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"a,\nb,c\n{number},x\n")
        files.append(LocalFile(path, path.name))
    (tmp_path / "out").mkdir()
    (result,) = Csv(header_rows=2).parse_together(files, tmp_path / "out", connection)
    assert [parsed.rows for parsed in result.files.values()] == [1, 1, 1]
    assert [c.name for c in result.files[0].columns] == ["a b", "a c"]
    values = connection.execute(f"select \"a b\" from '{result.target}'").fetchall()
    assert values == [("0",), ("1",), ("2",)]
    assert not list(Csv(footer=1).parse_together(files, tmp_path / "out", connection))


@pytest.mark.parametrize(
    "options", [{"header_rows": 0}, {"header_rows": 2, "header": False, "columns": ["a"]}]
)
def test_header_rows_that_do_not_fit(options):
    with pytest.raises(ValidationError):
        Csv(**options)
