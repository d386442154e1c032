"""A full disk is an error of the storage, whichever way a format takes."""

from __future__ import annotations

import gzip
import io
import resource
import sqlite3
from contextlib import closing

import fastavro
import openpyxl
import pytest

from medallion.errors import StorageError
from medallion.formats.avro import Avro
from medallion.formats.csv import Csv
from medallion.formats.excel import Excel
from medallion.formats.fixed_width import FixedWidth
from medallion.formats.json import Json
from medallion.formats.parquet import Parquet
from medallion.formats.sqlite import SqliteFormat
from medallion.formats.xml import Xml


def workbook() -> bytes:
    book, data = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["id", "square"])
    for number in range(3000):
        book.active.append([number, number * number])
    book.save(data)
    return data.getvalue()


def container() -> bytes:
    data = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "long"}]}
    fastavro.writer(data, schema, [{"a": number} for number in range(20_000)])
    return data.getvalue()


def database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", [(n,) for n in range(20_000)])
        return connection.serialize()


@pytest.mark.parametrize("form", [Csv(), Parquet()])
def test_a_full_disk_is_no_fault_of_the_source(form, tmp_path, connection):
    source = tmp_path / f"a.{form.name}"
    connection.execute(
        f"copy (select hash(n) as a, n as b from range(50000) t(n)) to '{source}'"
    ).fetchall()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with pytest.raises(StorageError, match="cannot be written"):
            form.parse(source, source.name, tmp_path / "out" / "target", connection)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        (Csv(), "a.csv.gz", gzip.compress(b"id,text\n" + b"1,plain\n" * 20_000)),
        (Csv(encoding="cp1252"), "a.csv", b"id,text\n" + b"1,caf\xe9\n" * 20_000),
        (
            Csv(),
            "a.csv",
            b"id,text\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(20_000)) + b"1,\0\n",
        ),
        (Json(), "a.ndjson", b'{"id": 1}\n' * 20_000 + b"bad\n"),
        (Csv(footer=1), "a.csv", b"id,text\n" + b"1,plain\n" * 20_000),
        (Xml(), "a.xml", b"<a>" + b"<b><c>1</c></b>" * 20_000 + b"</a>"),
        (
            FixedWidth(columns={"id": "1-5"}),
            "a.txt",
            b"".join(b"%05d\n" % n for n in range(20_000)),
        ),
        (Excel(), "a.xlsx", workbook()),
        (Avro(), "a.avro", container()),
        (SqliteFormat(), "a.sqlite", database()),
    ],
    ids=[
        "unpacked copy",
        "recoded copy",
        "CSV record by record",
        "JSON line by line",
        "copy without a footer",
        "XML",
        "fixed width",
        "Excel",
        "Avro",
        "SQLite",
    ],
)
def test_a_full_disk_on_the_careful_ways_is_no_fault_of_the_source(
    form, name, content, tmp_path, connection
):
    source = tmp_path / name
    source.write_bytes(content)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with pytest.raises(StorageError, match=f"{tmp_path}/out/.*: file too large"):
            form.parse(source, name, tmp_path / "out" / "target", connection)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "out").iterdir()) == []
