"""What is read from a database: a table or a query, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medallion.contracts import quote


@dataclass(frozen=True)
class Relation:
    """What is pulled: a table, or some of its columns, or a query. `label` is its name for people.

    `schema` is empty for a table in the default schema; `condition` is SQL of which rows to pull,
    and `quoted` gives the SQL of a name.
    """

    label: str
    schema: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    query: str = ""
    condition: str = ""
    quoted: Callable[[str], str] = quote

    @property
    def name(self) -> str:
        """The name of the table as SQL."""
        return ".".join(self.quoted(part) for part in (self.schema, self.table) if part)

    def rows(self) -> str:
        """SQL of its rows, in no order."""
        columns = ", ".join(map(self.quoted, self.columns)) or "*"
        return f"select {columns} from {self.origin()}"

    def origin(self) -> str:
        """SQL of what its rows are selected from, and which of them."""
        origin = f"({self.query}\n) as q" if self.query else self.name
        return f"{origin} where {self.condition}" if self.condition else origin
