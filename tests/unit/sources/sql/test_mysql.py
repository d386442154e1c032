"""MySQL and MariaDB as a source: order, settings, and cursors of increments."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from medallion.sources.increments import CursorRange
from medallion.sources.sql.source import SqlSource
from tests.mysql_statements import execute_mysql
from tests.unit.sources.sql.test_postgres import parsed, pulled


class TestOrder:
    def test_settings_of_the_server_change_nothing(
        self, shared_mariadb_url: str, mariadb_server: str
    ) -> None:
        execute_mysql(
            shared_mariadb_url,
            "create table settings (id int primary key, c char(3), t timestamp)",
            "insert into settings values (1, 'x', '2024-01-01 00:00:00')",
        )
        of = SqlSource(url=shared_mariadb_url, table="settings")
        before = pulled(of)
        try:
            execute_mysql(
                mariadb_server,
                "set global sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
                "set global time_zone = '+09:00'",
            )
            assert pulled(of) == before
        finally:
            execute_mysql(
                mariadb_server, "set global sql_mode = default", "set global time_zone = default"
            )

    def test_a_table_is_in_the_order_of_its_key(self, shared_mariadb_url: str) -> None:
        database = urlsplit(shared_mariadb_url).path[1:]
        execute_mysql(
            shared_mariadb_url,
            "create table `pa``irs` (a int, `b c` int, c text, primary key (`b c`, a))",
            "insert into `pa``irs` values (1, 2, 'x'), (2, 1, 'y'), (1, 1, 'z')",
        )
        of = SqlSource(url=shared_mariadb_url, table=f"{database}.pa`irs", columns=("c", "a"))
        assert pulled(of).splitlines()[3:] == ['"z",1', '"y",2', '"x",1']

    def test_one_column_has_nulls_and_empty_texts(
        self, shared_mariadb_url: str, tmp_path: Path
    ) -> None:
        query = "select null as a union all select '' union all select '\\\\N' union all select 'a'"
        _, rows = parsed(pulled(SqlSource(url=shared_mariadb_url, query=query)), tmp_path)
        assert rows == [(None,), ("",), ("\\N",), ("a",)]


def test_bounds_of_a_cursor_are_compared_exactly(mariadb_url: str) -> None:
    """A number next to a text would be compared as a floating-point number."""
    execute_mysql(
        mariadb_url,
        "create table t (id int primary key, n bigint unsigned, d decimal(40,10), s varchar(9), "
        "at timestamp(6) null)",
        "insert into t values (1, 9007199254740993, 10000000000000000000000000, '10', '2024-01-01 00:00:00.000001'), "
        "(2, 9007199254740992, 9999999999999999999999999.9999999999, '9', '2024-01-01 00:00:00'), "
        "(3, null, null, null, null)",
    )
    cases = {
        "n": ("9007199254740993", 3, ("9007199254740990.0000000000")),
        "d": ("10000000000000000000000000.0000000000", 3, "9999999999999999999999997.0000000000"),
        "s": ("9", 0, "9"),
        "at": ("2024-01-01 00:00:00.000001", "10 minutes", "2023-12-31 23:50:00.000001"),
    }
    for cursor, (largest, lag, less) in cases.items():
        of = SqlSource(url=mariadb_url, table="t", cursor=cursor, key=("id",))
        with of.connect() as connection:
            relation = of.relation
            assert connection.cut(relation, cursor, 0, None) == (largest, False)
            assert connection.cut(relation, cursor, 0, largest) == (largest, False)
            assert connection.cut(relation, cursor, lag, None) == (less, False)
            assert connection.cut(relation, cursor, 0, less) == (largest, less != largest)
            part = connection.within(relation, cursor, CursorRange(largest))
            rows = b"".join(connection.pull(part)).decode().splitlines()[3:]
            greatest = "2" if cursor == "s" else "1"
            assert [row[0] for row in rows] == [greatest, "3"], cursor
            rest = connection.within(relation, cursor, CursorRange(end=largest))
            rows = b"".join(connection.pull(rest)).decode().splitlines()[3:]
            assert [row[0] for row in rows] == [{"1": "2", "2": "1"}[greatest]], cursor


def test_a_lag_larger_than_the_cursor(mariadb_url: str) -> None:
    execute_mysql(
        mariadb_url, "create table t (id int unsigned primary key)", "insert into t values (3)"
    )
    of = SqlSource(url=mariadb_url, table="t", cursor="id", key=("id",), lag=10)
    with of.connect() as connection:
        first = of.look(connection, [])
        assert first[0].cursor["to"] == "-7.0000000000"  # type: ignore[index, call-overload]
        (_, second) = of.look(connection, first)
        assert b"".join(of.pull(connection, second)).decode().splitlines()[3:] == ["3"]
