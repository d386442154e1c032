"""Checksums of tables and releases, recorded when they are loaded, compared by `medallion verify`.

SQLite itself has no checksums: a changed byte in a row is read as another value.
"""

from __future__ import annotations

import marshal
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.contracts import quote
from medallion.sinks.sqlite.database import LOADS
from medallion.storage.sqlite_file import RELEASES

DIGESTS = "_medallion_digests"
META = f"create table if not exists {DIGESTS} (name text primary key, digest text not null)"

if TYPE_CHECKING:
    from hashlib import _Hash

Row: TypeAlias = tuple[Any, ...]

_CHUNK = 1000
_FORMAT = 2  # of marshal: without references, so that equal rows give equal bytes


def record_table(connection: sqlite3.Connection, name: str, digest: str) -> None:
    """Record the digest of a loaded table."""
    _record(connection, name, digest)


def record_release(connection: sqlite3.Connection, release: str) -> None:
    """Record the digest of the record of a release."""
    _record(connection, f"release {release}", _release_digest(connection, release))


def table_digest(connection: sqlite3.Connection, name: str) -> str:
    """The digest of a table's rows, definition and load record."""
    sha = _described(connection, name)
    for rows in _chunks(connection, f"select * from {quote(name)} order by rowid"):
        sha.update(marshal.dumps(rows, _FORMAT))
    return sha.hexdigest()


def copied(
    connection: sqlite3.Connection,
    name: str,
    former: str,
    former_rows: int,
    replaced: Mapping[int, Row],
) -> str | None:
    """The digest of a table that was copied from a former one, and then changed.

    Parameters: `replaced` are rows of the former table by place, which differ or are gone. None
    unless they and the rows that were not changed are those that were loaded into the former table.
    """
    sha, former_sha = _described(connection, name), _described(connection, former)
    chunks = _chunks(connection, f"select * from {quote(name)} order by rowid")
    places = sorted(replaced)
    first = 0
    for rows in chain(chunks, repeat([])):
        size = min(former_rows - first, _CHUNK)
        if not rows and size <= 0:
            break
        dump = marshal.dumps(rows, _FORMAT)
        if rows:
            sha.update(dump)
        inside = places[bisect_left(places, first) : bisect_left(places, first + _CHUNK)]
        if size > 0 and (inside or size != len(rows)):
            former_chunk = [*rows, *[()] * _CHUNK][:size]
            for place in inside:
                former_chunk[place - first] = replaced[place]
            dump = marshal.dumps(former_chunk, _FORMAT)
        if size > 0:
            former_sha.update(dump)
        first += _CHUNK
    same = former_sha.hexdigest() == _recorded(connection, former)
    return sha.hexdigest() if same else None


def is_undamaged(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a table is what was loaded; a table of an old version has no digest and passes."""
    digest = _recorded(connection, name)
    return digest is None or digest == table_digest(connection, name)


def is_undamaged_release(connection: sqlite3.Connection, release: str) -> bool:
    """Whether the record of a release is what was written."""
    digest = _recorded(connection, f"release {release}")
    return digest is None or digest == _release_digest(connection, release)


def _described(connection: sqlite3.Connection, name: str) -> _Hash:
    """The hash of a table's definition and load record, which that of its rows follows."""
    sha = sha256()
    for rows in _chunks(
        connection, "select sql from sqlite_master where tbl_name = ? order by name", (name,)
    ):
        sha.update(marshal.dumps(rows, _FORMAT))
    for rows in _chunks(connection, f"select rows, nulls from {LOADS} where name = ?", (name,)):
        sha.update(marshal.dumps(rows, _FORMAT))
    return sha


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
