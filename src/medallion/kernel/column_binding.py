"""The columns of a table before a run: its steps and expectations, applied to no rows.

Every step is applied as in a run, to tables that have the columns and types of the inputs and no
rows; its SQL is bound and not computed. A column that a step needs and its rows lack is reported,
and then added without a type, so that one pass finds all of them. A step that fails for the lack of
rows, such as one that divides by their number, is no fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from medallion.contracts import (
    ORIGIN,
    ROW,
    Column,
    Columns,
    Expectation,
    Inputs,
    Layer,
    ReleaseExpectation,
    RowExpectation,
    Transform,
    quote,
)
from medallion.errors import MedallionError, StepError, did_you_mean
from medallion.kernel.duckdb_errors import at, of_values, place
from medallion.kernel.row_steps import RowSteps, violating
from medallion.kernel.temp_tables import TempTables
from medallion.records.column_type import NULL
from medallion.sql.duckdb_types import types_of, without_rows
from medallion.sql.expressions import columns_sql, public, require_numbers
from medallion.sql.storable_columns import storable, stored_columns
from medallion.storage import open_storage

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

Trail: TypeAlias = tuple[str | int, ...]
TypedColumns: TypeAlias = tuple[Column, ...]

# How DuckDB says that a column is missing.
_MISSING = re.compile(
    r'(?:Referenced column "?(.+?)"? not found'
    r'|does not have a column named "(.+?)"'
    r'|Column "(.+?)" (?:does not exist on|in \w+ list not found))'
)


@dataclass(frozen=True)
class ColumnFault:
    """A step or expectation that a run would refuse: its path below the table, and why.

    `column` is the column that its rows lack, if that is the reason.
    """

    path: Trail
    message: str
    column: str | None = None


@dataclass(frozen=True)
class BoundTable:
    """What is known of a table before a run.

    `stages` are the columns before the first step and after each; None where they are not known,
    for the reason `unknown`. `certain` is False when faults, here or in the inputs, hide types.
    """

    stages: tuple[TypedColumns | None, ...]
    unknown: str = ""
    certain: bool = True
    faults: tuple[ColumnFault, ...] = ()

    @property
    def columns(self) -> TypedColumns | None:
        """The columns of the table; None when they are not known."""
        return self.stages[-1]


@dataclass(frozen=True)
class BindingTask:
    """A table to bind: its steps and expectations, and what is known of its inputs by alias.

    `main` is the alias of the table that it `reads` first.
    """

    table: str
    main: str
    reads: str
    inputs: Mapping[str, BoundTable]
    steps: Sequence[Transform]
    expectations: Sequence[Expectation]
    layer: Layer


class _EmptyTables(TempTables):
    """Temporary tables that have the columns of their relations, and no rows."""

    def create(self, relation: Relation) -> str:
        return self.of_types(relation)


class ColumnBinding(RowSteps):
    """Binds one table on one connection, used once."""

    def __init__(self, task: BindingTask, connection: Connection, scratch: Path) -> None:
        super().__init__(connection, scratch)
        self.tables = _EmptyTables(connection)
        self.task = task
        self.faults: list[ColumnFault] = []
        self.unknown = ""
        self.certain = all(item.certain for item in task.inputs.values())
        self.others = {
            alias: without_rows(item.columns, connection)
            for alias, item in task.inputs.items()
            if alias != task.main and item.columns is not None
        }

    def run(self) -> BoundTable:
        """Bind the table's steps and expectations, and collect what a run would refuse."""
        main = self.task.inputs[self.task.main]
        rows = None if main.columns is None else without_rows(main.columns, self.connection)
        self.unknown = "" if rows is not None else f"those of {self.task.reads} are not"
        stages = [main.columns]
        for position, step in enumerate(self.task.steps):
            rows = self._bound(("steps", position, step.name), step, rows)
            stages.append(None if rows is None else _columns(rows))
        for position, rule in enumerate(self.task.expectations):
            if rows is not None:
                self._bound(("expect", position, rule.name), rule, rows)
        if rows is not None:
            stages[-1] = self._stored(rows)
        return BoundTable(tuple(stages), self.unknown, self.certain, tuple(self.faults))

    def removed(self, rows: Relation, inputs: Inputs, table: str) -> None:
        """Nothing: there are no rows to remove."""

    def _bound(
        self, path: Trail, plugin: Transform | Expectation, rows: Relation | None
    ) -> Relation | None:
        """The rows after a step or an expectation; None when their columns are not known."""
        if isinstance(plugin, Transform) and plugin.opaque:
            return self._declared(path, plugin)
        others, added = dict(self.others), list[str]()
        while rows is not None:
            tables = {**others, self.task.main: rows}
            try:
                with at(self.task.table, *path):
                    result = self._applied(plugin, rows, Inputs(self.connection, tables))
                return self._without(added, plugin, result)
            except MedallionError as error:
                if of_values(error):
                    break
                column = missing_column(error)
                if column is None or column in added or self._of_unknown_table(error):
                    self._refused(path, error)
                    break
                result_names = self._result_names(plugin, rows)
                self._lacking(
                    path, error, column, [*map(public, tables.values()), result_names or ()]
                )
                if any(_has(table, column) for table in tables.values()):
                    break  # in another case: it cannot be added
            except Exception:  # a plugin that needs rows; a run shows whether it fails with them
                break
            added.append(column)
            self.certain = False
            rows = self.rebase(_with_column(rows, column))
            others = {alias: _with_column(other, column) for alias, other in others.items()}
        return self._by_names(plugin, rows) if isinstance(plugin, Transform) else rows

    def _applied(self, plugin: Transform | Expectation, rows: Relation, inputs: Inputs) -> Relation:
        if isinstance(plugin, RowExpectation):
            self.tables.create(violating(plugin, rows, inputs))
        if isinstance(plugin, ReleaseExpectation):
            require_numbers(rows, *plugin.summed_columns())
        if isinstance(plugin, Expectation):
            return rows
        if plugin.grain == "same":
            return self.step(plugin, rows, inputs)
        rows = self.without_removed(plugin, rows, inputs)
        result = plugin.apply(rows, inputs)
        table = self.tables.create(result.project(columns_sql(public(result))))
        reserved = f"0::bigint as {ROW}, 0::bigint as {ORIGIN}"
        return self.rebase(self.connection.sql(f"select {reserved}, * from {table}"))

    def _declared(self, path: Trail, step: Transform) -> Relation | None:
        """The columns that a step declares, which cannot be applied before a run."""
        try:
            with at(self.task.table, *path):
                columns = step.declared_columns()
        except MedallionError as error:
            self._refused(path, error)
            columns = None
        if columns is None:
            self.unknown = f"they depend on its step {step.name!r}"
            return None
        self.unknown = ""
        return self.rebase(without_rows(columns, self.connection))

    def _by_names(self, step: Transform, rows: Relation | None) -> Relation | None:
        """The columns after a step that could not be applied, as far as it says their names."""
        names = self._result_names(step, rows)
        self.certain = False
        if names is None:
            self.unknown = self.unknown or f"they depend on its step {step.name!r}"
            return None
        types = {} if rows is None else types_of(rows)
        self.unknown = ""
        columns = [Column(name=name, type=str(types.get(name, NULL))) for name in names]
        return self.rebase(without_rows(columns, self.connection))

    def _result_names(self, plugin: Transform | Expectation, rows: Relation | None) -> Columns:
        """The names of the columns that a step says it makes of these rows."""
        if isinstance(plugin, Expectation):
            return None
        others = {alias: tuple(public(other)) for alias, other in self.others.items()}
        return plugin.result_columns(None if rows is None else tuple(public(rows)), others)

    def _without(
        self, added: Sequence[str], plugin: Transform | Expectation, result: Relation
    ) -> Relation:
        """The result without the columns that were added, unless the plugin makes them."""
        if not added:
            return result
        names = tuple(name for name in public(result) if name not in added)
        result_names = plugin.result_columns(names, {}) if isinstance(plugin, Transform) else None
        removed = {name for name in added if name not in (result_names or ())}
        remaining = [name for name in result.columns if name not in removed]
        return self.rebase(result.project(columns_sql(remaining)))

    def _stored(self, rows: Relation) -> TypedColumns | None:
        try:
            with at(self.task.table):
                rows = storable(self.connection.sql(f"from {self.tables.create(rows)}"))
                self.scratch.mkdir(parents=True)
                # A layer may refuse types or names; what it writes is removed with the scratch.
                storage = open_storage(str(self.scratch / "written"))
                self.task.layer.write(storage, "table", rows, self.connection, self.scratch)
                return stored_columns(rows)
        except MedallionError as error:
            self._refused((), error)
            return None

    def _refused(self, path: Trail, error: MedallionError) -> None:
        """Report an error, unless a type that is not known may be its reason."""
        if self.certain and not self._of_unknown_table(error):
            hint = f"; {error.hint}" if error.hint else ""
            self.faults.append(ColumnFault(path, f"{self._plain(path, error)}{hint}"))

    def _lacking(
        self, path: Trail, error: MedallionError, column: str, tables: Iterable[Iterable[str]]
    ) -> None:
        message = self._plain(path, error)
        if f"no column {column!r}" not in message:  # it is DuckDB's
            known = {name for names in tables for name in names if name != column}
            message = f"no column {column!r}{did_you_mean(column, known)}"
        self.faults.append(ColumnFault(path, message, column))

    def _plain(self, path: Trail, error: MedallionError) -> str:
        """The message of an error without its place."""
        return error.message.removeprefix(f"{place(self.task.table, *path)}: ")

    def _of_unknown_table(self, error: MedallionError) -> bool:
        """Whether an error may be due to an input whose columns are not known."""
        unknown = [alias for alias, item in self.task.inputs.items() if item.columns is None]
        return any(alias.lower() in error.message.lower() for alias in unknown)


def missing_column(error: BaseException | None) -> str | None:
    """The column whose absence is the reason for an error; None when it is another reason."""
    while error is not None:
        if isinstance(error, StepError) and error.column is not None:
            return error.column
        if match := _MISSING.search(str(error)):
            return next(name for name in match.groups() if name)
        error = error.__cause__
    return None


def _columns(rows: Relation) -> TypedColumns:
    types = types_of(rows)
    # Steps may compute with types that no table can have, such as BIT.
    return tuple(Column.model_construct(name=name, type=str(types[name])) for name in public(rows))


def _has(table: Relation, column: str) -> bool:
    return column.lower() in (name.lower() for name in table.columns)


def _with_column(rows: Relation, column: str) -> Relation:
    """The rows with a column more, whose type is that of NULL."""
    return rows.project(f"*, null as {quote(column)}")
