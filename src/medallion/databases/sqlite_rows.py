"""Rows of SQLite: their types are those of the values, as SQLite checks no declared ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from medallion.contracts import quote
from medallion.databases.relation import Relation
from medallion.databases.typed_text import (
    PulledColumn,
    binary_field,
    encoded,
    header,
    in_blocks,
    text_field,
)
from medallion.errors import SourceError
from medallion.records.column_type import TEXT, ColumnType

_BATCH = 10_000
_MAX = (1 << 63) - 1
_LARGEST = 1 << 53  # of integers that a float64 represents, with all smaller ones
# The logical types by the kinds of values that a column has, without null.
_KINDS = {
    frozenset({"integer"}): ColumnType("int64"),
    frozenset({"real"}): ColumnType("float64"),
    frozenset({"text"}): TEXT,
    frozenset({"blob"}): ColumnType("binary"),
}


@dataclass(frozen=True)
class SqliteRows:
    """The rows of a table or a query."""

    connection: sqlite3.Connection
    relation: Relation

    def pull(self) -> Iterator[bytes]:
        """A `typed_csv` file of the rows, by primary key or in the order of insertion."""
        columns = self.columns()
        yield header(columns, self.relation.label)
        writers = [_writer(column.type) for column in columns]
        cursor = self.connection.execute(f"{self.relation.rows()}{self._order()}")
        yield from in_blocks(encoded(_batches(cursor), writers))

    def columns(self) -> list[PulledColumn]:
        """The columns, with the types of their values: SQLite checks no declared ones."""
        described = self.connection.execute(self.relation.query or self.relation.rows())
        names = [name for name, *_ in described.description or ()]
        if unknown := set(self.relation.columns) - {name for _, name, *_ in self._info()}:
            # SQLite would take the quoted name for a text.
            raise SourceError(
                f"{self.relation.label}: no such column: {min(unknown)}",
                hint="correct `columns`, or the `query`",
            )
        if repeated := {name for name in names if names.count(name) > 1}:
            raise SourceError(
                f"{self.relation.label}: two columns are called {min(repeated)!r}",
                hint="give one another name in the query, by `as`",
            )
        kinds = ", ".join(map(_figures, map(quote, names)))
        # Of all rows, so that the types of a part are those of the other parts.
        rows = replace(self.relation, condition="").rows()
        figures = self.connection.execute(f"select {kinds} from ({rows})").fetchone()
        declared = self._declared()
        return [
            PulledColumn(
                name,
                _type(figures[2 * n] or _affinity(declared.get(name, "")), figures[2 * n + 1]),
                declared.get(name, ""),
            )
            for n, name in enumerate(names)
        ]

    def _declared(self) -> dict[str, str]:
        """The declared types of the columns of a table, other than text."""
        rows = self._info()
        return {name: type_ for _, name, type_, *_ in rows if type_.lower() != "text"}

    def _order(self) -> str:
        """SQL of the order of a table: its primary key, or else the order of insertion."""
        keys = sorted((key, name) for *_, name, _, _, _, key in self._info() if key)
        if keys:
            return f" order by {', '.join(quote(name) for _, name in keys)}"
        catalog = f"{quote(self.relation.schema or 'main')}.sqlite_master"
        kind = self.connection.execute(
            f"select type from {catalog} where name = ?", [self.relation.table]
        ).fetchone()
        return " order by rowid" if kind == ("table",) else ""

    def _info(self) -> list[tuple[Any, ...]]:
        if not self.relation.table:
            return []
        schema = quote(self.relation.schema or "main")
        sql = f"pragma {schema}.table_info({quote(self.relation.table)})"
        return self.connection.execute(sql).fetchall()


def _figures(name: str) -> str:
    """SQL of the kinds of values of a column, and of its largest integer without its sign."""
    integers = f"filter (where typeof({name}) = 'integer')"
    # The smallest integer has no absolute value.
    largest = f"max(max({name}) {integers}, -max(min({name}) {integers}, -{_MAX}))"
    return f"group_concat(distinct typeof({name})) filter (where {name} is not null), {largest}"


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
