"""Tables of SQLite files: values and types are exact, and what cannot be read is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from medallion.errors import SourceError
from medallion.formats.sqlite import SqliteFormat

ORDERS = """
    create table orders (id integer primary key, price real, note text, data blob, mixed integer);
    insert into orders values
        (9223372036854775807, 0.1, 'a,"b"\n', x'00ff', 1), (-9223372036854775808, 3, '', null, 'x');
"""


def content(tmp_path, script: str) -> bytes:
    path = tmp_path / "made.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
    return path.read_bytes()


def test_rows_and_types_are_kept(read, tmp_path):
    found = read(SqliteFormat(), "a.sqlite", content(tmp_path, ORDERS))
    assert {column.name: column.type for column in found.parsed.columns} == {
        "id": "int64",
        "price": "float64",
        "note": "text",
        "data": "binary",
        "mixed": "text",
    }
    assert found.rows == [
        (-(1 << 63), 3.0, "", None, "x"),
        ((1 << 63) - 1, 0.1, 'a,"b"\n', b"\x00\xff", "1"),
    ]


def test_the_table_is_declared_when_there_are_several(read, tmp_path):
    data = content(tmp_path, f'{ORDERS} create table "or\'d" (a); insert into "or\'d" values (1)')
    assert read(SqliteFormat(table="or'd"), "a.sqlite", data).rows == [(1,)]
    assert len(read(SqliteFormat(table="ORDERS"), "a.sqlite", data).rows) == 2
    with pytest.raises(SourceError, match=r"a.sqlite: has 2 tables: or'd, orders") as error:
        read(SqliteFormat(), "a.sqlite", data)
    assert error.value.hint == "declare `table`, one of them"
    for table, advice in [("order", "did you mean 'orders'"), ("x; drop table orders", "there is")]:
        with pytest.raises(SourceError, match=rf"has no table {table!r}; {advice}"):
            read(SqliteFormat(table=table), "a.sqlite", data)


def test_a_view_is_in_the_order_of_its_values(read, tmp_path):
    script = """create table t (a, b); insert into t values (2, 'x'), (1, 'y'), (1, 'x');
        create view v as select * from t"""
    data = content(tmp_path, script)
    assert read(SqliteFormat(table="v"), "a.db", data).rows == [(1, "x"), (1, "y"), (2, "x")]
    assert read(SqliteFormat(), "a.db", data).rows == [(2, "x"), (1, "y"), (1, "x")]


def test_an_empty_table(read, tmp_path):
    found = read(SqliteFormat(), "a.sqlite", content(tmp_path, "create table t (a integer, b)"))
    assert [column.type for column in found.parsed.columns] == ["int64", "text"]
    assert (found.rows, found.parsed.warnings) == ([], ("has no rows",))


def test_what_cannot_be_read(read, tmp_path):
    good = content(
        tmp_path, f"{ORDERS} {'insert into orders (note) values (hex(zeroblob(9000)));' * 9}"
    )
    text = content(tmp_path, "create table t (a); insert into t values (cast(x'ff' as text))")
    view = content(tmp_path, "create view v as select * from missing")
    for data, fault in [
        (b"", "is empty"),
        (b"a,b\n", "is not a SQLite database, or an encrypted one"),
        (b"\x8f\x01" * 4096, "is not a SQLite database, or an encrypted one"),
        (b"PAR1", "is a Parquet file"),
        (good[:-8000], "is cut short or corrupt"),
        (good[:4096] + bytes(4096) + good[8192:], "is cut short or corrupt"),
        (good[:100], "is cut short or corrupt"),
        (content(tmp_path, "create table t (a); drop table t"), "has no tables"),
        (text, "cannot be read: Could not decode to UTF-8"),
        (view, "cannot be read: no such table: main.missing"),
    ]:
        with pytest.raises(SourceError, match=f"^a.sqlite: {fault}"):
            read(SqliteFormat(), "a.sqlite", data)


def test_the_file_is_only_read(read, tmp_path):
    data = content(tmp_path, f"pragma journal_mode = wal; {ORDERS}")
    assert len(read(SqliteFormat(), "a.sqlite", data).rows) == 2
    assert (tmp_path / "a.sqlite").read_bytes() == data
    assert not list(tmp_path.glob("a.sqlite-*"))
