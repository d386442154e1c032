"""What errors of MySQL say, and which are tried again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from medallion.errors import SourceError, UnreachableError
from medallion.sources.sql.source import SqlSource
from tests.mysql_statements import execute_mysql
from tests.unit.sources.sql.test_postgres import pulled


class TestErrors:
    @pytest.mark.parametrize(
        ("fields", "message", "hint"),
        [
            ({"table": "nothing"}, "nothing' doesn't exist", "create it, or correct"),
            ({"table": "nowhere.at_all"}, "nowhere.at_all' doesn't exist", "create it"),
            ({"table": "mysql.db", "columns": ["x"]}, "Unknown column 'x'", "`columns`"),
            ({"query": "selec 1"}, "error in your SQL syntax", "correct the `query`"),
            ({"query": "delete from mysql.db"}, "error in your SQL syntax", "one `select`"),
            ({"query": "select 1 as a, 2 as a"}, "Duplicate column name 'a'", "by `as`"),
            ({"query": "select nextval(s)"}, "in a READ ONLY transaction", "may only read"),
            ({"query": "select f from floats"}, "'f' is a float", "write `f [*] 1e0 as f`"),
            (
                {"table": "floats", "cursor": "f", "key": "f"},
                "the cursor 'f' is a float",
                "correct `cursor`",
            ),
            (
                {"table": "floats", "cursor": "g", "key": "f"},
                "the cursor 'g' does not exist",
                "correct `cursor`",
            ),
        ],
    )
    def test_a_wrong_table_or_query(
        self, shared_mariadb_url: str, fields: dict[str, Any], message: str, hint: str
    ) -> None:
        execute_mysql(
            shared_mariadb_url,
            "create sequence if not exists s",
            "create table if not exists floats (f float)",
        )
        of = SqlSource(url=shared_mariadb_url, **fields)
        with pytest.raises(SourceError, match=message) as caught:
            pulled(of)
        assert hint.replace("[*]", "*") in caught.value.hint
        assert caught.value.message.startswith(of.label)

    def test_a_connection_that_is_lost(self, shared_mariadb_url: str) -> None:
        query = "select seq, repeat('x', 1000) as x from seq_1_to_1000000"
        of = SqlSource(url=shared_mariadb_url, query=query)
        with of.connect() as connection:
            chunks = of.pull(connection, of.look(connection, [])[0])
            assert len(next(chunks) + next(chunks)) > 1000
            execute_mysql(shared_mariadb_url, f"kill {connection.identity}")
            with pytest.raises(UnreachableError, match="query: "):
                b"".join(chunks)

    def test_a_table_that_was_altered_is_tried_again(self, shared_mariadb_url: str) -> None:
        execute_mysql(shared_mariadb_url, "create table altered (id int primary key)")
        of = SqlSource(url=shared_mariadb_url, table="altered")
        with of.connect() as connection:
            execute_mysql(
                shared_mariadb_url, "alter table altered add column n text, algorithm=copy"
            )
            with pytest.raises(UnreachableError, match="Table definition has changed"):
                b"".join(of.pull(connection, of.look(connection, [])[0]))

    def test_a_user_without_the_right_or_password(self, shared_mariadb_url: str) -> None:
        name = urlsplit(shared_mariadb_url).path[1:]
        user = f"u{name[-8:]}"
        execute_mysql(
            shared_mariadb_url,
            f"create user {user} identified by 's3cr@t-word'",
            f"grant create on {name}.* to {user}",
            "create table secret (id int)",
        )
        parts = urlsplit(shared_mariadb_url)
        try:
            for password, message, hint in (
                ("s3cr%40t-word", "SELECT command denied", "grant this user the right"),
                ("wr0ng-word", "Access denied for user", "check user and password"),
            ):
                place = f"{user}:{password}@{parts.hostname}:{parts.port}"
                url = urlunsplit(parts._replace(netloc=place))
                with pytest.raises(SourceError, match=message) as caught:
                    pulled(SqlSource(url=url, table="secret"))
                assert hint in caught.value.hint
                assert "word" not in str(caught.value).replace("password", "")
        finally:
            execute_mysql(shared_mariadb_url, f"drop user {user}")

    def test_a_database_that_does_not_exist(self, shared_mariadb_url: str) -> None:
        url = shared_mariadb_url.rpartition("/")[0] + "/nowhere"
        with pytest.raises(SourceError, match="Unknown database 'nowhere'") as caught:
            pulled(SqlSource(url=url, table="t"))
        assert "create the database" in caught.value.hint


def test_a_server_that_is_unreachable() -> None:
    of = SqlSource(url="mysql://ann:s3cret-word@127.0.0.1:1/shop", table="orders")
    with pytest.raises(
        UnreachableError, match=r"mysql://127.0.0.1:1/shop: cannot be reached"
    ) as caught:
        pulled(of)
    assert "s3cret-word" not in str(caught.value)
