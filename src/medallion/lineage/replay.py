"""The steps of a table, applied again to follow its rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, ROW, Inputs, TableTask
from medallion.kernel.row_steps import RowSteps, read_others
from medallion.kernel.temp_tables import TempTables
from medallion.sql.expressions import columns_sql

if TYPE_CHECKING:
    from medallion.contracts import Relation


@dataclass(frozen=True)
class StepRows:
    """The rows that a step is applied to, and of grain "new" the numbered rows that it makes."""

    rows: Relation
    inputs: Inputs
    result: Relation | None = None


class Replay(RowSteps):
    """The steps of a table, applied again; what they remove is not kept."""

    def __init__(self, task: TableTask, tables: TempTables) -> None:
        super().__init__(tables.connection, Path())
        self.task = task
        self.tables = tables

    def removed(self, rows: Relation, inputs: Inputs, table: str) -> None:
        del rows, inputs, table

    def steps(self, rows: Relation, until: int) -> tuple[list[StepRows], Relation]:
        """The rows of each step before position `until`, and those after the last of them."""
        others, applied = read_others(self.task, self.connection), []
        rows = self.rebase(rows)
        for step in self.task.steps[:until]:
            inputs = Inputs(self.connection, {**others, self.task.main: rows})
            if step.grain == "same":
                applied.append(StepRows(rows, inputs))
                rows = self.step(step, rows, inputs)
                continue
            before = self.without_removed(step, rows, inputs)
            table = self.tables.create(_unnumbered(step.apply(before, inputs)))
            rows = self.rebase(self.connection.sql(f"select rowid as {ROW}, * from {table}"))
            applied.append(StepRows(before, inputs, rows))
        return applied, rows


def _unnumbered(rows: Relation) -> Relation:
    """The rows without `_row`, and with `_origin`."""
    columns = columns_sql(name for name in rows.columns if name != ROW)
    return rows.project(
        columns if ORIGIN in rows.columns else f"null::bigint as {ORIGIN}, {columns}"
    )
