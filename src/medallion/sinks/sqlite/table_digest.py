"""Checksums of tables and releases, recorded when they are loaded, compared by `medallion verify`.

SQLite itself has no checksums: a changed byte in a row is read as another value.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, TypeAlias

from medallion.contracts import RowChanges, quote
from medallion.sinks.sqlite.database import LOADS
from medallion.storage.sqlite_file import RELEASES

DIGESTS = "_medallion_checksums"
META = (
    f"create table if not exists {DIGESTS} "
    "(name text, part integer, digest text not null, primary key (name, part)) without rowid"
)

Row: TypeAlias = tuple[Any, ...]

CHUNK = 1000  # rows that have one digest
_FORMAT = 2  # of marshal: without references, so that equal rows give equal bytes


class RowDigests:
    """The digests of every `CHUNK` rows of a table, of its rows as they are inserted in order."""

    def __init__(self) -> None:
        self.rows = 0
        self._digests: list[str] = []
        self._rest: list[Row] = []

    def chunks(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        """The rows in lists, of which none has rows of two digests."""
        while chunk := list(islice(rows, CHUNK - len(self._rest))):
            self.rows += len(chunk)
            self._rest += chunk
            if len(self._rest) == CHUNK:
                self._digests.append(_digest(self._rest))
                self._rest = []
            yield chunk

    def all(self) -> list[str]:
        """The digests of all rows so far."""
        return [*self._digests, *([_digest(self._rest)] if self._rest else [])]


def record_table(
    connection: sqlite3.Connection, name: str, rows: Sequence[str] | None = None
) -> None:
    """Record the digests of a loaded table; `rows` are those of its rows, if they are known."""
    if rows is None:
        _record(connection, name, table_digests(connection, name))
    else:
        _record(connection, name, [_described(connection, name), *rows])


def record_release(connection: sqlite3.Connection, release: str) -> None:
    """Record the digest of the record of a release."""
    _record(connection, _of_release(release), [_release_digest(connection, release)])


def table_digests(connection: sqlite3.Connection, name: str) -> list[str]:
    """The digest of a table's definition and load record, and those of every `CHUNK` rows."""
    chunks = _chunks(connection, f"select * from {quote(name)} order by rowid")
    return [_described(connection, name), *map(_digest, chunks)]


def record_copy(
    connection: sqlite3.Connection,
    name: str,
    former: str,
    changes: RowChanges,
    replaced: Mapping[int, Row],
) -> bool:
    """Record the digests of a table that was copied from a former one, and then changed.

    Those of rows that were not read are those of the former table, so that damage among these rows
    is found in the copy, too.

    Parameters: `replaced` are rows of the former table by place, which differ or are gone. Returns
    False unless what was read of the former table is what was loaded into it.
    """
    if _described(connection, former) != _recorded(connection, former, 0):
        return False
    touched = {place // CHUNK for place in (*changes.places, *changes.replaced_places)}
    digests = []
    for number in sorted(touched):
        first = number * CHUNK
        places = range(first, min(first + CHUNK, changes.former_rows))
        sql = f"select * from {quote(name)} where rowid > ? and rowid <= ? order by rowid"
        rows = connection.execute(sql, (first, first + CHUNK)).fetchall()
        then = [*rows, *[()] * CHUNK][: len(places)]
        for place in replaced.keys() & {*places}:
            then[place - first] = replaced[place]
        if then and _digest(then) != _recorded(connection, former, number + 1):
            return False
        if rows:
            digests.append((name, number + 1, _digest(rows)))
    connection.execute(
        f"insert into {DIGESTS} select ?, part, digest from {DIGESTS} "
        "where name = ? and part between 1 and ?",
        (name, former, -(-changes.rows // CHUNK)),
    )
    digests.append((name, 0, _described(connection, name)))
    connection.executemany(f"insert or replace into {DIGESTS} values (?, ?, ?)", digests)
    return True


def forget_others(connection: sqlite3.Connection) -> None:
    """Delete the digests of tables and releases that the file does not have."""
    connection.execute(META)
    connection.execute(
        f"delete from {DIGESTS} where name not in (select name from {LOADS} "
        f"union all select '{_of_release('')}' || id from {RELEASES})"
    )


def is_undamaged(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a table is what was loaded; a table of an old version has no digest and passes."""
    digests = _all_recorded(connection, name)
    return not digests or digests == [*enumerate(table_digests(connection, name))]


def is_undamaged_release(connection: sqlite3.Connection, release: str) -> bool:
    """Whether the record of a release is what was written."""
    digests = _all_recorded(connection, _of_release(release))
    return not digests or digests == [(0, _release_digest(connection, release))]


def _of_release(release: str) -> str:
    return f"release {release}"


def _described(connection: sqlite3.Connection, name: str) -> str:
    """The digest of a table's definition and load record."""
    definition = connection.execute(
        "select sql from sqlite_master where tbl_name = ? order by name", (name,)
    ).fetchall()
    load = connection.execute(f"select rows, nulls from {LOADS} where name = ?", (name,)).fetchall()
    return _digest([*definition, *load])


def _digest(rows: list[Row]) -> str:
    # Text is read as str, so that a blob of the same bytes has another digest.
    return sha256(marshal.dumps(rows, _FORMAT)).hexdigest()


def _release_digest(connection: sqlite3.Connection, release: str) -> str:
    row = connection.execute(f"select body from {RELEASES} where id = ?", (release,)).fetchone()
    return sha256(row[0].encode() if row else b"").hexdigest()


def _record(connection: sqlite3.Connection, name: str, digests: Sequence[str]) -> None:
    connection.execute(META)
    connection.execute(f"delete from {DIGESTS} where name = ?", (name,))
    connection.executemany(
        f"insert into {DIGESTS} values (?, ?, ?)",
        ((name, part, digest) for part, digest in enumerate(digests)),
    )


def _recorded(connection: sqlite3.Connection, name: str, part: int) -> str | None:
    return dict(_all_recorded(connection, name, part)).get(part)


def _all_recorded(
    connection: sqlite3.Connection, name: str, part: int | None = None
) -> list[tuple[int, str]]:
    """The recorded digests, each with the number of its part, or the one of a part."""
    if not connection.execute("select 1 from sqlite_master where name = ?", (DIGESTS,)).fetchone():
        return []
    return connection.execute(
        f"select part, digest from {DIGESTS} where name = ? and part = coalesce(?, part) "
        "order by part",
        (name, part),
    ).fetchall()


def _chunks(connection: sqlite3.Connection, sql: str) -> Iterator[list[Row]]:
    cursor = connection.execute(sql)
    while rows := cursor.fetchmany(CHUNK):
        yield rows
