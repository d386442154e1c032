"""What is damaged in a SQLite file that serves, and how it is taken out of the way, so that it is loaded again."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from medallion.contracts import Flaw, quote
from medallion.sinks.sqlite.database import LOADS, META, connect, path_of, read_active
from medallion.sinks.sqlite.table_digest import DIGESTS, is_whole, is_whole_release
from medallion.sinks.sqlite.table_digest import META as DIGEST_META

_COMPANIONS = ("", "-wal", "-shm")


def flaws(url: str, served: dict[str, str], rows: int | None) -> Iterator[Flaw]:
    """What differs from what was loaded; `served` are the physical names by plain name.

    The structure of a file, and tables, are read whole when they have `rows` at most.
    """
    path = path_of(url)
    if not path.exists():
        if served:
            yield Flaw(None, "the file is not there")
        return
    try:
        with closing(connect(path, write=False)) as connection:
            yield from _structure(connection, quick=rows is not None)
            active = read_active(connection)
            if active and not is_whole_release(connection, active[0]):
                yield Flaw(None, f"what it keeps of release {active[0]} is not what was written")
            counts = dict(connection.execute(f"select name, rows from {LOADS}"))
            for table, name in served.items():
                if name not in counts:
                    yield Flaw(table, "is not loaded")
                elif (rows is None or counts[name] <= rows) and not _is_whole(connection, name):
                    yield Flaw(table, "its rows are not those that were loaded")
    except (sqlite3.Error, ValueError, TypeError) as error:
        yield Flaw(None, str(error))


def discard_tables(connection: sqlite3.Connection, names: Collection[str]) -> None:
    """Drop loaded tables."""
    for name in names:
        connection.execute(f"drop table if exists {quote(name)}")
        connection.execute(f"delete from {LOADS} where name = ?", (name,))


def rebuild(url: str, mark: str) -> Path:
    """Move a damaged file aside, and make a new one with those of its tables that are whole; where it lies now."""
    path = path_of(url)
    aside = path.with_name(f"{path.name}.damaged-{mark}")
    for ending in _COMPANIONS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).replace(aside.with_name(aside.name + ending))
    with closing(connect(path, write=True)) as connection:
        for statement in (*META, DIGEST_META):
            connection.execute(statement)
        with (
            suppress(sqlite3.Error, ValueError, TypeError),
            closing(connect(aside, write=False)) as former,
        ):
            names = [str(name) for (name,) in former.execute(f"select name from {LOADS}")]
            whole = [name for name in names if _is_whole(former, name)]
            connection.execute("attach ? as former", (str(aside),))
            for name in whole:
                _copy(connection, name)
    return aside


def _copy(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("begin")
    try:
        listed = "select sql from former.sqlite_master where tbl_name = ? and sql is not null order by type = 'index'"
        for (sql,) in connection.execute(listed, (name,)).fetchall():
            if sql.lower().startswith("create table"):
                connection.execute(sql)
                connection.execute(f"insert into {quote(name)} select * from former.{quote(name)}")
            else:
                connection.execute(sql)
        for table in (LOADS, DIGESTS):
            connection.execute(
                f"insert into {table} select * from former.{table} where name = ?", (name,)
            )
        connection.execute("commit")
    except sqlite3.Error:
        connection.execute("rollback")


def _structure(connection: sqlite3.Connection, *, quick: bool) -> Iterator[Flaw]:
    (said,) = connection.execute(
        f"pragma {'quick_check' if quick else 'integrity_check'}(1)"
    ).fetchone()
    if said != "ok":
        yield Flaw(None, str(said))


def _is_whole(connection: sqlite3.Connection, name: str) -> bool:
    try:
        return is_whole(connection, name)
    except (sqlite3.Error, ValueError, TypeError):
        return False
