"""What all databases share: the tables of a database, with their keys."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg

from medallion.contracts import CatalogTable
from medallion.sources.sql.source import SqlSource
from tests.mysql_statements import execute_mysql


class TestTables:
    """Tables with their keys. A foreign key of several columns is left out."""

    STATEMENTS = (
        "create table people (id int primary key)",
        """create table pairs (a int, b int, person int, primary key (b, a),
            foreign key (person) references people (id))""",
        "create table notes (x int, y int, foreign key (x, y) references pairs (b, a))",
    )
    TABLES = (
        CatalogTable("notes"),
        CatalogTable("pairs", ("b", "a"), {"person": ("people", "id")}),
        CatalogTable("people", ("id",)),
    )

    def test_of_sqlite(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
            connection.executescript(";".join([*self.STATEMENTS, "create view v as select 1"]))
        assert tables(f"sqlite:{tmp_path / 'a.db'}") == self.TABLES

    def test_of_duckdb(self, tmp_path: Path) -> None:
        with closing(duckdb.connect(tmp_path / "a.db")) as connection:
            connection.execute(";".join([*self.STATEMENTS, "create view v as select 1"]))
            connection.execute("create schema other; create table other.people (nr int)")
        assert tables(f"duckdb:{tmp_path / 'a.db'}") == (
            *self.TABLES[:1],
            CatalogTable("other.people"),
            *self.TABLES[1:],
        )

    def test_of_postgresql(self, postgres_url: str) -> None:
        other = (
            "create schema other",
            "create table other.parts (id int references people) partition by range (id)",
            "create table other.part partition of other.parts for values from (1) to (2)",
        )
        with psycopg.connect(postgres_url) as connection:
            for statement in (*self.STATEMENTS, *other, "create view v as select 1"):
                connection.execute(statement.encode())
        assert tables(postgres_url) == (
            *self.TABLES[:1],
            CatalogTable("other.parts", (), {"id": ("people", "id")}),
            *self.TABLES[1:],
        )

    def test_of_mariadb(self, mariadb_url: str) -> None:
        execute_mysql(mariadb_url, *self.STATEMENTS, "create view v as select 1")
        assert tables(mariadb_url) == self.TABLES


def tables(url: str) -> tuple[CatalogTable, ...]:
    source = SqlSource(url=url, table="any")
    with source.connect() as connection:
        return tuple(source.tables(connection))
