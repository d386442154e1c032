"""SQLite as a source: types by the values of columns, the order of rows, tokens and errors."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import SourceError, UnreachableError
from medallion.sources.sql import sqlite
from medallion.sources.sql.source import SqlSource


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a b.db"
    write(path, "create table orders (id integer primary key, price real, note text, data blob)")
    write(path, "insert into orders values (2, 0.1, 'a\nb\"c', x'00ff'), (1, 3, '', null)")
    return path


def write(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def age(path: Path) -> None:
    """Let the file be one that was written long ago."""
    os.utime(path, (1_000_000_000, 1_000_000_000))


def lines(path: Path, **fields: Any) -> list[str]:
    source = SqlSource(url=f"sqlite:{path}", **fields)
    with source.connect() as connection:
        (item,) = source.look(connection, [])
        return b"".join(source.pull(connection, item)).decode().split("\n")[:-1]


def test_types_are_those_of_the_values(file: Path) -> None:
    assert lines(file, table="orders") == [
        "id,price,note,data",
        "int64,float64,text,binary",
        "INTEGER,REAL,,BLOB",
        '1,3.0,"",',
        '2,0.1,"a',
        'b""c",\\x00ff',
    ]


@pytest.mark.parametrize(
    ("values", "type_", "texts"),
    [
        ("(1), (null)", "int64", ["1", "\\N"]),
        ("(1), (0.5)", "float64", ["1", "0.5"]),
        ("(9007199254740993), (0.5)", "text", ['"9007199254740993"', '"0.5"']),
        ("(1), ('x')", "text", ['"1"', '"x"']),
        ("('x'), (x'00')", "text", ['"x"', '"\\x00"']),
        ("(null)", "text", ["\\N"]),
        ("(9e999)", "float64", ["inf"]),
    ],
)
def test_values_of_several_kinds(file: Path, values: str, type_: str, texts: list[str]) -> None:
    query = f"select column1 as v from (values {values})"
    assert lines(file, query=query) == ["v", type_, '""', *texts]


def test_a_column_without_values_has_the_type_that_is_declared(file: Path) -> None:
    write(file, "create table empty (a bigint, b double, c varchar(5), d blob, e)")
    assert lines(file, table="empty")[1] == "int64,float64,text,binary,text"


def test_rows_without_a_key_are_in_the_order_of_insertion(file: Path) -> None:
    write(file, "create table log (at text)")
    write(file, "insert into log values ('z'), ('a')")
    assert lines(file, table="log")[3:] == ['"z"', '"a"']
    write(file, "create table pairs (a, b, primary key (b, a)) without rowid")
    write(file, "insert into pairs values (2, 1), (1, 2), (1, 1)")
    assert lines(file, table="main.pairs")[3:] == ["1,1", "2,1", "1,2"]
    write(file, "create view v as select id from orders")
    assert sorted(lines(file, table="v")[3:]) == ["1", "2"]


def test_a_file_that_was_written_just_now_has_no_token(file: Path) -> None:
    source = SqlSource(url=f"sqlite:{file}", table="orders")
    with source.connect() as connection:
        assert connection.token() == ""


def test_the_token_changes_with_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medallion.sources.sql.database_file.SETTLED", 0.0)
    source = SqlSource(url=f"sqlite:{file}", table="orders")
    age(file)
    tokens = []
    for _ in range(2):
        with source.connect() as connection:
            tokens.append(connection.token())
    assert tokens[0] == tokens[1] != ""
    write(file, "insert into orders (id) values (3)")
    with source.connect() as connection:
        assert connection.token() not in ("", tokens[0])


@pytest.mark.parametrize(
    ("fields", "message", "hint"),
    [
        ({"table": "nothing"}, "no such table: nothing", "correct its name"),
        ({"table": "orders", "columns": ["x"]}, "no such column: x", "correct `columns`"),
        ({"query": "selec 1"}, "syntax error", "one `select` statement"),
        ({"query": "select 1 as a, 2 as a"}, "two columns are called 'a'", "by `as`"),
    ],
)
def test_a_wrong_table_or_query(
    file: Path, fields: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        lines(file, **fields)
    assert hint in caught.value.hint


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        lines(tmp_path / "none.db", table="orders")
    (tmp_path / "text.db").write_text("not a database, but long enough to be one" * 100)
    with pytest.raises(SourceError, match="file is not a database"):
        lines(tmp_path / "text.db", table="orders")


def test_a_locked_file_is_tried_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_TIMEOUT", 0.01)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        with pytest.raises(UnreachableError, match="database is locked"):
            lines(file, table="orders")


def test_a_relative_path_is_shown_as_it_is_declared(file: Path) -> None:
    source = SqlSource(url=f"sqlite:{file.name}", table="orders").located(file.parent)
    assert source.label == "sqlite:a b.db orders"
    with source.connect() as connection:
        assert [item.name for item in source.look(connection, [])] == ["sqlite:a b.db orders"]
