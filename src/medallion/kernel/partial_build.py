"""Computing partial results: those of a few partitions of the main input of an aggregate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, PART, ROW, Inputs, Transform
from medallion.errors import StepError
from medallion.kernel.duckdb_errors import at, at_first_failing
from medallion.kernel.partial_plan import PartialTask, PlannedPartial, removed_rows
from medallion.kernel.row_counts import RowCounts
from medallion.kernel.row_steps import RowSteps, read_others
from medallion.records import PartialResult
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.sql.expressions import columns_sql
from medallion.sql.storable_columns import storable, stored_columns

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

FEW = 10_000  # partial results that are stored however few rows there are
SHARE = 4  # rows for each partial result, at least, if there are more


class NotCombinedError(StepError):
    """The table has to be computed as a whole."""


class PartialBuild(RowSteps):
    """The partial results of one PartialTask, on one connection, used once."""

    def __init__(self, task: PartialTask, connection: Connection, scratch: Path) -> None:
        super().__init__(connection, scratch)
        self.task = task.table
        self.partial = task
        self.counts = [RowCounts("", part.rows) for part in task.parts]

    def run(self) -> list[PartialResult]:
        """Compute and write the partial results.

        Raises NotCombinedError, and MedallionError naming the step that failed.
        """
        others = read_others(self.task, self.connection)
        rows = self.rebase(self._rows())
        steps: list[tuple[tuple[str | int, ...], Relation]] = []
        for position, step in enumerate(self.task.steps[: self.partial.position + 1]):
            path = ("steps", position, step.name)
            with at(self.task.table, *path):
                if position < self.partial.position:
                    inputs = Inputs(self.connection, {**others, self.task.main: rows})
                    rows = self.step(step, rows, inputs)
                else:
                    rows = self._partial(step, rows, others)
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
        number = self.partial.number(ROW)
        groups = self.tables.rows(
            f'select {number}, fate, rule, "column", count(*) from {table} group by all'
        )
        for place, fate, rule, column, size in groups:
            if fate == "quarantined":
                # The rejects need the source records.
                raise NotCombinedError("a step before it quarantines rows")
            self.counts[place].add(fate, rule, column, size)

    def _partial(self, step: Transform, rows: Relation, others: Mapping[str, Relation]) -> Relation:
        """The partial results; those of several parts have a column of the part's number."""
        if len(self.partial.parts) > 1:
            rows = rows.project(f"*, {self.partial.number(ROW)} as {PART}")
        inputs = Inputs(self.connection, {**others, self.task.main: rows})
        partial = step.partial(rows, inputs)
        if partial is None:
            raise NotCombinedError("it has no exact partial results for these columns")
        names = [name for name in partial.columns if name != PART]
        self._require_exact(partial.project(columns_sql(names)))
        return partial

    def _write(self, rows: Relation) -> list[PartialResult]:
        self.scratch.mkdir(parents=True)
        alone = len(self.partial.parts) == 1
        table = self.tables.create(rows)
        by = "" if alone else f"where {PART} = "
        parts = []
        for place, part in enumerate(self.partial.parts):
            source = f"from {table} {by}{'' if alone else place}"
            size = self.tables.integer(f"select count(*) {source}")
            if size > max(FEW, self.counts[place].kept // SHARE):
                raise NotCombinedError("its partial results are nearly as many as the rows")
            columns = "*" if alone else f"* exclude ({PART})"
            parts.append((place, part, self.connection.sql(f"select {columns} {source}")))
        return [self._written(place, part, results) for place, part, results in parts]

    def _written(self, place: int, part: PlannedPartial, rows: Relation) -> PartialResult:
        folder = f"{self.task.folder}/_partial/{part.fingerprint[:16]}"
        files = self.task.layer.write(
            self.task.storage, folder, rows, self.connection, self.scratch
        )
        counts = self.counts[place]
        return PartialResult(
            fingerprint=part.fingerprint,
            partitions=len(part.inputs),
            tally=counts.tally(counts.kept),
            columns=stored_columns(rows),
            files=tuple(files),
        )

    def _require_exact(self, partial: Relation) -> None:
        """Raise NotCombinedError unless a file gives back the same values of the same types."""
        if {ROW, ORIGIN} & {*partial.columns} or storable(partial) is not partial:
            raise NotCombinedError("it has no exact partial results for these columns")
        types = [duckdb_type(column_type(column.type)) for column in stored_columns(partial)]
        if partial.types != [self.connection.sqltype(type_) for type_ in types]:
            raise NotCombinedError("its partial results have types that files do not keep")
