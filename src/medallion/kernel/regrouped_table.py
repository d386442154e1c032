"""Computing a table of groups from its former snapshot: only the groups that changed rows touch.

The other groups are made of the same rows as before, and so are the same.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Built, Inputs, TableTask
from medallion.errors import PluginError, StepError
from medallion.kernel.duckdb_errors import at
from medallion.kernel.row_steps import read_others
from medallion.kernel.table_build import TableBuild
from medallion.kernel.temp_tables import TempTables
from medallion.kernel.touched_groups import GroupsTask, TouchedGroups, prepared, touched_groups
from medallion.sql.expressions import columns_sql
from medallion.sql.storable_columns import storable, stored_columns

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


def regrouped(task: GroupsTask, connection: Connection, scratch: Path) -> Built | None:
    """Compute and write a table of which only some groups are computed; None when all are needed.

    Raises StepError when it has to be computed as a whole.
    """
    touched = None
    with suppress(StepError, PluginError):
        touched = touched_groups(task, TempTables(connection))
    return RegroupedTable(task.table, touched, connection, scratch).run() if touched else None


class RegroupedTable(TableBuild):
    """One TableTask, used once; `touched` are the groups to compute again."""

    def __init__(
        self, task: TableTask, touched: TouchedGroups, connection: Connection, scratch: Path
    ) -> None:
        super().__init__(task, connection, scratch)
        self.touched = touched

    def run(self) -> Built:
        """Compute and write the table.

        Raises MedallionError; a StepError when the table has to be computed as a whole.
        """
        others = read_others(self.task, self.connection)
        position = len(self.task.steps) - 1
        step = self.task.steps[position]
        inputs = self._inputs(others)
        with at(self.task.table, "steps", position, step.name):
            result = self.touched.chosen(step.apply(inputs[self.task.main], inputs), inputs)
            every = step.arranged(self._with_former(result), inputs)
            rows = self.new_grain(step, every)
        built = self.run_from(position + 1, rows, others)
        return replace(built, groups_computed=self.touched.count)

    def _inputs(self, others: dict[str, Relation]) -> Inputs:
        """The rows of the inputs that take part in touched groups."""
        inputs = Inputs(self.connection, others)
        main = self.task.inputs[self.task.main]
        rows = main.layer.read(main.storage, main.snapshot, self.connection)
        tables = {**others, self.task.main: prepared(self.task, rows, inputs)}
        return Inputs(
            self.connection,
            {alias: self.touched.of(alias, table, inputs) for alias, table in tables.items()},
        )

    def _with_former(self, result: Relation) -> Relation:
        """The computed groups, and the others as the former snapshot has them."""
        former = self.task.former
        if former is None:
            raise TypeError(f"{self.task.table} has no former snapshot")
        columns = columns_sql(result.columns)
        rows = self.task.layer.read(self.task.storage, former, self.connection)
        if storable(result) is not result or stored_columns(result) != former.columns:
            raise StepError("the former snapshot has other columns")
        kept = self.touched.none_of(rows.project(columns), Inputs(self.connection))
        if kept.types != result.types:
            raise StepError("the former snapshot has other types")
        query = f"select {columns} from kept union all select {columns} from result"
        return Inputs(self.connection).sql(query, kept=kept, result=result)
