"""Finds damage in the serving file, and moves a damaged file or table away to be loaded again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from medallion.contracts import Flaw, quote
from medallion.records import Release
from medallion.sinks.sqlite.database import LOADS, META, connect, path_of
from medallion.sinks.sqlite.table_digest import (
    DIGESTS,
    forget_others,
    is_undamaged,
    is_undamaged_release,
)
from medallion.sinks.sqlite.table_digest import META as DIGEST_META
from medallion.storage.sqlite_file import ACTIVE, RELEASES, read_active

_FILE_ENDINGS = ("", "-wal", "-shm")


def flaws(url: str, served: dict[str, str], rows: int | None) -> Iterator[Flaw]:
    """Differences between the file and what was loaded into it.

    Parameters: `served` are the physical names by plain name; `rows` limits the check to tables of
    at most that many rows, with their indexes, and to the structure of the others.
    """
    path = path_of(url)
    if not path.exists():
        if served:
            yield Flaw(None, "the file does not exist")
        return
    try:
        with closing(connect(path, write=False)) as connection:
            yield from _structural_damage(connection, quick=rows is not None)
            active = read_active(connection)
            if active and not is_undamaged_release(connection, active[0]):
                yield Flaw(None, f"its record of release {active[0]} is not what was written")
            counts = dict(connection.execute(f"select name, rows from {LOADS}"))
            for table, name in served.items():
                if name not in counts:
                    yield Flaw(table, "is not loaded")
                elif (rows is None or counts[name] <= rows) and not (
                    _is_undamaged(connection, name)
                    # A thorough check has read the indexes of all tables.
                    and (rows is None or _has_sound_indexes(connection, name))
                ):
                    yield Flaw(table, "its rows are not those that were loaded")
    except (sqlite3.Error, ValueError, TypeError) as error:
        yield Flaw(None, str(error))


def prune_tables(connection: sqlite3.Connection, keep: Sequence[Release]) -> int:
    """Drop the tables that none of these releases serves, and the records of other releases."""
    names = {
        served.name
        for release in keep
        for tables in release.served.values()
        for served in tables.values()
    }
    loaded = connection.execute(f"select name from {LOADS}").fetchall()
    unused = [name for (name,) in loaded if name not in names]
    discard_tables(connection, unused)
    ids = json.dumps([release.id for release in keep])
    connection.execute(
        f"delete from {RELEASES} where id not in (select value from json_each(?))", (ids,)
    )
    forget_others(connection)
    connection.execute(f"update {ACTIVE} set switches = switches + 1")
    return len(unused)


def discard_tables(connection: sqlite3.Connection, names: Collection[str]) -> None:
    """Drop loaded tables."""
    for name in names:
        connection.execute(f"drop table if exists {quote(name)}")
        connection.execute(f"delete from {LOADS} where name = ?", (name,))


def rebuild(url: str, mark: str) -> Path:
    """Move a damaged file aside and create a new one with its undamaged tables.

    Returns the new path of the damaged file.
    """
    path = path_of(url)
    damaged = path.with_name(f"{path.name}.damaged-{mark}")
    for ending in _FILE_ENDINGS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).replace(damaged.with_name(damaged.name + ending))
    with closing(connect(path, write=True)) as connection:
        for statement in (*META, DIGEST_META):
            connection.execute(statement)
        with (
            suppress(sqlite3.Error, ValueError, TypeError),
            closing(connect(damaged, write=False)) as former,
        ):
            names = [str(name) for (name,) in former.execute(f"select name from {LOADS}")]
            undamaged = [name for name in names if _is_undamaged(former, name)]
            connection.execute("attach ? as former", (str(damaged),))
            for name in undamaged:
                _copy(connection, name)
    return damaged


def _copy(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("begin")
    try:
        # Tables before indexes.
        definitions = (
            "select sql from former.sqlite_master where tbl_name = ? and sql is not null "
            "order by type = 'index'"
        )
        for (sql,) in connection.execute(definitions, (name,)).fetchall():
            if sql.lower().startswith("create table"):
                connection.execute(sql)
                connection.execute(f"insert into {quote(name)} select * from former.{quote(name)}")
            else:
                connection.execute(sql)
        recorded = "select name from former.sqlite_master where name in (?, ?)"
        for (table,) in connection.execute(recorded, (LOADS, DIGESTS)).fetchall():
            connection.execute(
                f"insert into {table} select * from former.{table} where name = ?", (name,)
            )
        connection.execute("commit")
    except sqlite3.Error:
        connection.execute("rollback")


def _structural_damage(connection: sqlite3.Connection, *, quick: bool) -> Iterator[Flaw]:
    check = "quick_check" if quick else "integrity_check"
    (result,) = connection.execute(f"pragma {check}(1)").fetchone()
    if result != "ok":
        yield Flaw(None, str(result))


def _has_sound_indexes(connection: sqlite3.Connection, name: str) -> bool:
    try:
        (result,) = connection.execute(f"pragma integrity_check({quote(name)})").fetchone()
    except sqlite3.Error:
        return False
    return bool(result == "ok")


def _is_undamaged(connection: sqlite3.Connection, name: str) -> bool:
    try:
        return is_undamaged(connection, name)
    except (sqlite3.Error, ValueError, TypeError):
        return False
