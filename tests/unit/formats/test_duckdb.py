"""Tables of DuckDB files: values and types are exact, and what cannot be read is refused."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import duckdb
import pytest

from medallion.errors import SourceError
from medallion.formats.duckdb import DuckDBFormat

ORDERS = """
    create table orders (id hugeint, price decimal(12, 2), paid timestamptz, day date, tags text[],
        address struct(city text, nr integer), took interval, data blob, seen timestamp_ns);
    insert into orders values
        (170141183460469231731, 1.50, '2025-01-02 03:04:05+02', '2025-01-02', ['a,b', null],
            {'city': 'Ulm', 'nr': 1}, interval 90 minutes, 'a'::blob, '2025-01-02 00:00:00.000000001'),
        (-1, null, null, null, [], null, null, null, null);
"""


def content(tmp_path, script: str) -> bytes:
    path = tmp_path / "made.db"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as database:
        database.execute(script)
    return path.read_bytes()


def test_rows_and_types_are_kept(read, tmp_path):
    found = read(DuckDBFormat(), "a.duckdb", content(tmp_path, ORDERS))
    assert {column.name: column.type for column in found.parsed.columns} == {
        "id": "decimal(38,0)",
        "price": "decimal(12,2)",
        "paid": "timestamptz",
        "day": "date",
        "tags": "list<text>",
        "address": "json",
        "took": "text",
        "data": "binary",
        "seen": "timestamp(ns)",
    }
    first, second = found.rows
    assert first[:2] == (Decimal(170141183460469231731), Decimal("1.50"))
    assert first[2] == dt.datetime(2025, 1, 2, 1, 4, 5, tzinfo=dt.UTC)
    assert first[3:5] == (dt.date(2025, 1, 2), ["a,b", None])
    assert json.loads(first[5]) == {"city": "Ulm", "nr": 1}
    assert first[6:8] == ("01:30:00", b"a")
    assert second == (Decimal(-1), None, None, None, [], None, None, None, None)


def test_the_table_is_declared_when_there_are_several(read, tmp_path):
    script = "create table a (x int); create schema s; create table s.a as select 2 as x"
    data = content(tmp_path, script)
    assert read(DuckDBFormat(table="s.a"), "a.duckdb", data).rows == [(2,)]
    empty = read(DuckDBFormat(table="A"), "a.duckdb", data)
    assert (empty.rows, empty.parsed.warnings) == ([], ("has no rows",))
    with pytest.raises(SourceError, match=r"a.duckdb: has 2 tables: a, s.a"):
        read(DuckDBFormat(), "a.duckdb", data)
    with pytest.raises(SourceError, match=r"has no table 's.aa'; did you mean 's.a'"):
        read(DuckDBFormat(table="s.aa"), "a.duckdb", data)


def test_rows_have_an_order(read, tmp_path):
    script = """create table t as select * from range(300000, 0, -1) as r(n);
        create view v as select n % 2 as a, n from t where n < 4 group by all"""
    data = content(tmp_path, script)
    assert read(DuckDBFormat(), "a.db", data).rows == [(n,) for n in range(300000, 0, -1)]
    assert read(DuckDBFormat(table="v"), "a.db", data).rows == [(0, 2), (1, 1), (1, 3)]


def test_a_view_reads_no_other_file(read, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    data = content(tmp_path, f"create view v as from read_csv('{tmp_path}/secret.csv')")
    with pytest.raises(SourceError, match=r"^a.duckdb: cannot be read: .*disabled"):
        read(DuckDBFormat(), "a.duckdb", data)


def test_what_cannot_be_read(read, tmp_path):
    good = content(tmp_path, ORDERS)
    view = content(tmp_path, "create table t (a int); create view v as from t; drop table t")
    for data, fault in [
        (b"", "is empty"),
        (b"a,b\n", "is not a DuckDB database"),
        (b"SQLite format 3\x00", "is a SQLite database"),
        (good[:5000], "is cut short or corrupt"),
        (good[:20_000], "is cut short or corrupt"),
        (good[:100] + b"x" * 10 + good[110:], "is cut short or corrupt"),
        (content(tmp_path, "select 1"), "has no tables"),
        (view, "cannot be read: "),
    ]:
        with pytest.raises(SourceError, match=f"^a.duckdb: {fault}") as error:
            read(DuckDBFormat(), "a.duckdb", data)
        assert error.value.hint
        assert str(tmp_path) not in error.value.message


def test_an_encrypted_file_is_refused(read, tmp_path):
    path = tmp_path / "made.db"
    with duckdb.connect() as database:
        database.execute("set force_mbedtls_unsafe = 'true'")
        database.execute(f"attach '{path}' as made (encryption_key 'secret')")
        database.execute("create table made.t as select 1 as a")
    with pytest.raises(SourceError, match=r"^a.duckdb: is encrypted: ") as error:
        read(DuckDBFormat(), "a.duckdb", path.read_bytes())
    assert error.value.hint == "export it without encryption"


def test_the_file_is_only_read(read, tmp_path):
    data = content(tmp_path, ORDERS)
    assert len(read(DuckDBFormat(), "a.duckdb", data).rows) == 2
    assert (tmp_path / "a.duckdb").read_bytes() == data
    assert [path.name for path in tmp_path.glob("a.duckdb*")] == ["a.duckdb"]
