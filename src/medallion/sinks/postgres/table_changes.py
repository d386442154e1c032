"""Loads a table into PostgreSQL as a copy of its former version with a few rows changed.

The server copies the rows that stay. The copy is used only if the former table has its number of
rows, all as one transaction wrote them, and every row that is to be replaced was there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from medallion.contracts import ROW, RowChanges, TooLargeError, quote
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target
from medallion.errors import LoadError
from medallion.records import Served
from medallion.sinks.postgres.database import LOADS, execute, qualified
from medallion.sinks.postgres.row_encoder import csv_of
from medallion.sinks.postgres.table_load import (
    add_key,
    column_names,
    complete,
    copy_rows,
    create_table,
    load_errors,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection


def copy_table(
    connection: Connection,
    schema: str,
    target: Target,
    former: Served,
    changes: RowChanges,
    token: int,
) -> int:
    """Load the table, and return its rows. Raises NotCopiedError; then roll back."""
    try:
        with load_errors(target):
            return _copy(connection, schema, target, former, changes, token)
    except (LoadError, TooLargeError) as error:
        raise NotCopiedError from error  # `load` says what is wrong with which row


def _copy(
    connection: Connection,
    schema: str,
    target: Target,
    former: Served,
    changes: RowChanges,
    token: int,
) -> int:
    mark = execute(
        connection,
        f"select rows, nulls from {qualified(schema, LOADS)} where name = ?",
        [former.name],
    ).fetchone()
    if mark is None or mark[0] != changes.former_rows:
        raise NotCopiedError
    if not target.spec.key and changes.moves_rows:
        raise NotCopiedError  # they have numbers
    _check_unchanged(connection, qualified(schema, former.name), changes.former_rows)
    name, nulls = create_table(connection, schema, target), {*json.loads(mark[1])}
    count = _copy_kept(connection, schema, target, former, changes)
    texts = _texts(target, changes.places, changes.batches, nulls)
    count += copy_rows(connection, name, target, texts)
    if count != changes.rows or nulls & {*target.spec.key}:
        raise NotCopiedError
    target.reconcile(count)
    add_key(connection, name, target)
    complete(connection, schema, target, count, nulls, token)
    return count


def _check_unchanged(connection: Connection, former: str, rows: int) -> None:
    """Raise NotCopiedError unless the table has its rows, all written by one transaction.

    A row that somebody has updated or inserted since then is of another transaction.
    """
    first = f"(select xmin from {former} limit 1)"
    counts = execute(
        connection, f"select count(*), count(*) filter (where xmin <> {first}) from {former}"
    ).fetchone()
    if counts != (rows, 0):
        raise NotCopiedError


def _copy_kept(
    connection: Connection, schema: str, target: Target, former: Served, changes: RowChanges
) -> int:
    """Copy the rows that are not replaced; return their number.

    Raises NotCopiedError when one of the replaced rows was not there.
    """
    name = qualified(schema, target.name)
    names = ", ".join(map(quote, column_names(target)))
    replaced = qualified(schema, f"{target.name}__old")
    # Only this transaction sees it. A temporary table would need another right.
    execute(connection, f"create table {replaced} (like {name})")
    texts = _texts(target, changes.replaced_places, changes.replaced, set())
    copy_rows(connection, replaced, target, texts)
    execute(connection, f"analyze {replaced}")
    key = " and ".join(f"o.{quote(column)} = f.{quote(column)}" for column in _key(target))
    count = execute(
        connection,
        f"insert into {name} ({names}) select {names} from {qualified(schema, former.name)} f "
        f"where not exists (select from {replaced} o where {key})",
    ).rowcount
    execute(connection, f"drop table {replaced}")
    if count != changes.former_rows - len(changes.replaced_places):
        raise NotCopiedError
    return count


def _key(target: Target) -> Sequence[str]:
    return target.spec.key or (ROW,)


def _texts(
    target: Target, places: Sequence[int], batches: Sequence[pa.RecordBatch], nulls: set[str]
) -> Iterator[bytes]:
    """Rows as CSV, a batch at a time. Adds the columns that have a null to `nulls`."""
    first = 0
    for batch in batches:
        numbers = places[first : first + len(batch)]
        first += len(batch)
        yield csv_of(batch, target.kinds, None if target.spec.key else numbers, nulls)
