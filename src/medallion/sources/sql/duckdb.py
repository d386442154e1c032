"""DuckDB: tables and queries of a database file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from medallion.databases.duckdb_rows import pulled_rows
from medallion.databases.relation import Relation
from medallion.errors import SourceError, UnreachableError
from medallion.sources.sql.database import SqlConnection
from medallion.sources.sql.database_file import DatabaseFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HINTS = {
    "Catalog Error": "create it, or correct its name",
    "Binder Error": "correct `columns`, `cursor` and `key`, or the `query`",
    "Parser Error": "correct the `query`; it is one `select` statement",
    "not a valid DuckDB database file": "correct the `url`; the file must be one of DuckDB",
    "read-only": "a query may only read",
}

# A foreign key of DuckDB is to a table of the same schema.
_CATALOG = """
    with named as (
        select table_oid, if(schema_name = current_schema(), '', schema_name || '.') as prefix,
            table_name from duckdb_tables() where not internal and not temporary)
    select prefix || table_name, null, null, null, null, null from named
    union all select prefix || named.table_name, constraint_index,
        generate_subscripts(constraint_column_names, 1), unnest(constraint_column_names),
        prefix || nullif(referenced_table, ''), unnest(referenced_column_names)
    from duckdb_constraints() join named using (table_oid)
    where constraint_type in ('PRIMARY KEY', 'FOREIGN KEY')"""


class DuckDBDatabase(DatabaseFile):
    """A database file of DuckDB, which no other process may have open to write."""

    schemes: ClassVar[tuple[str, ...]] = ("duckdb",)
    companions: ClassVar[tuple[str, ...]] = (".wal",)

    @contextmanager
    def opened(self) -> Iterator[DuckDBConnection]:
        with _source_errors(self.label):
            import duckdb

            before = self.version()
            connection = duckdb.connect(str(self.path), read_only=True)
        with closing(connection):
            with _source_errors(self.label):
                connection.execute("set timezone = 'UTC'")
                connection.execute("begin")
            yield DuckDBConnection(connection, before)


class DuckDBConnection(SqlConnection):
    """A connection that only reads; nobody writes meanwhile."""

    catalog = _CATALOG

    def __init__(self, connection: DuckDBPyConnection, version: str) -> None:
        self._connection = connection
        self._version = version

    def token(self) -> str:
        return self._version

    def all(self, query: str, label: str) -> Sequence[Sequence[Any]]:
        with _source_errors(label):
            return self._connection.execute(query).fetchall()

    def pull(self, relation: Relation) -> Iterator[bytes]:
        with _source_errors(relation.label), tempfile.TemporaryDirectory() as folder:
            yield from pulled_rows(self._connection, relation, folder)


@contextmanager
def _source_errors(label: str) -> Iterator[None]:
    """Turn errors of DuckDB into SourceError, and into UnreachableError for a locked file."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        message = str(error).partition("\n")[0]
        kind = UnreachableError if "Could not set lock" in message else SourceError
        hint = next((hint for sign, hint in _HINTS.items() if sign in message), "")
        if kind is UnreachableError:
            hint = "close it in the process that writes it"
        raise kind(f"{label}: {message}", hint=hint) from error
