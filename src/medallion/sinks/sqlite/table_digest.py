"""Checksums of tables and releases, recorded when they are loaded, compared by `medallion verify`.

SQLite itself has no checksums: a changed byte in a row is read as another value.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterator
from hashlib import sha256

from medallion.contracts import quote
from medallion.sinks.sqlite.database import LOADS
from medallion.storage.sqlite_file import RELEASES

DIGESTS = "_medallion_digests"
META = f"create table if not exists {DIGESTS} (name text primary key, digest text not null)"

_CHUNK = 1000
_FORMAT = 2  # of marshal: without references, so that equal rows give equal bytes


def record_table(connection: sqlite3.Connection, name: str) -> None:
    """Record the digest of a loaded table."""
    _record(connection, name, table_digest(connection, name))


def record_release(connection: sqlite3.Connection, release: str) -> None:
    """Record the digest of the record of a release."""
    _record(connection, f"release {release}", _release_digest(connection, release))


def table_digest(connection: sqlite3.Connection, name: str) -> str:
    """The digest of a table's rows, definition and load record."""
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


def is_undamaged(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a table is what was loaded; a table of an old version has no digest and passes."""
    digest = _recorded(connection, name)
    return digest is None or digest == table_digest(connection, name)


def is_undamaged_release(connection: sqlite3.Connection, release: str) -> bool:
    """Whether the record of a release is what was written."""
    digest = _recorded(connection, f"release {release}")
    return digest is None or digest == _release_digest(connection, release)


def _release_digest(connection: sqlite3.Connection, release: str) -> str:
    row = connection.execute(f"select body from {RELEASES} where id = ?", (release,)).fetchone()
    return sha256(row[0].encode() if row else b"").hexdigest()


def _record(connection: sqlite3.Connection, name: str, digest: str) -> None:
    connection.execute(META)
    connection.execute(f"insert or replace into {DIGESTS} values (?, ?)", (name, digest))


def _recorded(connection: sqlite3.Connection, name: str) -> str | None:
    if not connection.execute("select 1 from sqlite_master where name = ?", (DIGESTS,)).fetchone():
        return None
    row = connection.execute(f"select digest from {DIGESTS} where name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def _chunks(
    connection: sqlite3.Connection, sql: str, values: tuple[str, ...] = ()
) -> Iterator[list[tuple[object, ...]]]:
    # Text is read as str, so that a blob of the same bytes has another digest.
    cursor = connection.execute(sql, values)
    while rows := cursor.fetchmany(_CHUNK):
        yield rows
