"""SQLite: tables and queries of a database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, ClassVar
from urllib.parse import quote as percent_encode

from medallion.databases.relation import Relation
from medallion.databases.sqlite_rows import SqliteRows
from medallion.errors import SourceError, UnreachableError
from medallion.sources.sql.database import SqlConnection
from medallion.sources.sql.database_file import DatabaseFile

_TIMEOUT = 10.0  # seconds to wait for a writer
_HINTS = {
    "no such table": "create it, or correct its name",
    "no such column": "correct `columns`, `cursor` and `key`, or the `query`",
    "syntax error": "correct the `query`; it is one `select` statement",
    "file is not a database": "correct the `url`; the file must be one of SQLite",
    "attempt to write": "a query may only read",
}

_CATALOG = """
    with own as (select name from sqlite_master where type = 'table' and name not like 'sqlite^_%'
        escape '^')
    select name, null, null, null, null, null from own
    union all select own.name, 'primary', pk, item.name, null, null
    from own, pragma_table_info(own.name) as item where pk > 0
    union all select own.name, id, seq, "from", other.name,
        (select name from pragma_table_info(other.name) where name = "to" collate nocase)
    from own, pragma_foreign_key_list(own.name)
    join own as other on other.name = "table" collate nocase"""


class SqliteDatabase(DatabaseFile):
    """A database file of SQLite, which may be written meanwhile."""

    schemes: ClassVar[tuple[str, ...]] = ("sqlite",)
    companions: ClassVar[tuple[str, ...]] = ("-wal", "-journal")

    @contextmanager
    def opened(self) -> Iterator[SqliteConnection]:
        place = f"file:{percent_encode(str(self.path.absolute()))}?mode=ro"
        with _source_errors(self.label):
            before = self.version()
            connection = sqlite3.connect(
                place, _TIMEOUT, isolation_level=None, check_same_thread=False, uri=True
            )
        with closing(connection):
            with _source_errors(self.label):
                connection.execute("begin")
                connection.execute("select 1 from sqlite_master").fetchone()  # the snapshot
            same = before == self.version()
            yield SqliteConnection(connection, before if same else "")


class SqliteConnection(SqlConnection):
    """A read transaction of SQLite."""

    catalog = _CATALOG

    def __init__(self, connection: sqlite3.Connection, version: str) -> None:
        self._connection = connection
        self._version = version

    def token(self) -> str:
        return self._version

    def all(self, query: str, label: str) -> Sequence[Sequence[Any]]:
        with _source_errors(label):
            return self._connection.execute(query).fetchall()

    def as_text(self, value: str) -> str:
        return value  # as a number remains one

    def pull(self, relation: Relation) -> Iterator[bytes]:
        with _source_errors(relation.label):
            yield from SqliteRows(self._connection, relation).pull()


@contextmanager
def _source_errors(label: str) -> Iterator[None]:
    """Turn errors of SQLite into SourceError, and into UnreachableError for a locked file."""
    try:
        yield
    except sqlite3.Error as error:
        message = str(error)
        locked = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        hint = next((hint for sign, hint in _HINTS.items() if sign in message), "")
        kind = UnreachableError if locked else SourceError
        raise kind(f"{label}: {message}", hint=hint) from error
