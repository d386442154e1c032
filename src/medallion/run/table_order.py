"""The order in which tables are computed: each after all it reads."""

from __future__ import annotations

from medallion.declaration.models import Declaration, Table


def order(declaration: Declaration) -> list[str]:
    """Full names, each after all it reads; otherwise in the order of the declaration."""
    ordered: dict[str, None] = {}
    stack = list(reversed(declaration.names()))  # not recursive: chains of tables may be long
    while stack:
        name = stack[-1]
        missing = [read for read in reads(declaration, name) if read not in ordered]
        stack += reversed(missing)
        if not missing:
            ordered.setdefault(stack.pop())
    return list(ordered)


def reads(declaration: Declaration, name: str) -> list[str]:
    """Full names of the tables one table reads."""
    table = declaration.table(name)
    return list(dict.fromkeys(table.reads().values())) if isinstance(table, Table) else []


def unthreaded(declaration: Declaration) -> set[str]:
    """Full names of the tables with a step that must be computed in the main thread."""
    tables = {name: declaration.table(name) for name in declaration.names()}
    return {
        name
        for name, table in tables.items()
        if isinstance(table, Table) and not all(step.threaded for step in table.steps)
    }
