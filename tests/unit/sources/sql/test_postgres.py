"""PostgreSQL as a source: what is pulled of every type, in which order, and what its errors say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import duckdb
import psycopg
import pytest

from medallion.contracts import Parsed
from medallion.errors import SourceError, UnreachableError
from medallion.formats.typed_csv import TypedCsv
from medallion.sources.sql.source import SqlSource

# By type in PostgreSQL: an SQL value, the logical type, and the value as DuckDB writes it.
TYPES = {
    "boolean": ("true", "boolean", "true"),
    "smallint": ("-32768", "int16", "-32768"),
    "integer": ("2147483647", "int32", "2147483647"),
    "bigint": ("9223372036854775807", "int64", "9223372036854775807"),
    "numeric(12,2)": ("1.10", "decimal(12,2)", "1.10"),
    "numeric(38,0)": ("1e37", "decimal(38,0)", f"1{'0' * 37}"),
    "numeric": (
        "12345678901234567890123456789012345678901234.50",
        "text",
        "12345678901234567890123456789012345678901234.50",
    ),
    "numeric(45,3)": ("0.1", "text", "0.100"),
    "real": ("0.1", "float32", "0.1"),
    "double precision": ("0.1::float8 + 0.2", "float64", "0.30000000000000004"),
    "text": ("e'a\\nb\"c,\\r'", "text", 'a\nb"c,\r'),
    "varchar(5)": ("''", "text", ""),
    "char(3)": ("'x'", "text", "x  "),
    "bytea": ("'\\x00ff'", "binary", "\\x00\\xFF"),
    "date": ("'infinity'", "date", "infinity"),
    "time": ("'23:59:59.999999'", "time", "23:59:59.999999"),
    "timetz": ("'12:00+02'", "text", "12:00:00+02"),
    "timestamp": ("'-infinity'", "timestamp", "-infinity"),
    "timestamptz": (
        "'2024-01-02 03:04:05.678901+02'",
        "timestamptz",
        "2024-01-02 01:04:05.678901+00",
    ),
    "interval": ("'1 day 2 hours'", "text", "P1DT2H"),
    "json": ("'{\"a\": 1.10}'", "json", '{"a": 1.10}'),
    "jsonb": ("'{\"a\":[1]}'", "json", '{"a": [1]}'),
    "uuid": (
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        "uuid",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    "inet": ("'10.0.0.1'", "text", "10.0.0.1"),
    "int4range": ("'[1,5)'", "text", "[1,5)"),
    "mood": ("'ok'", "text", "ok"),
    "posint": ("7", "int32", "7"),
    "integer[]": ("'{1,null}'", "list<int32>", "[1, NULL]"),
    "text[]": ("array['x,y', '', 'NULL']", "list<text>", "['x,y', '', 'NULL']"),
    "numeric[]": ("'{1.10}'", "list<text>", "[1.10]"),
    "bytea[]": ("array['\\x01'::bytea]", "list<binary>", "['\\\\x01']"),
    "date[]": ("'{2024-02-29}'", "list<date>", "[2024-02-29]"),
    "mood[]": ("'{ok}'", "list<text>", "[ok]"),
    "json[]": ("array['{\"a\": 1}'::json]", "list<text>", "['{\"a\": 1}']"),
}


@pytest.fixture(scope="class")
def database(shared_postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_postgres_url, autocommit=True) as connection:
        yield connection


def source(connection: psycopg.Connection, **fields: Any) -> SqlSource:
    info = connection.info
    return SqlSource(
        url=f"postgresql://{info.user}@{info.host}:{info.port}/{info.dbname}", **fields
    )


def pulled(of: SqlSource) -> str:
    with of.connect() as connection:
        (item,) = of.look(connection, [])
        return b"".join(of.pull(connection, item)).decode()


def parsed(text: str, folder: Path) -> tuple[Parsed, list[tuple[Any, ...]]]:
    (folder / "in").write_bytes(text.encode())
    with duckdb.connect() as connection:
        result = TypedCsv().parse(folder / "in", "t", folder / "out", connection)
        rows = connection.sql(f"select columns(*)::varchar from read_parquet('{folder / 'out'}')")
        return result, rows.fetchall()


class TestTypes:
    def test_every_type_is_exact(self, database: psycopg.Connection, tmp_path: Path) -> None:
        database.execute("create type mood as enum ('sad', 'ok'); create domain posint as int")
        names = {type_: f"c{number}" for number, type_ in enumerate(TYPES)}
        columns = ", ".join(f"{name} {type_}" for type_, name in names.items())
        values = ", ".join(f"({value})::{type_}" for type_, (value, _, _) in TYPES.items())
        database.execute(f"create table types (id int primary key, {columns})".encode())
        database.execute(
            f"insert into types values (1, {values}); insert into types values (2)".encode()
        )
        text = pulled(source(database, table="types"))
        result, rows = parsed(text, tmp_path)
        assert result.warnings == ()
        read = dict(zip(TYPES, result.columns[1:], strict=True))
        assert {type_: column.type for type_, column in read.items()} == {
            type_: logical for type_, (_, logical, _) in TYPES.items()
        }
        assert dict(zip(TYPES, rows[0][1:], strict=True)) == {
            type_: value for type_, (_, _, value) in TYPES.items()
        }
        assert rows[1] == ("2", *[None] * len(TYPES))
        assert read["mood"].source_type == "mood"
        assert read["numeric"].source_type == "numeric"
        assert read["text"].source_type == ""

    def test_settings_of_the_server_change_nothing(self, database: psycopg.Connection) -> None:
        query = "select '\\x01'::bytea b, '2024-02-01'::date d, now() - now() i, 0.1::float8 + 0.2 f, timestamptz '2024-01-01 00:00+00' t"
        before = pulled(source(database, query=query))
        name = database.info.dbname
        for setting in (
            "bytea_output = escape",
            "datestyle = 'German'",
            "intervalstyle = sql_standard",
            "extra_float_digits = -5",
            "timezone = 'Asia/Tokyo'",
        ):
            database.execute(f"alter database {name} set {setting}".encode())
        assert pulled(source(database, query=query)) == before
        assert before.splitlines()[-1].startswith("\\x01,2024-02-01,PT0S,0.30000000000000004,2024")

    def test_a_table_is_in_the_order_of_its_key(self, database: psycopg.Connection) -> None:
        database.execute(
            "create schema s; create table s.pairs (a int, b int, c text, primary key (b, a))"
        )
        database.execute("insert into s.pairs values (1, 2, 'x'), (2, 1, 'y'), (1, 1, 'z')")
        rows = pulled(source(database, table="s.pairs", columns=["c", "a"])).splitlines()
        assert rows == ["c,a", "text,int32", ",integer", "z,1", "y,2", "x,1"]

    def test_a_query_keeps_its_order(self, database: psycopg.Connection) -> None:
        query = "select n from generate_series(1, 5) as n order by n % 2, n desc; "
        rows = pulled(source(database, query=query)).splitlines()[3:]
        assert rows == ['"4"', '"2"', '"5"', '"3"', '"1"']

    def test_one_column_has_nulls_and_empty_texts(
        self, database: psycopg.Connection, tmp_path: Path
    ) -> None:
        query = "values (null), (''), ('\\N'), ('a')"
        _, rows = parsed(pulled(source(database, query=query)), tmp_path)
        assert rows == [(None,), ("",), ("\\N",), ("a",)]

    @pytest.mark.parametrize(
        ("fields", "message", "hint"),
        [
            ({"table": "nothing"}, 'relation "nothing" does not exist', "create it, or correct"),
            ({"table": "nothing.at_all"}, 'relation "nothing.at_all" does not exist', "create it"),
            ({"table": "pg_class", "columns": ["x"]}, 'column "x" does not exist', "`columns`"),
            ({"query": "selec 1"}, 'syntax error at or near "1"', "correct the `query`"),
            ({"query": "delete from pg_class returning 1"}, "syntax error", "one `select`"),
            ({"query": "select 1 as a, 2 as a"}, "two columns are called 'a'", "by `as`"),
            ({"query": "select 1/0"}, "division by zero", ""),
            ({"query": "select nextval('n')"}, "cannot execute nextval", "may only read"),
        ],
    )
    def test_a_wrong_table_or_query(
        self, database: psycopg.Connection, fields: dict[str, Any], message: str, hint: str
    ) -> None:
        database.execute("create sequence if not exists n")
        with pytest.raises(SourceError, match=message) as caught:
            pulled(source(database, **fields))
        assert hint in caught.value.hint
        assert caught.value.message.startswith(source(database, **fields).label)

    def test_a_connection_that_is_lost(self, database: psycopg.Connection) -> None:
        of = source(database, query="select repeat('x', 1000) as x from generate_series(1, 200000)")
        with of.connect() as connection:
            chunks = of.pull(connection, of.look(connection, [])[0])
            assert len(next(chunks) + next(chunks)) > 1000
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
            with pytest.raises(UnreachableError, match="query: "):
                b"".join(chunks)

    def test_a_user_without_the_right(self, database: psycopg.Connection) -> None:
        role = f"reader_{os.getpid()}"
        database.execute(f"create role {role} login; create table secret (id int)".encode())
        parts = urlsplit(source(database, table="secret").url)
        url = urlunsplit(parts._replace(netloc=f"{role}@{parts.hostname}:{parts.port}"))
        try:
            with pytest.raises(SourceError, match="permission denied for table secret") as caught:
                pulled(SqlSource(url=url, table="secret"))
        finally:
            database.execute(f"drop role {role}".encode())
        assert caught.value.hint == "grant this user the right to select from it"

    def test_a_user_that_does_not_exist(self, database: psycopg.Connection) -> None:
        parts = urlsplit(source(database, table="t").url)
        url = urlunsplit(parts._replace(netloc=f"nobody_here@{parts.hostname}:{parts.port}"))
        with pytest.raises(SourceError, match='role "nobody_here" does not exist') as caught:
            pulled(SqlSource(url=url, table="t"))
        assert caught.value.hint == "check user and password in the URL"

    def test_a_database_that_does_not_exist(self, database: psycopg.Connection) -> None:
        url = source(database, table="t").url.rpartition("/")[0] + "/nowhere"
        with pytest.raises(SourceError, match='database "nowhere" does not exist'):
            pulled(SqlSource(url=url, table="t"))


def test_a_server_that_is_unreachable() -> None:
    of = SqlSource(url="postgresql://ann:s3cret-word@127.0.0.1:1/shop", table="orders")
    with pytest.raises(
        UnreachableError, match=r"postgresql://127.0.0.1:1/shop: cannot be reached"
    ) as caught:
        pulled(of)
    assert "s3cret-word" not in str(caught.value)
