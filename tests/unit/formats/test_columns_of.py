"""The columns that a format knows without reading all records are those that it parses."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.contracts import Format
from medallion.errors import SourceError
from medallion.formats.csv import Csv
from medallion.formats.json import Json
from medallion.formats.parquet import Parquet
from medallion.sql.expressions import prepare

CSV: list[tuple[Csv, str, bytes]] = [
    (Csv(), "a.csv", b"id,name\n1,Ann\n"),
    (Csv(), "a.csv", b"\xef\xbb\xbfid,name\n1,Ann\n"),
    (Csv(), "a.csv", b"sep=;\nid;name\n1;Ann\n"),
    (Csv(), "a.csv", b",id,name,\n0,1,Ann,\n"),
    (Csv(), "a.csv", b'"id","a ""quoted"" name"\n1,Ann\n'),
    (Csv(), "a.tsv", b"id\tname\n1\tAnn\n"),
    (Csv(), "a.csv.gz", gzip.compress(b"id,name\n1,Ann\n")),
    (Csv(skip=1, comment="#"), "a.csv", b"A title\n# a comment\nid,name\n1,Ann\n"),
    (Csv(header=False, columns=("x", "y")), "a.csv", b"1,Ann\n"),
    (Csv(encoding="utf-16"), "a.csv", "id,näme\n1,Ann\n".encode("utf-16")),
]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    prepare(connection)
    return connection


def assert_equal(form: Format, source: Path, connection: duckdb.DuckDBPyConnection) -> None:
    known = form.columns_of(source, source.name, source.parent / "scratch", connection)
    parsed = form.parse(source, source.name, source.parent / "parsed", connection).columns
    assert known is not None
    assert [(c.name, c.type) for c in known] == [(c.name, c.type) for c in parsed]


@pytest.mark.parametrize(("form", "name", "content"), CSV, ids=range(len(CSV)))
def test_of_a_csv_file(
    tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
    form: Csv,
    name: str,
    content: bytes,
) -> None:
    (tmp_path / name).write_bytes(content)
    assert_equal(form, tmp_path / name, connection)


def test_of_a_parquet_file(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    table = pa.table(
        {
            "small": pa.array([1], pa.int8()),
            "exact": pa.array([Decimal("1.50")], pa.decimal128(12, 2)),
            "wide": pa.array([Decimal("1.5")], pa.decimal256(60, 1)),
            "took": pa.array([1], pa.duration("us")),
            "moment": pa.array([1], pa.timestamp("ns", "UTC")),
            "list": pa.array([[1.5]], pa.list_(pa.float32())),
            "none": pa.nulls(1),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert_equal(Parquet(), tmp_path / "a.parquet", connection)


def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 cut short")
    for form in (Parquet(), Csv(header=False, columns=("one", "two", "three"))):
        with pytest.raises(SourceError):
            form.columns_of(tmp_path / "a.parquet", "a", tmp_path / "scratch", connection)


def test_of_json_only_all_records_show_them(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    assert Json().columns_of(tmp_path / "a.json", "a", tmp_path / "scratch", connection) is None
