"""The columns of tables as far as the declaration determines them, before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from medallion.contracts import Columns

if TYPE_CHECKING:
    from medallion.declaration.models import Declaration, Source, Table


def known_columns(declaration: Declaration) -> Mapping[str, Columns]:
    """The columns of every table by its full name; None where they depend on the data."""
    from medallion.declaration.models import Source  # which imports this module in turn

    known: dict[str, Columns] = {}
    names = declaration.names()
    tables = set(names)
    visited: set[str] = set()
    stack = list(reversed(names))  # instead of recursion: chains of tables may be long
    while stack:
        name = stack[-1]
        table = declaration.table(name)
        reads = {} if isinstance(table, Source) else table.reads()
        unvisited = (
            []
            if name in visited
            else [read for read in reads.values() if read in tables and read not in visited]
        )
        visited.add(name)
        if unvisited:
            stack += reversed(unvisited)
            continue
        stack.pop()
        # Nothing is known of a table in a cycle; `consistency` reports the cycle.
        if name not in known:
            inputs = {alias: known.get(read) for alias, read in reads.items()}
            known[name] = _result_columns(table, inputs)
    return {name: known[name] for name in names}


def _result_columns(table: Source | Table, inputs: Mapping[str, Columns]) -> Columns:
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
