"""All that a run would refuse about a declaration, without running it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError
from pathlib import Path

from medallion.contracts import Columns
from medallion.declaration.consistency import column_faults, type_faults
from medallion.declaration.loader import load_parts
from medallion.errors import Problem
from medallion.kernel.column_binding import BoundTable
from medallion.lake.lake import Lake
from medallion.run.context import RunContext
from medallion.run.determinism import determinism_problems
from medallion.run.table_columns import bound_tables


@dataclass(frozen=True)
class Checked:
    """What `check` knows of a declaration: its tables by full name, and its problems."""

    tables: Mapping[str, BoundTable]
    problems: tuple[Problem, ...]


def check_parts(path: Path) -> Checked:
    """All problems of a declaration that has some: also those of the columns of its valid parts.

    Raises DeclarationError when its YAML is not valid.
    """
    parts = load_parts(path)
    declaration, problems = parts.declaration, list(parts.problems)
    tables: Mapping[str, BoundTable] = {}
    if declaration is not None:
        lake = Lake(declaration.lake, base=path.parent, layers=declaration.layers)
        context = RunContext(declaration, path.parent, lake, {}, parts.document)
        with suppress(CycleError):
            checked = check_columns(context, parts.broken)
            tables, problems = checked.tables, [*problems, *checked.problems]
    distinct = {(problem.place, problem.message): problem for problem in problems}
    return Checked(tables, tuple(sorted(distinct.values(), key=lambda each: each.position)))


def check_columns(context: RunContext, broken: Collection[str] = ()) -> Checked:
    """Bind every table, and everything that names columns of tables. Runs nothing on data.

    Nothing is known of the tables in `broken`.
    """
    tables = bound_tables(context, broken)
    problems = [
        context.problem(("tables", *name.split(".", 1), *fault.path), fault.message, fault.column)
        for name, table in tables.items()
        for fault in table.faults
    ]
    known: dict[str, Columns] = {
        name: None if table.columns is None else tuple(column.name for column in table.columns)
        for name, table in tables.items()
    }
    problems += [
        context.problem(path, message)
        for path, message in column_faults(context.declaration, known)
    ]
    typed = {name: table.columns if table.certain else None for name, table in tables.items()}
    problems += [
        context.problem(path, message) for path, message in type_faults(context.declaration, typed)
    ]
    problems += determinism_problems(context, tables)
    return Checked(tables, tuple(sorted(problems, key=lambda problem: problem.position)))
