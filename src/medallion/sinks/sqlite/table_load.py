"""Loads one table into SQLite: its rows, key and indexes, in the transaction of the caller."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from medallion.contracts import ROW, quote
from medallion.contracts.integers import TooLargeError
from medallion.contracts.table_target import Index, Target
from medallion.records import Served
from medallion.sinks.sqlite.database import LOADS
from medallion.sinks.sqlite.number_text import TEXT, TextNumber, stored_kinds
from medallion.sinks.sqlite.row_encoder import affinity, restorer, rows_of
from medallion.sinks.sqlite.table_digest import RowDigests, record_table

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Batches
    from medallion.query.column_types import Kind

_STAGED = "temp._medallion_staged"


def load_table(connection: sqlite3.Connection, target: Target, rows: Batches) -> int:
    """Create the table with its rows, key and indexes; return its number of rows."""
    kinds, former = target.kinds, target.spec.former
    if former:
        kinds = stored_kinds(connection, former.name, kinds)
    create_table(connection, target.name, kinds)
    nulls: set[str] = set()
    digests, first_kinds = RowDigests(), kinds
    for batch in rows:
        kinds = _insert(connection, target.name, batch, kinds, nulls, digests)
        for column in target.spec.key:
            if column in nulls:
                raise target.null_key(column)
    count = _count(connection, target)
    target.reconcile(count)
    _index_key(connection, target, kinds)
    if former:
        nulls |= _join_former(connection, target, former, kinds)
        count = _count(connection, target)
    _index_columns(connection, target)
    connection.execute(
        f"insert into {LOADS} values (?, ?, ?)", (target.name, count, json.dumps(sorted(nulls)))
    )
    as_inserted = not former and kinds == first_kinds
    record_table(connection, target.name, digests.all() if as_inserted else None)
    return count


def create_table(connection: sqlite3.Connection, name: str, kinds: dict[str, Kind]) -> None:
    """Create a table without rows and indexes."""
    columns = ", ".join(f"{quote(column)} {affinity(kind)}" for column, kind in kinds.items())
    connection.execute(f"create table {quote(name)} ({ROW} integer primary key, {columns})")


def index_table(connection: sqlite3.Connection, target: Target, kinds: dict[str, Kind]) -> None:
    """Create the indexes of the key and of columns. Raises LoadError when the key is not unique."""
    _index_key(connection, target, kinds)
    _index_columns(connection, target)


def _insert(
    connection: sqlite3.Connection,
    name: str,
    batch: pa.RecordBatch,
    kinds: dict[str, Kind],
    nulls: set[str],
    digests: RowDigests,
) -> dict[str, Kind]:
    """Insert a batch; return the kinds, with TextNumber for columns with too large a number."""
    try:
        rows = rows_of(batch, kinds, nulls, first=digests.rows + 1)
    except TooLargeError as error:
        widened = _store_as_text(connection, name, kinds, error.column)
        return _insert(connection, name, batch, widened, nulls, digests)
    marks = ", ".join("?" * (len(kinds) + 1))
    for chunk in digests.chunks(rows):
        connection.executemany(f"insert into {quote(name)} values ({marks})", chunk)
    return kinds


def _store_as_text(
    connection: sqlite3.Connection, name: str, kinds: dict[str, Kind], column: str
) -> dict[str, Kind]:
    """Create the table again, with its rows, and the numbers of a column as text."""
    widened = {**kinds, column: TextNumber.of(kinds[column])}
    columns = _selected(kinds, kinds, widened)
    # Not `alter table`, which fails if any view of the database is invalid.
    connection.execute(f"create table {_STAGED} as select {ROW}, {columns} from {quote(name)}")
    connection.execute(f"drop table {quote(name)}")
    create_table(connection, name, widened)
    connection.execute(f"insert into {quote(name)} select * from {_STAGED}")
    connection.execute(f"drop table {_STAGED}")
    return widened


def _selected(names: Iterable[str], stored: dict[str, Kind], wanted: dict[str, Kind]) -> str:
    """SQL of columns as `stored`, in the form of the `wanted` kinds."""
    return ", ".join(
        quote(name) if stored[name] == wanted[name] else f"{TEXT}({quote(name)})" for name in names
    )


def _index_columns(connection: sqlite3.Connection, target: Target) -> None:
    for number, index in enumerate(target.indexes()):
        name = quote(f"{target.name}__{number}")
        connection.execute(f"create index {name} on {quote(target.name)} ({_columns(index)})")


def _count(connection: sqlite3.Connection, target: Target) -> int:
    return int(connection.execute(f"select count(*) from {quote(target.name)}").fetchone()[0])


def _join_former(
    connection: sqlite3.Connection, target: Target, former: Served, kinds: dict[str, Kind]
) -> set[str]:
    """Copy the rows served before; return the columns that may have nulls in them."""
    mark = connection.execute(
        f"select nulls from {LOADS} where name = ?", (former.name,)
    ).fetchone()
    if mark is None:
        raise target.lost(former)
    common_columns = target.common_columns(former)
    columns = ", ".join(quote(column) for column in common_columns)
    former_kinds = stored_kinds(connection, former.name, target.kinds)
    conflict = "ignore" if target.spec.mode == "merge" else "replace"
    connection.execute(
        f"insert or {conflict} into {quote(target.name)} ({columns}) "
        f"select {_selected(common_columns, former_kinds, kinds)} from {quote(former.name)}"
    )
    return {column for column in json.loads(mark[0]) if column in common_columns} | (
        set(target.kinds) - set(common_columns)
    )


def _index_key(connection: sqlite3.Connection, target: Target, kinds: dict[str, Kind]) -> None:
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
            readers = [restorer(kinds[column]) for column in target.spec.key]
            values = [
                str(restore(value) if restore else value)
                for restore, value in zip(readers, repeated, strict=True)
            ]
            raise target.duplicate(", ".join(values)) from None


def _columns(index: Index) -> str:
    return ", ".join(
        f"{quote(name)} desc" if descending else quote(name) for name, descending in index
    )
