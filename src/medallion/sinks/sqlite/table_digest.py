"""Digests of what a SQLite file serves: recorded in the transaction that loads a table, compared by `medallion verify`.

SQLite itself has no checksums: a changed byte in a row is read as another value.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterator
from hashlib import sha256

from medallion.contracts import quote
from medallion.sinks.sqlite.database import LOADS, RELEASES

DIGESTS = "_medallion_digests"
META = f"create table if not exists {DIGESTS} (name text primary key, digest text not null)"

_CHUNK = 1000
_FORMAT = 2  # of marshal: without references, so that equal rows give equal bytes


def record_table(connection: sqlite3.Connection, name: str) -> None:
    """Record the digest of a loaded table."""
    _record(connection, name, table_digest(connection, name))


def record_release(connection: sqlite3.Connection, release: str) -> None:
    """Record the digest of what the file keeps of a release."""
    _record(connection, f"release {release}", _release_digest(connection, release))


def table_digest(connection: sqlite3.Connection, name: str) -> str:
    """The digest of a table's rows, of its shape, and of what was noted as it was loaded."""
    sha = sha256()
    for rows in _chunks(
        connection, "select sql from sqlite_master where tbl_name = ? order by name", (name,)
    ):
        sha.update(marshal.dumps(rows, _FORMAT))
    for rows in _chunks(connection, f"select rows, nulls from {LOADS} where name = ?", (name,)):
        sha.update(marshal.dumps(rows, _FORMAT))
    for rows in _chunks(connection, f"select * from {quote(name)} order by rowid"):
        sha.update(marshal.dumps(rows, _FORMAT))
    return sha.hexdigest()


def is_whole(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a table is what was loaded; a load of an earlier version has no digest, and counts as whole."""
    digest = _recorded(connection, name)
    return digest is None or digest == table_digest(connection, name)


def is_whole_release(connection: sqlite3.Connection, release: str) -> bool:
    """Whether what the file keeps of a release is what was written."""
    digest = _recorded(connection, f"release {release}")
    return digest is None or digest == _release_digest(connection, release)


def _release_digest(connection: sqlite3.Connection, release: str) -> str:
    found = connection.execute(f"select body from {RELEASES} where id = ?", (release,)).fetchone()
    return sha256(found[0].encode() if found else b"").hexdigest()


def _record(connection: sqlite3.Connection, name: str, digest: str) -> None:
    connection.execute(META)
    connection.execute(f"insert or replace into {DIGESTS} values (?, ?)", (name, digest))


def _recorded(connection: sqlite3.Connection, name: str) -> str | None:
    if not connection.execute("select 1 from sqlite_master where name = ?", (DIGESTS,)).fetchone():
        return None
    found = connection.execute(f"select digest from {DIGESTS} where name = ?", (name,)).fetchone()
    return str(found[0]) if found else None


def _chunks(
    connection: sqlite3.Connection, sql: str, values: tuple[str, ...] = ()
) -> Iterator[list[tuple[object, ...]]]:
    cursor = connection.execute(
        sql, values
    )  # texts as str, so that a blob of the same bytes has another digest
    while rows := cursor.fetchmany(_CHUNK):
        yield rows
