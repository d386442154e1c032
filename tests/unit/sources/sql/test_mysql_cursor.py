"""A cursor of MySQL that is not read to its end."""

from __future__ import annotations

from typing import Any

from medallion.sources.sql.source import SqlSource
from tests.mysql_statements import execute_mysql


class TestStops:
    def test_a_pull_that_is_stopped_stops_the_query(self, shared_mariadb_url: str) -> None:
        query = "select seq, repeat('x', 1000) as x from seq_1_to_5000000"
        of = SqlSource(url=shared_mariadb_url, query=query)
        with of.connect() as connection:
            for _ in range(2):
                chunks: Any = of.pull(connection, of.look(connection, [])[0])
                assert len(next(chunks) + next(chunks)) > 1000
                chunks.close()
                assert connection.one("select 7", "db") == ("7",)
            running = execute_mysql(shared_mariadb_url, "show processlist")
            assert not [row for row in running if "seq_1_to_5000000" in str(row)]
