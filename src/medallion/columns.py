"""What a declaration tells of the columns of its tables, before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from medallion.contracts import Columns
from medallion.errors import did_you_mean

if TYPE_CHECKING:
    from medallion.config import Declaration, Source, Table


def known_columns(declaration: Declaration) -> Mapping[str, Columns]:
    """The columns of every table by its full name; None where only the data can tell."""
    from medallion.config import Source  # which asks here in turn

    known: dict[str, Columns] = {}
    names = declaration.names()

    def columns_of(name: str) -> Columns:
        if name not in known:
            known[name] = None  # what a table in a cycle finds, which is reported elsewhere
            known[name] = _made(declaration.table(name))
        return known[name]

    def _made(table: Source | Table) -> Columns:
        if isinstance(table, Source):
            return table.columns or None if table.schema_policy != "evolve" else None
        inputs = {alias: columns_of(name) if name in names else None for alias, name in table.reads().items()}
        columns = next(iter(inputs.values()), None)
        for step in table.steps:
            columns = step.result_columns(columns, inputs)
        return columns

    return {name: columns_of(name) for name in names}


def lacks(columns: Columns, name: str, table: str) -> str | None:
    """What to say of a column that a table is known to lack; None when it has it, or may have it."""
    if columns is None or name in columns:
        return None
    return f"no column {name!r} in {table!r}{did_you_mean(name, columns)}"
