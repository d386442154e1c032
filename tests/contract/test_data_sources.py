"""The built-in sources keep the contract they share."""

from __future__ import annotations

import psycopg
import pytest

from medallion.sources.sql.source import SqlSource
from medallion.testing.data_sources import DataSourceContract


class TestPostgres(DataSourceContract):
    @pytest.fixture
    def source(self, postgres_url: str) -> SqlSource:
        execute(postgres_url, "create table orders (id int primary key, note text)")
        execute(postgres_url, "insert into orders values (2, 'b'), (1, null)")
        return SqlSource(url=postgres_url, table="orders")

    @pytest.fixture
    def absent(self, source: SqlSource) -> SqlSource:
        return SqlSource(url=source.url, table="invoices")

    def change(self, source: SqlSource) -> None:  # type: ignore[override]
        execute(source.url, "insert into orders values (3, 'c')")


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql.encode())
