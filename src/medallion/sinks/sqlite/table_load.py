"""Loading one table into SQLite: its rows, key and indexes, in the transaction of the caller."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from medallion.contracts import ROW, quote
from medallion.contracts.integers import TooLargeError
from medallion.contracts.table_target import Index, Target
from medallion.records import Served
from medallion.sinks.sqlite.database import (
    LOADS,
)
from medallion.sinks.sqlite.row_encoder import AFFINITY, restorer, rows_of
from medallion.sinks.sqlite.table_digest import record_table

if TYPE_CHECKING:
    from medallion.contracts import Batches


def fill(connection: sqlite3.Connection, wanted: Target, rows: Batches) -> int:
    """Create the table with its rows, key and indexes; how many rows it has."""
    kinds, name = wanted.kinds, quote(wanted.name)
    columns = [
        f"{quote(column)} {AFFINITY.get(kind.name, 'TEXT')}" for column, kind in kinds.items()
    ]
    connection.execute(f"create table {name} ({ROW} integer primary key, {', '.join(columns)})")
    insert = f"insert into {name} values (null, {', '.join('?' * len(columns))})"
    nulls: set[str] = set()
    first = 0
    for batch in rows:
        try:
            connection.executemany(insert, rows_of(batch, kinds, nulls))
        except TooLargeError as error:
            raise wanted.too_large(error, first) from None
        first += batch.num_rows
        for column in wanted.spec.key:
            if column in nulls:
                raise wanted.null_key(column)
    count = _count(connection, wanted)
    wanted.reconcile(count)
    _index_key(connection, wanted)
    if wanted.spec.former:
        nulls |= _join_former(connection, wanted, wanted.spec.former)
        count = _count(connection, wanted)
    for number, index in enumerate(wanted.indexes()):
        connection.execute(
            f"create index {quote(f'{wanted.name}__{number}')} on {name} ({_columns(index)})"
        )
    connection.execute(
        f"insert into {LOADS} values (?, ?, ?)", (wanted.name, count, json.dumps(sorted(nulls)))
    )
    record_table(connection, wanted.name)
    return count


def _count(connection: sqlite3.Connection, wanted: Target) -> int:
    return int(connection.execute(f"select count(*) from {quote(wanted.name)}").fetchone()[0])


def _join_former(connection: sqlite3.Connection, wanted: Target, former: Served) -> set[str]:
    """Bring in the rows served before; the columns in which they may hold a null."""
    mark = connection.execute(
        f"select nulls from {LOADS} where name = ?", (former.name,)
    ).fetchone()
    if mark is None:
        raise wanted.lost(former)
    carried = wanted.carried(former)
    columns = ", ".join(quote(column) for column in carried)
    conflict = "ignore" if wanted.spec.mode == "merge" else "replace"
    connection.execute(
        f"insert or {conflict} into {quote(wanted.name)} ({columns}) select {columns} from {quote(former.name)}"
    )
    return {column for column in json.loads(mark[0]) if column in carried} | (
        set(wanted.kinds) - set(carried)
    )


def _index_key(connection: sqlite3.Connection, wanted: Target) -> None:
    name, key = quote(wanted.name), ", ".join(quote(column) for column in wanted.spec.key)
    if key:
        try:
            connection.execute(
                f"create unique index {quote(wanted.name + '__key')} on {name} ({key})"
            )
        except sqlite3.IntegrityError:
            repeated = connection.execute(
                f"select {key} from {name} group by {key} having count(*) > 1 limit 1"
            ).fetchone()
            readers = [restorer(wanted.kinds[column]) for column in wanted.spec.key]
            values = [
                str(read(value) if read else value)
                for read, value in zip(readers, repeated, strict=True)
            ]
            raise wanted.duplicate(", ".join(values)) from None


def _columns(index: Index) -> str:
    return ", ".join(
        f"{quote(name)} desc" if descending else quote(name) for name, descending in index
    )
