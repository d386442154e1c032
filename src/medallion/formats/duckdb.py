"""The DuckDB format: a table of a database file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Format, Parsed, literal, quote
from medallion.databases.duckdb_rows import pulled_rows
from medallion.databases.relation import Relation
from medallion.errors import SourceError
from medallion.formats.database_table import declared_table, parse_pulled
from medallion.formats.file_signature import looks_like
from medallion.formats.text_file import check_readable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from medallion.contracts import Connection

_MAGIC, _MAGIC_AT = b"DUCK", 8
_NAMES = """
    select schema_name, table_name, false from duckdb_tables()
    where database_name = 'source' and not internal
    union all select schema_name, view_name, true from duckdb_views()
    where database_name = 'source' and not internal"""
_CORRUPT = ("Corrupt database", "Could not read enough bytes", "not a valid DuckDB")


class DuckDBFormat(Format):
    """A table or view of a DuckDB database file, which needs no extra.

    - `table`: its name, `sales.orders` in another schema than `main`; it may be left out when there
      is only one table.

    Types stay as they are; structs, maps and lists of lists are JSON, intervals and times with a
    zone text. Records are in the order of insertion; those of a view in the order of its values. A
    view that reads other files is refused. So is a new or changed file while a `.wal` file next to
    it has changes: close the program that writes it first.

    ```yaml
    tables:
      bronze:
        orders:
          source: "exports/*.duckdb"
          format: {duckdb: {table: orders}}
    ```
    """

    name: ClassVar[str] = "duckdb"
    version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = (".duckdb",)
    companions: ClassVar[tuple[str, ...]] = (".wal",)

    table: str = ""

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with _opened(source, name) as database, tempfile.TemporaryDirectory() as folder:
            relation = self._relation(database, name)
            # A view of the file reads nothing else of this machine.
            database.execute(f"set allowed_directories = [{literal(folder)}]")
            database.execute("set enable_external_access = false")
            return parse_pulled(pulled_rows(database, relation, folder), name, target, connection)

    def _relation(self, database: DuckDBPyConnection, name: str) -> Relation:
        tables = {
            table if schema == "main" else f"{schema}.{table}": (schema, table, view)
            for schema, table, view in database.execute(_NAMES).fetchall()
        }
        names = {each: view for each, (_, _, view) in tables.items()}
        schema, table, view = tables[declared_table(names, self.table, name)]
        rows = f"select * from source.{quote(schema)}.{quote(table)}"
        return Relation(name, query=f"{rows} order by all" if view else rows)


@contextmanager
def _opened(source: Path, name: str) -> Iterator[DuckDBPyConnection]:
    """A connection to the file as `source`. Raises SourceError for one that cannot be read."""
    import duckdb

    head = check_readable(source, name)
    if not head.startswith(_MAGIC, _MAGIC_AT):
        kind, hint = looks_like(head) or ("not a DuckDB database", "declare its `format`")
        raise SourceError(f"{name}: is {kind}", hint=hint)
    try:
        with closing(duckdb.connect()) as database:
            database.execute("set timezone = 'UTC'")
            database.execute(f"attach {literal(str(source))} as source (read_only, type duckdb)")
            yield database
    except duckdb.Error as error:
        message = str(error).partition("\n")[0].replace(str(source), name)
        if any(sign in message for sign in _CORRUPT):
            fault, hint = "is cut short or corrupt", "copy or download the file again"
        elif "encrypt" in message:
            fault, hint = "is encrypted", "export it without encryption"
        else:
            fault, hint = "cannot be read", "correct the table or view, or declare another `table`"
        raise SourceError(f"{name}: {fault}: {message}", hint=hint) from error
