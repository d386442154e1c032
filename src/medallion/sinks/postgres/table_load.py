"""Loads one table into PostgreSQL: its rows, key and indexes, in the transaction of the caller."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from medallion.contracts import ROW, TooLargeError, quote
from medallion.contracts.table_target import Index, Target
from medallion.errors import LoadError
from medallion.postgres_session import message_and_hint
from medallion.records import Served
from medallion.sinks.postgres.column_types import restorer, sql_type
from medallion.sinks.postgres.database import HINTS, LOADS, execute, qualified
from medallion.sinks.postgres.row_encoder import csv_of

if TYPE_CHECKING:
    from psycopg import Connection

    from medallion.contracts import Batches

LONGEST_NAME = 63  # bytes; PostgreSQL cuts what is longer
# Data exceptions, violated constraints, invalid definitions, limits.
_OF_ONE_TABLE = ("22", "23", "42", "54")
_SYSTEM_COLUMNS = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")


def check_names(target: Target) -> None:
    """Raise LoadError for a column name that PostgreSQL cannot hold."""
    for name in target.kinds:
        long = len(name.encode()) > LONGEST_NAME
        if long or name in _SYSTEM_COLUMNS or not name or "\0" in name:
            reason = f"more than {LONGEST_NAME} bytes" if long else "a name that it reserves"
            raise LoadError(
                f"{target.place}: PostgreSQL cannot hold a column named {name!r}: {reason}",
                hint="rename it in its table",
            )


def load_table(
    connection: Connection, schema: str, target: Target, rows: Batches, token: int
) -> int:
    """Create the table with its rows, key and indexes; return its number of rows.

    Raises LoadError when its rows or columns do not fit.
    """
    with load_errors(target):
        return _load(connection, schema, target, rows, token)


@contextmanager
def load_errors(target: Target) -> Iterator[None]:
    """Turn errors that only this table causes into LoadError."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith(_OF_ONE_TABLE) or isinstance(
            error, psycopg.errors.InsufficientPrivilege
        ):
            raise
        message, hint = message_and_hint(error, HINTS)
        raise LoadError(f"{target.place}: {message}", hint=hint) from error


def _load(connection: Connection, schema: str, target: Target, rows: Batches, token: int) -> int:
    name = create_table(connection, schema, target)
    nulls: set[str] = set()
    first = 0

    def texts() -> Iterator[bytes]:
        nonlocal first
        for batch in rows:
            numbers = None if target.spec.key else range(first, first + batch.num_rows)
            try:
                yield csv_of(batch, target.kinds, numbers, nulls)
            except TooLargeError as error:
                raise target.too_large(error, first) from None
            first += batch.num_rows
            for column in target.spec.key:
                if column in nulls:
                    raise target.null_key(column)

    # Frozen rows need no vacuum; nobody sees the table before this transaction ends.
    count = copy_rows(connection, name, target, texts(), ", freeze true")
    target.reconcile(count)
    add_key(connection, name, target)
    if target.spec.former:
        nulls |= _join_former(connection, schema, target, target.spec.former, count)
        (count,) = execute(connection, f"select count(*) from {name}").fetchone() or (0,)
    complete(connection, schema, target, count, nulls, token)
    return int(count)


def create_table(connection: Connection, schema: str, target: Target) -> str:
    """Create the table without rows, key and indexes; return its qualified name."""
    name = qualified(schema, target.name)
    columns = [f"{quote(column.name)} {sql_type(column.type)}" for column in target.spec.columns]
    if not target.spec.key:
        columns.insert(0, f"{ROW} bigint")
    execute(connection, f"create table {name} ({', '.join(columns)})")
    return name


def copy_rows(
    connection: Connection, name: str, target: Target, texts: Iterable[bytes], options: str = ""
) -> int:
    """Copy rows, which `csv_of` has written, into the table; return their number."""
    names = ", ".join(map(quote, column_names(target)))
    sql = f"copy {name} ({names}) from stdin (format csv{options})"
    with connection.cursor() as cursor:
        with cursor.copy(sql.encode()) as copy:
            for text in texts:
                copy.write(text)
        return cursor.rowcount


def column_names(target: Target) -> list[str]:
    """The columns of the table; without a key, with the number of the row."""
    return [*target.kinds] if target.spec.key else [ROW, *target.kinds]


def complete(
    connection: Connection, schema: str, target: Target, count: int, nulls: set[str], token: int
) -> None:
    """Create the indexes of the table, and record it as loaded."""
    name = qualified(schema, target.name)
    for number, index in enumerate(target.indexes()):
        _create(
            connection,
            target,
            f"create index {quote(f'{target.name}__{number}')} on {name} "
            f"({_columns(index, target.spec.key)})",
        )
    execute(connection, f"analyze {name}")
    execute(
        connection,
        f"insert into {qualified(schema, LOADS)} values (?, ?, ?, ?)",
        [target.name, count, json.dumps(sorted(nulls)), token],
    )


def add_key(connection: Connection, name: str, target: Target) -> None:
    """Make the key, or without one the row number, the primary key."""
    import psycopg

    key = ", ".join(map(quote, target.spec.key or (ROW,)))
    constraint = quote(f"{target.name}__key")
    try:
        _create(
            connection,
            target,
            f"alter table {name} add constraint {constraint} primary key ({key})",
        )
    except psycopg.errors.UniqueViolation:
        duplicate = execute(
            connection, f"select {key} from {name} group by {key} having count(*) > 1 limit 1"
        ).fetchone()
        readers = [restorer(target.kinds[column]) for column in target.spec.key]
        values = [
            str(restore(value) if restore else value)
            for restore, value in zip(readers, duplicate or (), strict=True)
        ]
        raise target.duplicate(", ".join(values)) from None


def _create(connection: Connection, target: Target, sql: str) -> None:
    """Create an index. Raises LoadError when a value is too long for it."""
    import psycopg

    try:
        with connection.transaction():  # a savepoint
            execute(connection, sql)
    except psycopg.errors.ProgramLimitExceeded as error:
        raise LoadError(
            f"{target.place}: a text is too long for an index of PostgreSQL, which has at most "
            f"2,704 bytes: {error.diag.message_primary}",
            hint="leave the column out of key and indexes, or shorten it",
        ) from error


def _join_former(
    connection: Connection, schema: str, target: Target, former: Served, count: int
) -> set[str]:
    """Copy the rows served before; return the columns that may have nulls in them."""
    mark = execute(
        connection, f"select nulls from {qualified(schema, LOADS)} where name = ?", [former.name]
    ).fetchone()
    if mark is None:
        raise target.lost(former)
    common_columns = target.common_columns(former)
    columns = values = ", ".join(map(quote, common_columns))
    key = ", ".join(map(quote, target.spec.key))
    conflict = ""
    if not key:
        columns, values = f"{ROW}, {columns}", f"{ROW} + {count}, {values}"
    elif target.spec.mode == "merge":
        conflict = f"on conflict ({key}) do nothing"
    else:
        others = [column for column in target.kinds if column not in target.spec.key]
        changes = ", ".join(f"{quote(column)} = excluded.{quote(column)}" for column in others)
        conflict = f"on conflict ({key}) do {f'update set {changes}' if others else 'nothing'}"
    execute(
        connection,
        f"insert into {qualified(schema, target.name)} ({columns}) "
        f"select {values} from {qualified(schema, former.name)} {conflict}",
    )
    return {column for column in json.loads(mark[0]) if column in common_columns} | (
        set(target.kinds) - set(common_columns)
    )


def _columns(index: Index, key: tuple[str, ...]) -> str:
    """The columns of an index in the order that queries have, so that it serves them sorted."""
    orders = {True: "desc nulls last", False: "asc nulls first"}
    return ", ".join(
        f"{quote(name)} {('desc' if descending else 'asc') if name in key else orders[descending]}"
        for name, descending in index
    )
