"""Digests of tables and releases: equal for equal content, and changed by every change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from medallion.sinks.sqlite.database import META
from medallion.sinks.sqlite.table_digest import (
    CHUNK,
    DIGESTS,
    RowDigests,
    forget_others,
    is_undamaged,
    is_undamaged_release,
    record_release,
    record_table,
    table_digests,
)

TABLE = 'th"ings'
CREATE = (
    'create table "th""ings" (id integer primary key, a)',
    'create index "i""1" on "th""ings" (a)',
)


def create(connection: sqlite3.Connection, rows: int = 2500) -> None:
    for statement in (*META, *CREATE):
        connection.execute(statement)
    connection.executemany(
        'insert into "th""ings" (a) values (?)', [(f"text {number}",) for number in range(rows)]
    )
    connection.execute("insert into _medallion_loads values (?, ?, '[]')", (TABLE, rows))
    connection.execute("insert into _medallion_releases values ('r', '{\"id\": \"r\"}')")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create(connection)
        yield connection


def test_equal_tables_of_two_files_have_one_digest(connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as other:
        create(other)
        assert table_digests(other, TABLE) == table_digests(connection, TABLE)


@pytest.mark.parametrize("batch", [1, 999, CHUNK, 1700, 5000])
@pytest.mark.parametrize("count", [0, 1, CHUNK, 2500])
def test_digests_of_inserted_rows_are_those_of_the_table(
    connection: sqlite3.Connection, count: int, batch: int
) -> None:
    connection.execute('delete from "th""ings"')
    digests = RowDigests()
    rows = [(number, f"text {number}") for number in range(1, count + 1)]
    for first in range(0, count, batch):
        for chunk in digests.chunks(iter(rows[first : first + batch])):
            connection.executemany('insert into "th""ings" values (?, ?)', chunk)
    assert digests.rows == count
    assert digests.all() == table_digests(connection, TABLE)[1:]


@pytest.mark.parametrize(
    "change",
    [
        'update "th""ings" set a = \'Text 2400\' where id = 2401',
        'update "th""ings" set a = cast(a as blob) where id = 2401',
        'update "th""ings" set a = null where id = 1',
        'update "th""ings" set id = 9999 where id = 2500',
        'delete from "th""ings" where id = 2500',
        'insert into "th""ings" (a) values (1)',
        "update _medallion_loads set rows = 2499",
        "update _medallion_loads set nulls = '[\"a\"]'",
        'drop index "i""1"',
        'alter table "th""ings" add column b',
    ],
)
def test_every_change_of_a_table_is_damage(connection: sqlite3.Connection, change: str) -> None:
    record_table(connection, TABLE)
    assert is_undamaged(connection, TABLE)
    connection.execute(change)
    assert not is_undamaged(connection, TABLE)
    record_table(connection, TABLE)
    assert is_undamaged(connection, TABLE)


def test_a_table_and_a_release_without_a_digest_pass(connection: sqlite3.Connection) -> None:
    assert is_undamaged(connection, TABLE)
    record_release(connection, "other")
    assert is_undamaged(connection, TABLE)
    assert is_undamaged_release(connection, "r")


def test_a_change_of_the_record_of_a_release_is_damage(connection: sqlite3.Connection) -> None:
    record_release(connection, "r")
    assert is_undamaged_release(connection, "r")
    connection.execute("update _medallion_releases set body = replace(body, 'r', 's')")
    assert not is_undamaged_release(connection, "r")
    connection.execute("delete from _medallion_releases")
    assert not is_undamaged_release(connection, "r")


def test_digests_of_what_is_gone_are_deleted(connection: sqlite3.Connection) -> None:
    record_table(connection, TABLE)
    connection.execute(f"insert into {DIGESTS} select 'gone', part, digest from {DIGESTS}")
    for release in ("r", "s"):
        record_release(connection, release)
    forget_others(connection)
    names = connection.execute(f"select distinct name from {DIGESTS}").fetchall()
    assert {name for (name,) in names} == {TABLE, "release r"}
    assert is_undamaged(connection, TABLE)
