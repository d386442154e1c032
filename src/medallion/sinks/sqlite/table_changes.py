"""Loads a table into SQLite as a copy of its former version with a few rows changed.

SQLite copies the records of a table, and of its indexes, to an empty table of the same definition.
The copy is used only if the rows that are changed, and those next to them, are those that were
loaded; the digests of all others are copied, and find the same damage in both tables. Indexes have
no digests: `medallion verify` compares them with the rows, and finds the same damage in the copy.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from medallion.contracts import ROW, RowChanges, quote
from medallion.contracts.integers import TooLargeError
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target
from medallion.query.column_types import Kind
from medallion.records import Served
from medallion.sinks.sqlite.database import LOADS
from medallion.sinks.sqlite.number_text import stored_kinds
from medallion.sinks.sqlite.row_encoder import rows_of
from medallion.sinks.sqlite.table_digest import record_copy
from medallion.sinks.sqlite.table_load import create_table, index_table

Row: TypeAlias = tuple[Any, ...]


def copy_table(
    connection: sqlite3.Connection, target: Target, former: Served, changes: RowChanges
) -> int:
    """Create the table; return its number of rows. Raises NotCopiedError.

    Copying rows to other places, and computing both digests, costs as much as loading.
    """
    if changes.moves_rows:
        raise NotCopiedError
    loaded = connection.execute(
        f"select rows, nulls from {LOADS} where name = ?", (former.name,)
    ).fetchone()
    if loaded is None or loaded[0] != changes.former_rows:
        raise NotCopiedError
    name, nulls = quote(target.name), {*json.loads(loaded[1])}
    kinds = stored_kinds(connection, former.name, target.kinds)
    create_table(connection, target.name, kinds)
    # SQLite copies the records of indexes that are there before, and sorts none of them.
    index_table(connection, target, kinds)
    try:
        connection.execute(f"insert into {name} select * from {quote(former.name)}")
        replaced = _change(connection, target.name, kinds, changes, nulls)
    except (sqlite3.IntegrityError, TooLargeError) as error:
        raise NotCopiedError from error  # `load` says what is wrong with which row
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith("SQLITE_CORRUPT"):
            raise
        raise NotCopiedError from error  # `load` does not read the former table
    if nulls & {*target.spec.key}:
        raise NotCopiedError
    count = int(connection.execute(f"select count(*) from {name}").fetchone()[0])
    if count != changes.rows:
        raise NotCopiedError
    target.reconcile(count)
    connection.execute(
        f"insert into {LOADS} values (?, ?, ?)", (target.name, count, json.dumps(sorted(nulls)))
    )
    if not record_copy(connection, target.name, former.name, changes, replaced):
        raise NotCopiedError
    return count


def _change(
    connection: sqlite3.Connection,
    table: str,
    kinds: dict[str, Kind],
    changes: RowChanges,
    nulls: set[str],
) -> dict[int, Row]:
    """Change the rows of the copy; return those that were replaced or removed, by their place.

    Adds the columns that have a null to `nulls`.
    """
    name = quote(table)
    places = changes.replaced_places
    replaced = {place: row for place in places for row in _row(connection, name, place)}
    connection.executemany(f"delete from {name} where {ROW} = ?", ((n + 1,) for n in places))
    rows = (row for batch in changes.batches for row in rows_of(batch, kinds, nulls))
    marks = ", ".join("?" * (len(kinds) + 1))
    connection.executemany(
        f"insert into {name} values ({marks})",
        ((place + 1, *row) for place, row in zip(changes.places, rows, strict=True)),
    )
    return replaced


def _row(connection: sqlite3.Connection, name: str, place: int) -> Sequence[Row]:
    return connection.execute(f"select * from {name} where {ROW} = ?", (place + 1,)).fetchall()
