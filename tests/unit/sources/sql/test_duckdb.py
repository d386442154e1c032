"""DuckDB as a source: every type, the order of rows, and errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.errors import SourceError, UnreachableError
from medallion.formats.typed_csv import TypedCsv
from medallion.sources.sql.source import SqlSource

# By type in DuckDB: an SQL value, the logical type, and the value as DuckDB writes it.
TYPES = {
    "BOOLEAN": ("true", "boolean", "true"),
    "TINYINT": ("-128", "int8", "-128"),
    "UBIGINT": ("18446744073709551615", "uint64", "18446744073709551615"),
    "HUGEINT": (
        "'99999999999999999999999999999999999999'",
        "decimal(38,0)",
        "99999999999999999999999999999999999999",
    ),
    "DECIMAL(38,10)": ("1.5", "decimal(38,10)", "1.5000000000"),
    "FLOAT": ("0.1", "float32", "0.1"),
    "DOUBLE": ("0.30000000000000004", "float64", "0.30000000000000004"),
    "VARCHAR": ("'a,\"b\"'", "text", 'a,"b"'),
    "BLOB": ("'\\x00\\xFF'", "binary", "\\x00\\xFF"),
    "DATE": ("'0044-03-15 (BC)'", "date", "0044-03-15 (BC)"),
    "TIME": ("'12:00:00.5'", "time", "12:00:00.5"),
    "TIMESTAMP": ("'infinity'", "timestamp", "infinity"),
    "TIMESTAMP_NS": (
        "'2024-01-01 00:00:00.123456789'",
        "timestamp(ns)",
        "2024-01-01 00:00:00.123456789",
    ),
    "TIMESTAMPTZ": ("'2024-01-01 02:00:00+02'", "timestamptz", "2024-01-01 00:00:00+00"),
    "INTERVAL": ("'1 day'", "text", "1 day"),
    "UUID": (
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        "uuid",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    "JSON": ("'{\"a\": 1.10}'", "json", '{"a": 1.10}'),
    "ENUM ('x', 'y')": ("'y'", "text", "y"),
    "INTEGER[]": ("[1, null]", "list<int32>", "[1, NULL]"),
    "BLOB[]": ("['\\x01'::blob]", "list<binary>", "['\\\\x01']"),
    "VARCHAR[][]": ("[['a']]", "json", '[["a"]]'),
    "STRUCT(a INTEGER, b VARCHAR)": ("{'a': 1, 'b': 'x'}", "json", '{"a":1,"b":"x"}'),
    "MAP(VARCHAR, INTEGER)": ("map {'k': 1}", "json", '{"k":1}'),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a b.duckdb"


def write(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


def pulled(path: Path, **fields: Any) -> bytes:
    source = SqlSource(url=f"duckdb:{path}", **fields)
    with source.connect() as connection:
        (item,) = source.look(connection, [])
        return b"".join(source.pull(connection, item))


def test_every_type_is_exact(file: Path, tmp_path: Path) -> None:
    columns = ", ".join(f"c{number} {type_}" for number, type_ in enumerate(TYPES))
    values = ", ".join(value for value, _, _ in TYPES.values())
    write(file, f"create table types (id int, {columns})")
    write(file, f"insert into types values (1, {values}); insert into types (id) values (2)")
    (tmp_path / "in").write_bytes(pulled(file, table="types"))
    with duckdb.connect() as connection:
        result = TypedCsv().parse(tmp_path / "in", "t", tmp_path / "out", connection)
        rows = connection.sql(
            f"select columns(*)::varchar from read_parquet('{tmp_path / 'out'}')"
        ).fetchall()
    assert result.warnings == ()
    read = dict(zip(TYPES, result.columns[1:], strict=True))
    assert {type_: column.type for type_, column in read.items()} == {
        type_: logical for type_, (_, logical, _) in TYPES.items()
    }
    assert dict(zip(TYPES, rows[0][1:], strict=True)) == {
        type_: value for type_, (_, _, value) in TYPES.items()
    }
    assert rows[1] == ("2", *[None] * len(TYPES))


def test_nulls_and_empty_texts_differ(file: Path) -> None:
    write(file, "create table one (v text); insert into one values (null), (''), ('\\N'), ('a')")
    assert pulled(file, table="one") == b'v\ntext\ntext\n\\N\n""\n"\\N"\n"a"\n'
    query = "select 1 as id, '' as v union all select 2, null"
    assert sorted(pulled(file, query=query).splitlines()[3:]) == [b'1,""', b"2,"]


def test_rows_are_in_the_order_of_insertion(file: Path) -> None:
    write(file, "create schema s; create table s.n as select range as n from range(5000, 0, -1)")
    rows = pulled(file, table="s.n").split()[3:]
    assert rows == [b'"%d"' % n for n in range(5000, 0, -1)]


@pytest.mark.parametrize(
    ("fields", "message", "hint"),
    [
        ({"table": "nothing"}, "nothing does not exist", "correct its name"),
        ({"table": "orders", "columns": ["x"]}, '"x" not found', "correct `columns`"),
        ({"query": "selec 1"}, "syntax error", "one `select` statement"),
    ],
)
def test_a_wrong_table_or_query(
    file: Path, fields: dict[str, Any], message: str, hint: str
) -> None:
    write(file, "create table orders (id int)")
    with pytest.raises(SourceError, match=message) as caught:
        pulled(file, **fields)
    assert hint in caught.value.hint


def test_a_file_that_another_process_writes_is_tried_again(file: Path) -> None:
    write(file, "create table orders (id int)")
    code = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout
        assert writer.stdin
        assert writer.stdout.readline() == b"open\n"
        with pytest.raises(UnreachableError, match="Could not set lock") as caught:
            pulled(file, table="orders")
        writer.stdin.close()
    assert caught.value.hint == "close it in the process that writes it"
