"""Rows as DuckDB's lazy relations: reserved columns, quoting, and the inputs of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from medallion.errors import StepError, did_you_mean

if TYPE_CHECKING:
    import duckdb

    Relation = duckdb.DuckDBPyRelation
    Connection = duckdb.DuckDBPyConnection

_numbers = count()

ROW = "_row"
ORIGIN = "_origin"
ASIDE = "_aside"
PART = ASIDE
"""The number of the part that a row is of, while partial results of several parts are computed."""

RESERVED = (ROW, ORIGIN, ASIDE, "file_index", "file_row_number")
"""Names that no column may have; DuckDB uses the last two for a row's place in Parquet files."""

Columns: TypeAlias = tuple[str, ...] | None
"""Names of columns in their order; None when they are not known before the data is read."""


@dataclass(frozen=True)
class Inputs:
    """The other tables a step may read, by alias or full name, and the connection for its SQL.

    `incomplete` means, for `trace`, that a table has only some of its rows, so that other rows of
    the result were made of none of them.
    """

    connection: Connection
    tables: Mapping[str, Relation] = field(default_factory=dict)
    incomplete: bool = False

    def __getitem__(self, name: str) -> Relation:
        if name not in self.tables:
            raise StepError(
                f"no table {name!r} among its inputs{did_you_mean(name, self.tables)}",
                hint="add it to `from`",
            )
        return self.tables[name]

    def sql(self, query: str, **relations: Relation) -> Relation:
        """A lazy relation of one SELECT over the given relations, each named by its keyword."""
        views = []
        for name, relation in relations.items():
            views.append(f"{quote(name)} as not materialized (from {viewed(relation)})")
        body = f"select * from (\n{query}\n)"
        return self.connection.sql(f"with {', '.join(views)} {body}" if views else body)


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def viewed(rows: Relation) -> str:
    """The name of a new view on a relation, for SQL on its connection; no other view has it."""
    name = f"_view_{next(_numbers)}"  # threads share DuckDB's list of views
    rows.create_view(name)
    return name


def subquery(rows: Relation) -> str:
    """A relation as a FROM item of SQL that is executed at once: binding a view takes time."""
    text = rows.sql_query()
    # The text has marks for parameters, a view has their values.
    return viewed(rows) if "?" in text or "$" in text else f"(\n{text}\n)"


def stored(rows: Relation, connection: Connection) -> Relation:
    """The rows, computed now into a temporary table of their connection."""
    name = f"_stored_{next(_numbers)}"
    connection.execute(f"create temp table {name} as from {subquery(rows)}").fetchall()
    return connection.sql(f"from {name}")


def require(rows: Relation, *names: str) -> None:
    """Raise StepError naming the first column that rows lack, and the columns they have."""
    columns = [name for name in rows.columns if name not in (ROW, ORIGIN)]
    for name in names:
        if name not in columns:
            error = StepError(
                f"no column {name!r}{did_you_mean(name, columns)}",
                hint=f"the rows have: {', '.join(columns)}",
            )
            error.column = name
            raise error
