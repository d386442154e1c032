"""SQLite: tables and queries of a database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote as percent_encode

from medallion.contracts import quote
from medallion.errors import SourceError, UnreachableError
from medallion.records.column_type import TEXT, ColumnType
from medallion.sources.sql.database import (
    PulledColumn,
    Relation,
    SqlConnection,
    binary_field,
    encoded,
    header,
    in_blocks,
    text_field,
)
from medallion.sources.sql.database_file import DatabaseFile

_TIMEOUT = 10.0  # seconds to wait for a writer
_BATCH = 10_000
_LARGEST = 1 << 53  # of integers that a float64 represents, with all smaller ones
_HINTS = {
    "no such table": "create it, or correct its name",
    "no such column": "correct `columns`, or the `query`",
    "syntax error": "correct the `query`; it is one `select` statement",
    "file is not a database": "correct the `url`; the file must be one of SQLite",
    "attempt to write": "a query may only read",
}
# The logical types by the kinds of values that a column has, without null.
_KINDS = {
    frozenset({"integer"}): ColumnType("int64"),
    frozenset({"real"}): ColumnType("float64"),
    frozenset({"text"}): TEXT,
    frozenset({"blob"}): ColumnType("binary"),
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
            rows = f"{relation.rows()}{self._order(relation)}"
            columns = self._columns(relation)
            yield header(columns, relation.label)
            writers = [_writer(column.type) for column in columns]
            cursor = self._connection.execute(rows)
            yield from in_blocks(encoded(_batches(cursor), writers))

    def _columns(self, relation: Relation) -> list[PulledColumn]:
        """The columns, with the types of their values: SQLite checks no declared ones."""
        described = self._connection.execute(relation.query or relation.rows())
        names = [name for name, *_ in described.description or ()]
        if unknown := set(relation.columns) - {name for _, name, *_ in self._info(relation)}:
            # SQLite would take the quoted name for a text.
            raise SourceError(
                f"{relation.label}: no such column: {min(unknown)}", hint=_HINTS["no such column"]
            )
        if repeated := {name for name in names if names.count(name) > 1}:
            raise SourceError(
                f"{relation.label}: two columns are called {min(repeated)!r}",
                hint="give one another name in the query, by `as`",
            )
        kinds = ", ".join(
            f"group_concat(distinct typeof({name})) filter (where {name} is not null), "
            f"max(abs({name})) filter "
            f"(where typeof({name}) = 'integer')"
            for name in map(quote, names)
        )
        # Of all rows, so that the types of a part are those of the other parts.
        rows = replace(relation, condition="").rows()
        figures = self._connection.execute(f"select {kinds} from ({rows})").fetchone()
        declared = self._declared(relation)
        return [
            PulledColumn(
                name,
                _type(figures[2 * n] or _affinity(declared.get(name, "")), figures[2 * n + 1]),
                declared.get(name, ""),
            )
            for n, name in enumerate(names)
        ]

    def _declared(self, relation: Relation) -> dict[str, str]:
        """The declared types of the columns of a table, other than text."""
        rows = self._info(relation)
        return {name: type_ for _, name, type_, *_ in rows if type_.lower() != "text"}

    def _order(self, relation: Relation) -> str:
        """SQL of the order of a table: its primary key, or else the order of insertion."""
        keys = sorted((key, name) for *_, name, _, _, _, key in self._info(relation) if key)
        if keys:
            return f" order by {', '.join(quote(name) for _, name in keys)}"
        kind = self._connection.execute(
            f"select type from {quote(relation.schema or 'main')}.sqlite_master where name = ?",
            [relation.table],
        ).fetchone()
        return " order by rowid" if kind == ("table",) else ""

    def _info(self, relation: Relation) -> list[tuple[Any, ...]]:
        if not relation.table:
            return []
        schema = quote(relation.schema or "main")
        sql = f"pragma {schema}.table_info({quote(relation.table)})"
        return self._connection.execute(sql).fetchall()


def _affinity(declared: str) -> str:
    """The kind of values that a column without any is declared to have."""
    signs = {"int": "integer", "real": "real", "floa": "real", "doub": "real", "blob": "blob"}
    return next((kind for sign, kind in signs.items() if sign in declared.lower()), "text")


def _type(kinds: str, largest: int | None) -> ColumnType:
    """The logical type of a column with these kinds of values."""
    present = frozenset(kinds.split(","))
    if present == {"integer", "real"} and (largest or 0) <= _LARGEST:
        return ColumnType("float64")
    return _KINDS.get(present, TEXT)


def _writer(type_: ColumnType) -> Callable[[Any], str]:
    if type_ == TEXT:
        return text_field
    return binary_field if type_.name == "binary" else repr


def _batches(cursor: sqlite3.Cursor) -> Iterator[Sequence[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(_BATCH):
        yield rows


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
