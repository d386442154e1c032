"""The built-in sources keep the contract they share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pymongo import MongoClient

from medallion.sources.delta import DeltaSource
from medallion.sources.dlt.source import DltSource
from medallion.sources.mongodb import MongoDBSource
from medallion.sources.rest.paging import CursorParameter
from medallion.sources.rest.since import SinceParameter
from medallion.sources.rest.source import RestSource
from medallion.sources.sql.source import SqlSource
from medallion.testing.data_sources import DataSourceContract
from tests import rest_server
from tests.mysql_statements import execute_mysql
from tests.rest_server import RestServer, serving_records


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


class TestMariaDB(DataSourceContract):
    @pytest.fixture
    def source(self, mariadb_url: str) -> SqlSource:
        execute_mysql(
            mariadb_url,
            "create table orders (id int primary key, note text)",
            "insert into orders values (2, 'b'), (1, null)",
        )
        return SqlSource(url=mariadb_url, table="orders")

    @pytest.fixture
    def absent(self, source: SqlSource) -> SqlSource:
        return SqlSource(url=source.url, table="invoices")

    def change(self, source: SqlSource) -> None:  # type: ignore[override]
        execute_mysql(source.url, "insert into orders values (3, 'c')")


class TestRest(DataSourceContract):
    test_a_connection_shows_one_moment = None  # type: ignore[assignment]  # no API has snapshots

    @pytest.fixture
    def server(self) -> Iterator[RestServer]:
        with serving_records() as state:
            yield state

    @pytest.fixture
    def source(self, server: RestServer) -> RestSource:
        return RestSource(url=f"{server.url}/orders")

    @pytest.fixture
    def absent(self, server: RestServer) -> RestSource:
        return RestSource(url=f"{server.url}/invoices")

    @pytest.fixture(autouse=True)
    def _changes(self, server: RestServer) -> None:
        self.server = server

    def change(self, source: RestSource) -> None:  # type: ignore[override]
        self.server.records.append({"id": 9})


class TestRestSince(TestRest):
    # A part keeps its records; pulled again by itself, it would have the new ones, too.
    test_a_change_is_seen = None  # type: ignore[assignment]

    @pytest.fixture
    def source(self, server: RestServer) -> RestSource:
        server.reply = partial(rest_server.since, field="id")
        return RestSource(
            url=f"{server.url}/orders",
            records="data",
            cursor=CursorParameter(param="after", path="next"),
            since=SinceParameter(cursor="id", param="since"),
            key=("id",),
        )


class TestDlt(DataSourceContract):
    @pytest.fixture
    def server(self) -> Iterator[RestServer]:
        with serving_records() as state:
            yield state

    @pytest.fixture
    def source(self, server: RestServer) -> DltSource:
        url = f"{server.url}/orders"
        return DltSource(resource="tests.dlt_resources:orders", args={"url": url})

    @pytest.fixture
    def absent(self, source: DltSource) -> DltSource:
        return source.model_copy(update={"resource": "tests.dlt_resources:invoices"})

    @pytest.fixture(autouse=True)
    def _changes(self, server: RestServer) -> None:
        self.server = server

    def change(self, source: DltSource) -> None:  # type: ignore[override]
        self.server.records.append({"id": 9})


class TestMongoDB(DataSourceContract):
    # A single server has no snapshots.
    test_a_connection_shows_one_moment = None  # type: ignore[assignment]

    @pytest.fixture
    def source(self, mongodb_url: str) -> MongoDBSource:
        source = MongoDBSource(url=mongodb_url, collection="orders")
        insert(source, {"_id": 2, "note": "b"}, {"_id": 1, "note": None})
        return source

    @pytest.fixture
    def absent(self, source: MongoDBSource) -> MongoDBSource:
        return MongoDBSource(url=source.url, collection="invoices")

    def change(self, source: MongoDBSource) -> None:  # type: ignore[override]
        insert(source, {"_id": 3, "note": "c"})


def insert(source: MongoDBSource, *documents: dict[str, Any]) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(source.url) as client:
        client.get_default_database()[source.collection].insert_many(documents)


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql.encode())


class TestSqlite(DataSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> SqlSource:
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
            connection.execute("pragma journal_mode = wal")  # a writer waits for no reader
            connection.execute("create table orders (id integer primary key, note text)")
            connection.execute("insert into orders values (2, 'b'), (1, null)")
        return SqlSource(url=f"sqlite:{tmp_path}/shop.db", table="orders")

    @pytest.fixture
    def absent(self, source: SqlSource) -> SqlSource:
        return SqlSource(url=source.url, table="invoices")

    def change(self, source: SqlSource) -> None:  # type: ignore[override]
        with closing(sqlite3.connect(source.url.partition(":")[2])) as connection, connection:
            connection.execute("insert into orders values (3, 'c')")


class TestDelta(DataSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> DeltaSource:
        write_deltalake(tmp_path, pa.table({"id": [2, 1], "note": ["b", None]}))
        return DeltaSource(path=str(tmp_path))

    @pytest.fixture
    def absent(self, source: DeltaSource) -> DeltaSource:
        return DeltaSource(path=f"{source.path}/invoices")

    def change(self, source: DeltaSource) -> None:  # type: ignore[override]
        write_deltalake(source.path, pa.table({"id": [3], "note": ["c"]}), mode="append")


class TestDuckDB(DataSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> SqlSource:
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
            connection.execute("create table orders (id int primary key, note text)")
            connection.execute("insert into orders values (2, 'b'), (1, null)")
        return SqlSource(url=f"duckdb:{tmp_path}/shop.duckdb", table="orders")

    @pytest.fixture
    def absent(self, source: SqlSource) -> SqlSource:
        return SqlSource(url=source.url, table="invoices")

    def change(self, source: SqlSource) -> None:  # type: ignore[override]
        with duckdb.connect(source.url.partition(":")[2]) as connection:
            connection.execute("insert into orders values (3, 'c')")

    def test_a_connection_shows_one_moment(self, source: SqlSource) -> None:
        """DuckDB lets nobody write to a file while it is read."""
        with source.connect(), pytest.raises(duckdb.Error):
            self.change(source)
