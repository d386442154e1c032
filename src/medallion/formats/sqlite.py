"""The SQLite format: a table of a database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote as percent_encode

from medallion.contracts import Format, Parsed, quote
from medallion.databases.relation import Relation
from medallion.databases.sqlite_rows import SqliteRows
from medallion.errors import SourceError
from medallion.formats.database_table import declared_table, parse_pulled
from medallion.formats.file_signature import looks_like
from medallion.formats.text_file import check_readable

if TYPE_CHECKING:
    from medallion.contracts import Connection

_MAGIC = b"SQLite format 3\x00"
_NAMES = r"""
    select name, type = 'view' from sqlite_master
    where type in ('table', 'view') and name not like 'sqlite\_%' escape '\'
"""


class SqliteFormat(Format):
    """A table or view of a SQLite database file, which needs no extra.

    - `table`: its name; it may be left out when there is only one table.

    A column of integers is `int64`, of floating-point numbers `float64`, of blobs `binary`; any
    other mixture is text, and so are dates and times. Records are in the order of the primary key,
    or else of insertion; those of a view in the order of its values. A new or changed file is
    refused while a `-wal` or `-journal` file next to it has changes: close the program that writes
    it first.

    ```yaml
    tables:
      bronze:
        orders:
          source: "exports/*.sqlite"
          format: {sqlite: {table: orders}}
    ```
    """

    name: ClassVar[str] = "sqlite"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = (".sqlite", ".sqlite3")
    companions: ClassVar[tuple[str, ...]] = ("-wal", "-journal")

    table: str = ""

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with _opened(source, name) as database:
            rows = SqliteRows(database, self._relation(database, name))
            return parse_pulled(rows.pull(), name, target, connection)

    def _relation(self, database: sqlite3.Connection, name: str) -> Relation:
        names = {table: bool(view) for table, view in database.execute(_NAMES)}
        table = declared_table(names, self.table, name)
        if not names[table]:
            return Relation(name, table=table)
        origin = f"select * from {quote(table)}"
        columns = len(database.execute(f"{origin} limit 0").description)
        order = ", ".join(map(str, range(1, columns + 1)))
        return Relation(name, table=table, query=f"{origin} order by {order}")


@contextmanager
def _opened(source: Path, name: str) -> Iterator[sqlite3.Connection]:
    """The database, which is only read. Raises SourceError for a file that cannot be read."""
    head = check_readable(source, name)
    if not head.startswith(_MAGIC):
        kind, hint = looks_like(head) or (
            "not a SQLite database, or an encrypted one",
            "declare its `format`, or export it without encryption",
        )
        raise SourceError(f"{name}: is {kind}", hint=hint)
    # Immutable: no lock, and no file next to it is read or written.
    place = f"file:{percent_encode(str(source.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(place, isolation_level=None, uri=True)) as database:
            database.execute("pragma trusted_schema = off")
            yield database
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")):
            fault, hint = "is cut short or corrupt", "copy or download the file again"
        else:
            fault, hint = "cannot be read", "correct the table or view, or declare another `table`"
        raise SourceError(f"{name}: {fault}: {error}", hint=hint) from error
