"""What a declaration tells of the columns of its tables, before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from medallion.contracts import Columns
from medallion.errors import did_you_mean

if TYPE_CHECKING:
    from medallion.declaration.models import Declaration, Source, Table


def known_columns(declaration: Declaration) -> Mapping[str, Columns]:
    """The columns of every table by its full name; None where only the data can tell."""
    from medallion.declaration.models import Source  # which asks here in turn

    known: dict[str, Columns] = {}
    names = declaration.names()
    tables = set(names)
    begun: set[str] = set()
    waiting = list(reversed(names))  # a stack instead of recursion: chains of tables may be long
    while waiting:
        name = waiting[-1]
        table = declaration.table(name)
        reads = {} if isinstance(table, Source) else table.reads()
        before = (
            []
            if name in begun
            else [read for read in reads.values() if read in tables and read not in begun]
        )
        begun.add(name)
        if before:
            waiting += reversed(before)
            continue
        waiting.pop()
        if (
            name not in known
        ):  # of a table in a cycle, which is reported elsewhere, nothing is known
            known[name] = _made(table, {alias: known.get(read) for alias, read in reads.items()})
    return {name: known[name] for name in names}


def _made(table: Source | Table, inputs: Mapping[str, Columns]) -> Columns:
    from medallion.declaration.models import Source

    if isinstance(table, Source):
        return (
            (*table.columns, *table.add)
            if table.columns and table.schema_policy != "evolve"
            else None
        )
    columns = next(iter(inputs.values()), None)
    for step in table.steps:
        columns = step.result_columns(columns, inputs)
    return columns


def lacks(columns: Columns, name: str, table: str) -> str | None:
    """What to say of a column that a table is known to lack; None when it has it, or may have it."""
    if columns is None or name in columns:
        return None
    return f"no column {name!r} in {table!r}{did_you_mean(name, columns)}"
