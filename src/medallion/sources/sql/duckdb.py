"""DuckDB: tables and queries of a database file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from medallion.contracts import literal, quote
from medallion.errors import SourceError, UnreachableError
from medallion.records.column_type import NULL, TEXT, ColumnType, list_type, unknown
from medallion.sources.sql.database import (
    BLOCK,
    PulledColumn,
    Relation,
    SqlConnection,
    header,
)
from medallion.sources.sql.database_file import DatabaseFile
from medallion.sql.duckdb_types import MAX_DIGITS, types_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AS_TEXT = (TEXT, NULL, *map(ColumnType, ("interval", "timetz", "time(ns)", "timestamptz(ns)")))
_NESTED = ("struct", "map", "variant")
_HINTS = {
    "Catalog Error": "create it, or correct its name",
    "Binder Error": "correct `columns`, or the `query`",
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
        with (
            _source_errors(relation.label),
            tempfile.TemporaryDirectory() as folder,
            closing(self._connection.cursor()) as cursor,
        ):
            types = types_of(cursor.sql(relation.rows()))
            yield header(_columns(types), relation.label)
            file = Path(folder, "rows")
            # One column: an empty line would be no record.
            options = "header false, nullstr ''"
            if len(types) == 1:
                options = r"header false, nullstr '\N', force_quote *"
            # DuckDB returns rows in the order of their insertion, unless a query has another.
            values = ", ".join(f"{_text(quote(name), type_)}" for name, type_ in types.items())
            rows = f"select {values} from ({relation.rows()})"
            cursor.execute(f"copy ({rows}) to {literal(str(file))} (format csv, {options})")
            with file.open("rb") as stream:
                while block := stream.read(BLOCK):
                    yield block


def _columns(types: Mapping[str, ColumnType]) -> list[PulledColumn]:
    return [PulledColumn(name, _pulled_type(type_), str(type_)) for name, type_ in types.items()]


def _pulled_type(type_: ColumnType) -> ColumnType:
    """The logical type in the pulled file: structs and maps are JSON there."""
    if type_.name in _NESTED:
        return ColumnType("json")
    if type_.name == "list":
        item = type_.items[0][1]
        return ColumnType("json") if item.nested else list_type(_pulled_type(item))
    if type_.name in ("int128", "uint128"):  # Parquet has no such integers
        return ColumnType("decimal", MAX_DIGITS)
    return TEXT if type_ in _AS_TEXT or unknown(type_) else type_


def _text(value: str, type_: ColumnType) -> str:
    """SQL of the text of a value in the pulled file."""
    pulled = _pulled_type(type_)
    if pulled.name == "json" != type_.name:
        return f"to_json({value})"
    if type_.name == "binary":
        return f"'\\x' || lower(hex({value}))"
    if type_.name == "list":
        item = _text("item", type_.items[0][1])
        return f"to_json(list_transform({value}, lambda item: {item}))"
    return f"{value}::varchar"


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
