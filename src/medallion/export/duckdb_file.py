"""A DuckDB database file with tables of a release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from medallion.contracts import literal, quote
from medallion.records import Column, TableDescription
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import duckdb_type

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Connection

FACTS = "medallion"  # the schema of what is known about the release


class DatabaseTable(NamedTuple):
    """A table: its name, columns and description, and its rows."""

    name: str
    columns: tuple[Column, ...]
    description: TableDescription
    rows: pa.RecordBatchReader


def write_database(target: Path, facts: Mapping[str, str], tables: Iterable[DatabaseTable]) -> None:
    """Write a database with these tables, and the facts in `medallion.release`."""
    import duckdb

    with duckdb.connect(str(target)) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        connection.execute(f"create schema {FACTS}").fetchall()
        values = ", ".join(f"{literal(text)} as {quote(name)}" for name, text in facts.items())
        connection.execute(f"create table {FACTS}.release as select {values}").fetchall()
        for table in tables:
            _write(connection, table)


def _write(connection: Connection, table: DatabaseTable) -> None:
    name = quote(table.name)
    columns = [
        f"{quote(column.name)} {duckdb_type(column_type(column.type))}" for column in table.columns
    ]
    connection.execute(f"create table {name} ({', '.join(columns)})").fetchall()
    connection.register("rows", table.rows)
    connection.execute(f"insert into {name} select * from rows").fetchall()
    connection.unregister("rows")
    if table.description.text:
        text = literal(table.description.text)
        connection.execute(f"comment on table {name} is {text}").fetchall()
    for column, said in table.description.columns.items():
        place, text = f"{name}.{quote(column)}", literal(said)
        connection.execute(f"comment on column {place} is {text}").fetchall()
