"""Damage in a serving database: rows are counted; the server verifies its pages by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from medallion.contracts import Flaw
from medallion.contracts.table_target import lost_rows
from medallion.records import Served
from medallion.sinks.postgres.database import LOADS, execute, qualified, read_loaded

if TYPE_CHECKING:
    from psycopg import Connection


def flaws(
    connection: Connection, schema: str, served: Mapping[str, Served], rows: int | None
) -> Iterator[Flaw]:
    """The tables whose number of rows differs from what was loaded.

    Parameters: `rows` limits this to tables of at most that many rows.
    """
    import psycopg

    loads: dict[str, int] = {}
    with suppress(psycopg.errors.UndefinedTable):  # nothing was ever loaded
        loads |= dict(execute(connection, f"select name, rows from {qualified(schema, LOADS)}"))
    for table, entry in served.items():
        if entry.name not in loads:
            yield Flaw(table, "is not loaded")
            continue
        if rows is not None and loads[entry.name] > rows:
            continue
        try:
            name = qualified(schema, entry.name)
            (count,) = execute(connection, f"select count(*) from {name}").fetchone() or (0,)
        except psycopg.errors.UndefinedTable:
            yield Flaw(table, "does not exist")
            continue
        if count != loads[entry.name]:
            yield Flaw(table, f"has {count:,} rows; {loads[entry.name]:,} were loaded")


def check_history(
    connection: Connection,
    schema: str,
    served: Mapping[str, Served],
    tables: Collection[str],
    place: str,
) -> None:
    """Raise SinkError when tables have rows of earlier runs that exist nowhere else."""
    loaded_names = read_loaded(connection, schema)
    for table in tables:
        former = served[table].former
        if former and former.name not in loaded_names:
            raise lost_rows(f"{place}: table {table!r}", served[table])
