"""Loading a table as a changed copy of its former version: what is left, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medallion.contracts import TableSpec, row_changes
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target, target
from medallion.records import Served
from medallion.sinks.postgres.database import LOADS, execute, read_loaded
from medallion.sinks.postgres.table_changes import copy_table
from medallion.sinks.postgres.table_load import load_table
from medallion.testing.served import SPEC, Row, batches, items, snapshot

if TYPE_CHECKING:
    from psycopg import Connection

FLAT = tuple(column for column in SPEC.columns if column.name not in ("tags", "detail", "counts"))
KEYED = SPEC.model_copy(update={"columns": FLAT, "indexes": (("-amount", "day"),)})
NUMBERED = KEYED.model_copy(update={"key": ()})
ROWS = items(30)
CHANGED = [*ROWS[:4], {**ROWS[4], "name": None, "amount": None}, *items(33)[5:]]


def destination(ident: str, rows: list[Row], spec: TableSpec) -> Target:
    return target("here", 1, spec, snapshot(ident, len(rows), "items", FLAT))


def loaded(connection: Connection, ident: str, rows: list[Row], spec: TableSpec = KEYED) -> Served:
    table = destination(ident, rows, spec)
    with connection.transaction():
        count = load_table(connection, "public", table, batches(rows, FLAT), 7)
    return table.report("serving", 1.0, count, loaded=True).served


def copied(connection: Connection, former: Served, spec: TableSpec = KEYED) -> tuple[str, int]:
    changes = row_changes(batches(ROWS, FLAT), batches(CHANGED, FLAT), 10)
    assert changes is not None
    table = destination("two", CHANGED, spec)
    with connection.transaction():
        return table.name, copy_table(connection, "public", table, former, changes, 7)


def described(connection: Connection, name: str) -> tuple[Any, ...]:
    """Rows, columns, indexes, constraints and mark of a table, without its name."""
    of_table = f"= '\"{name}\"'::regclass"
    queries = (
        f'select * from "{name}" order by 1',
        f"select attname, atttypid, attnotnull, attnum from pg_attribute where attrelid {of_table}",
        f"select replace(indexdef, '{name}', '') from pg_indexes where tablename = '{name}'",
        f"select contype from pg_constraint where conrelid {of_table}",
        f"select rows, nulls, token from {LOADS} where name = '{name}'",
    )
    return tuple(sorted(execute(connection, query).fetchall(), key=repr) for query in queries)


@pytest.mark.parametrize("spec", [KEYED, NUMBERED], ids=["key", "no key"])
def test_a_copy_is_the_same_table_as_a_load(connection: Connection, spec: TableSpec) -> None:
    former = loaded(connection, "one", ROWS, spec)
    before = described(connection, former.name)
    name, count = copied(connection, former, spec)
    assert count == len(CHANGED)
    other = loaded(connection, "three", CHANGED, spec)
    assert described(connection, name) == described(connection, other.name)
    assert described(connection, former.name) == before
    tables = execute(connection, "select tablename from pg_tables where tablename like 'items%'")
    assert {table for (table,) in tables} == {former.name, name, other.name}


@pytest.mark.parametrize(
    "damage",
    [
        'delete from "{name}" where id = 28',  # a row that is replaced
        'delete from "{name}" where id = 56',  # a row that is copied
        "update \"{name}\" set name = 'other' where id = 56",
        'update "{name}" set id = 9000 where id = 28',
        f"update {LOADS} set rows = 31",
        f"delete from {LOADS}",
        'drop table "{name}"',
    ],
)
def test_a_former_table_that_is_not_what_was_loaded_is_not_copied(
    connection: Connection, damage: str
) -> None:
    former = loaded(connection, "one", ROWS)
    assert [ROWS[4]["id"], ROWS[8]["id"]] == [28, 56]
    execute(connection, damage.format(name=former.name))
    with pytest.raises(NotCopiedError):
        copied(connection, former)
    name = destination("two", CHANGED, KEYED).name
    assert name not in read_loaded(connection, "public")
    tables = execute(connection, "select tablename from pg_tables where tablename like 'items%'")
    assert {table for (table,) in tables} <= {former.name}


def test_a_row_that_was_updated_with_all_others_and_is_replaced(connection: Connection) -> None:
    """Its key is no longer there, so that the former table is not what was loaded."""
    former = loaded(connection, "one", ROWS)
    execute(connection, f'update "{former.name}" set id = id + 1000')
    with pytest.raises(NotCopiedError):
        copied(connection, former)


@pytest.mark.parametrize(("spec", "copies"), [(KEYED, True), (NUMBERED, False)])
def test_rows_that_move_are_copied_by_their_key(
    connection: Connection, spec: TableSpec, copies: bool
) -> None:
    former, rows = loaded(connection, "one", ROWS, spec), [*ROWS[:4], *items(31)[5:]]
    changes = row_changes(batches(ROWS, FLAT), batches(rows, FLAT), 10)
    assert changes is not None
    assert (changes.places, changes.replaced_places) == ([29], [4])
    table = destination("two", rows, spec)
    if not copies:
        with pytest.raises(NotCopiedError), connection.transaction():
            copy_table(connection, "public", table, former, changes, 7)
        return
    with connection.transaction():
        assert copy_table(connection, "public", table, former, changes, 7) == len(rows)
    other = loaded(connection, "three", rows, spec)
    assert described(connection, table.name) == described(connection, other.name)
