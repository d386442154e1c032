"""The kind of a file by its first bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.formats.file_signature import looks_binary, looks_like, looks_utf16

TEXT = "id,name\n1,Zoë\n2,naïve\n" * 20


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.csv", TEXT)
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(TEXT.encode()), "gzip data"),
        (bz2.compress(TEXT.encode()), "bzip2 data"),
        (lzma.compress(TEXT.encode()), "xz data"),
        (pa.Codec("zstd").compress(TEXT.encode(), asbytes=True), "Zstandard data"),
        (archive(), "a zip archive or an Excel workbook"),
        (parquet(), "a Parquet file"),
        (b"\n <!DOCTYPE html><title>404</title>", "an HTML page"),
        (b"<HTML>", "an HTML page"),
        (b"<?xml version='1.0'?><Error/>", "XML"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_text_is_recognised(content: bytes, kind: str) -> None:
    recognised = looks_like(content)
    assert recognised is not None
    assert recognised[0] == kind
    assert recognised[1]


def test_a_database_is_recognised(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("create table a (b)")
    connection.close()
    recognised = looks_like((tmp_path / "a.db").read_bytes())
    assert recognised is not None
    assert recognised[0] == "a SQLite database"


@pytest.mark.parametrize("content", [b"", TEXT.encode(), b"PARIS,1\n", b"<b>,1\n"])
def test_text_is_not(content: bytes) -> None:
    assert looks_like(content) is None
    assert not looks_binary(content)
    assert not looks_utf16(content)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_recognised_with_and_without_a_mark(encoding: str) -> None:
    assert looks_utf16(TEXT.encode(encoding))


def test_a_few_control_characters_are_text_and_many_are_not() -> None:
    assert not looks_binary(b"\x01" * 8 + b"text")
    assert looks_binary(b"\x01" * 9 + b"text")
    assert not looks_binary(b"\x01" * 9 + b"text" * 100)
    assert not looks_binary(b"\t\r\n\x1b" * 100)
