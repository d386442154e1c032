"""Loads one table into SQLite: its rows, key and indexes, in the transaction of the caller."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from medallion.contracts import ROW, quote
from medallion.contracts.integers import TooLargeError
from medallion.contracts.table_target import Index, Target
from medallion.records import Served
from medallion.sinks.sqlite.database import LOADS
from medallion.sinks.sqlite.row_encoder import AFFINITY, restorer, rows_of
from medallion.sinks.sqlite.table_digest import record_table

if TYPE_CHECKING:
    from medallion.contracts import Batches


def load_table(connection: sqlite3.Connection, target: Target, rows: Batches) -> int:
    """Create the table with its rows, key and indexes; return its number of rows."""
    kinds, name = target.kinds, quote(target.name)
    create_table(connection, target)
    insert = f"insert into {name} values (null, {', '.join('?' * len(kinds))})"
    nulls: set[str] = set()
    first = 0
    for batch in rows:
        try:
            connection.executemany(insert, rows_of(batch, kinds, nulls))
        except TooLargeError as error:
            raise target.too_large(error, first) from None
        first += batch.num_rows
        for column in target.spec.key:
            if column in nulls:
                raise target.null_key(column)
    count = _count(connection, target)
    target.reconcile(count)
    _index_key(connection, target)
    if target.spec.former:
        nulls |= _join_former(connection, target, target.spec.former)
        count = _count(connection, target)
    _index_columns(connection, target)
    connection.execute(
        f"insert into {LOADS} values (?, ?, ?)", (target.name, count, json.dumps(sorted(nulls)))
    )
    record_table(connection, target.name)
    return count


def create_table(connection: sqlite3.Connection, target: Target) -> None:
    """Create the table without rows and indexes."""
    columns = [
        f"{quote(column)} {AFFINITY.get(kind.name, 'TEXT')}"
        for column, kind in target.kinds.items()
    ]
    name = quote(target.name)
    connection.execute(f"create table {name} ({ROW} integer primary key, {', '.join(columns)})")


def index_table(connection: sqlite3.Connection, target: Target) -> None:
    """Create the indexes of the key and of columns. Raises LoadError when the key is not unique."""
    _index_key(connection, target)
    _index_columns(connection, target)


def _index_columns(connection: sqlite3.Connection, target: Target) -> None:
    for number, index in enumerate(target.indexes()):
        name = quote(f"{target.name}__{number}")
        connection.execute(f"create index {name} on {quote(target.name)} ({_columns(index)})")


def _count(connection: sqlite3.Connection, target: Target) -> int:
    return int(connection.execute(f"select count(*) from {quote(target.name)}").fetchone()[0])


def _join_former(connection: sqlite3.Connection, target: Target, former: Served) -> set[str]:
    """Copy the rows served before; return the columns that may have nulls in them."""
    mark = connection.execute(
        f"select nulls from {LOADS} where name = ?", (former.name,)
    ).fetchone()
    if mark is None:
        raise target.lost(former)
    common_columns = target.common_columns(former)
    columns = ", ".join(quote(column) for column in common_columns)
    conflict = "ignore" if target.spec.mode == "merge" else "replace"
    connection.execute(
        f"insert or {conflict} into {quote(target.name)} ({columns}) "
        f"select {columns} from {quote(former.name)}"
    )
    return {column for column in json.loads(mark[0]) if column in common_columns} | (
        set(target.kinds) - set(common_columns)
    )


def _index_key(connection: sqlite3.Connection, target: Target) -> None:
    name, key = quote(target.name), ", ".join(quote(column) for column in target.spec.key)
    if key:
        try:
            connection.execute(
                f"create unique index {quote(target.name + '__key')} on {name} ({key})"
            )
        except sqlite3.IntegrityError:
            repeated = connection.execute(
                f"select {key} from {name} group by {key} having count(*) > 1 limit 1"
            ).fetchone()
            readers = [restorer(target.kinds[column]) for column in target.spec.key]
            values = [
                str(restore(value) if restore else value)
                for restore, value in zip(readers, repeated, strict=True)
            ]
            raise target.duplicate(", ".join(values)) from None


def _columns(index: Index) -> str:
    return ", ".join(
        f"{quote(name)} desc" if descending else quote(name) for name, descending in index
    )
