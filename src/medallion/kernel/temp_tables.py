"""Temporary tables of one DuckDB connection, under names that occur once."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from medallion.sql.relations import subquery

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

_numbers = count()


class TempTables:
    """Creates temporary tables on a connection, and reads query results from it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def create(self, relation: Relation) -> str:
        """Compute a relation into a new temporary table, and return the table's name."""
        name = f"_table_{next(_numbers)}"
        self.connection.execute(f"create temp table {name} as from {subquery(relation)}").fetchall()
        return name

    def of_types(self, relation: Relation) -> str:
        """Create a table with a relation's columns and types, without computing any row."""
        name = f"_table_{next(_numbers)}"
        self.connection.execute(
            f"create temp table {name} as from {subquery(relation)} with no data"
        ).fetchall()
        return name

    def empty(self, columns: str) -> str:
        """Create a temporary table with these columns, in SQL, and return its name."""
        name = f"_table_{next(_numbers)}"
        self.connection.execute(f"create temp table {name} ({columns})").fetchall()
        return name

    def insert(self, table: str, relation: Relation) -> None:
        """Add the rows of a relation to a table, its columns in the table's order."""
        self.connection.execute(f"insert into {table} from {subquery(relation)}").fetchall()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(query).fetchall()

    def integer(self, query: str) -> int:
        """The single value of a query, as an integer."""
        return int(self.rows(query)[0][0])
