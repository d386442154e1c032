"""Computing partial results: those of a few partitions of the main input of an aggregate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, ROW, Inputs
from medallion.errors import StepError
from medallion.kernel.duckdb_errors import at, at_first_failing
from medallion.kernel.partial_plan import PartialTask, removed_rows
from medallion.kernel.row_counts import RowCounts
from medallion.kernel.row_steps import RowSteps, read_others
from medallion.records import PartialResult
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.sql.storable_columns import storable, stored_columns

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

FEW = 10_000  # partial results that are stored however few rows there are
SHARE = 4  # rows for each partial result, at least, if there are more


class NotCombinedError(StepError):
    """The table has to be computed as a whole."""


class PartialBuild(RowSteps):
    """The partial results of a table for some partitions, on one connection, used once."""

    def __init__(self, task: PartialTask, connection: Connection, scratch: Path) -> None:
        super().__init__(connection, scratch)
        self.task = task.table
        self.partial = task
        self.counts = RowCounts("", task.rows)

    def run(self) -> PartialResult:
        """Compute and write the partial results.

        Raises NotCombinedError, and MedallionError naming the step that failed.
        """
        others = read_others(self.task, self.connection)
        rows = self.rebase(self._rows())
        steps: list[tuple[tuple[str | int, ...], Relation]] = []
        for position, step in enumerate(self.task.steps[: self.partial.position + 1]):
            inputs = Inputs(self.connection, {**others, self.task.main: rows})
            path = ("steps", position, step.name)
            with at(self.task.table, *path):
                if position < self.partial.position:
                    rows = self.step(step, rows, inputs)
                else:
                    rows = self._stored_exactly(step.partial(rows, inputs))
            steps.append((path, rows))
        with at_first_failing(self.task.table, steps, self.connection):
            return self._write(rows)

    def _rows(self) -> Relation:
        main, parts = self.task.inputs[self.task.main], self.partial.partitions
        rows = main.layer.read_partitions(main.storage, main.snapshot, parts, self.connection)
        if not self.partial.removed:
            return rows
        return rows.filter(f"{ROW} not in (select {ROW} {removed_rows(self.task, parts)})")

    def removed(self, rows: Relation, inputs: Inputs, table: str) -> None:
        groups = self.tables.rows(
            f'select fate, rule, "column", count(*) from {table} group by all'
        )
        for fate, rule, column, size in groups:
            if fate == "quarantined":
                # The rejects need the source records.
                raise NotCombinedError("a step before it quarantines rows")
            self.counts.add(fate, rule, column, size)

    def _write(self, rows: Relation) -> PartialResult:
        self.scratch.mkdir(parents=True)
        folder = f"{self.task.folder}/_partial/{self.partial.fingerprint[:16]}"
        files = self.task.layer.write(
            self.task.storage, folder, rows, self.connection, self.scratch
        )
        size = sum(file.rows for file in files)
        if size > max(FEW, self.counts.kept // SHARE):
            raise NotCombinedError("its partial results are nearly as many as the rows")
        return PartialResult(
            fingerprint=self.partial.fingerprint,
            partitions=len(self.partial.inputs),
            tally=self.counts.tally(self.counts.kept),
            columns=stored_columns(rows),
            files=tuple(files),
        )

    def _stored_exactly(self, partial: Relation | None) -> Relation:
        """The partial results, when their file gives back the same values of the same types."""
        if (
            partial is None
            or {ROW, ORIGIN} & {*partial.columns}
            or storable(partial) is not partial
        ):
            raise NotCombinedError("it has no exact partial results for these columns")
        types = [duckdb_type(column_type(column.type)) for column in stored_columns(partial)]
        if partial.types != [self.connection.sqltype(type_) for type_ in types]:
            raise NotCombinedError("its partial results have types that files do not keep")
        return partial
