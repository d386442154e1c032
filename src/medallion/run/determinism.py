"""SQL that would not give the same rows for the same files: reported before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medallion.contracts import Columns
from medallion.declaration.models import Table
from medallion.errors import DeclarationError, Problem
from medallion.run.context import RunContext
from medallion.sql.nondeterminism import depends_on_columns, nondeterministic, suspected

if TYPE_CHECKING:
    from medallion.kernel.column_binding import BoundTable, TypedColumns

_DEPENDS = (
    "{!r} depends on the time or on chance, so that the same files would not give the same rows; "
    "use a column, or declare `deterministic: false` for the table"
)


@dataclass(frozen=True)
class _Suspect:
    """SQL of a table that may be at fault; `stage` is the number of steps before it."""

    table: str
    stage: int
    path: tuple[str | int, ...]
    sql: str


def require_deterministic(context: RunContext) -> None:
    """Raise DeclarationError with all SQL that depends on the time or on chance."""
    suspects = list(_suspects(context))
    tables: Mapping[str, BoundTable] = {}
    if any(depends_on_columns(suspect.sql) for suspect in suspects):
        from medallion.run.table_columns import bound_tables

        tables = bound_tables(context)
    if problems := _problems(context, suspects, tables):
        raise DeclarationError(problems)


def determinism_problems(context: RunContext, tables: Mapping[str, BoundTable]) -> list[Problem]:
    """All SQL that depends on the time or on chance, in tables that do not declare this.

    `tables` are the columns of every table, as far as they are known.
    """
    return _problems(context, list(_suspects(context)), tables)


def _problems(
    context: RunContext, suspects: Sequence[_Suspect], tables: Mapping[str, BoundTable]
) -> list[Problem]:
    if not suspects:
        return []  # without DuckDB, whose import takes as long as a run with nothing new
    import duckdb

    problems = []
    with duckdb.connect() as connection:
        for suspect in suspects:
            rows, others = _columns(context, suspect, tables)
            function = nondeterministic(connection, suspect.sql, rows, others)
            if function is not None:
                problems.append(context.problem(suspect.path, _DEPENDS.format(function)))
    return problems


def _suspects(context: RunContext) -> Iterator[_Suspect]:
    for name in context.declaration.names():
        table = context.declaration.table(name)
        if not isinstance(table, Table) or not table.deterministic:
            continue
        last = len(table.steps)
        for key, parts in (("steps", table.steps), ("expect", table.expect)):
            for position, part in enumerate(parts):
                stage = position if key == "steps" else last
                for place, sql in part.expressions():
                    path = ("tables", *name.split(".", 1), key, position, part.name, *place)
                    if suspected(sql):
                        yield _Suspect(name, stage, path, sql)


def _columns(
    context: RunContext, suspect: _Suspect, tables: Mapping[str, BoundTable]
) -> tuple[Columns, Columns]:
    """The columns of the rows at a place, and of all other tables that it may read."""
    table, bound = context.declaration.table(suspect.table), tables.get(suspect.table)
    if bound is None:
        return None, None
    reads = table.reads().values() if isinstance(table, Table) else ()
    columns = [_names(tables[read].columns) for read in reads]
    known = [names for names in columns if names is not None]
    others = None if len(known) < len(columns) else tuple(name for names in known for name in names)
    stages = bound.stages
    return _names(stages[suspect.stage] if suspect.stage < len(stages) else None), others


def _names(columns: TypedColumns | None) -> Columns:
    return None if columns is None else tuple(column.name for column in columns)
