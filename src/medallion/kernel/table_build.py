"""Computing one table as a whole: steps, expectations, writing, and the fate of every row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import (
    ORIGIN,
    ROW,
    Built,
    Expectation,
    Input,
    Inputs,
    RowExpectation,
    SourceLayer,
    TableExpectation,
    TableTask,
    Transform,
    quote,
)
from medallion.errors import ConservationError, PluginError, StepError
from medallion.kernel.complaints import Complaints, first_violation
from medallion.kernel.duckdb_errors import at, at_first_failing
from medallion.kernel.rejected_rows import RejectedRows
from medallion.kernel.row_counts import RowCounts, count_warned, total
from medallion.kernel.row_steps import (
    RowSteps,
    conserve,
    judging_order,
    read_others,
    violating,
    warns,
)
from medallion.plural import count_of
from medallion.records import File, Tally
from medallion.sql.relations import subquery
from medallion.sql.storable_columns import storable, stored_columns

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class TableBuild(RowSteps):
    """One TableTask on one connection, used once.

    `traced`: rows still have the origins of the source records that they came from. `identified`:
    each row is still exactly one source record, so that `_row` is `_origin`.
    """

    def __init__(self, task: TableTask, connection: Connection, scratch: Path) -> None:
        super().__init__(connection, scratch)
        self.task = task
        snapshot = task.inputs[task.main].snapshot
        self.rejects = RejectedRows(task, self.tables)
        self.counts = RowCounts("", snapshot.rows)
        self.tallies: list[Tally] = []
        self.complaints = Complaints()
        self.warned: list[str] = []  # temporary tables of rows that break a rule which only warns
        self.steps: list[tuple[tuple[str | int, ...], Relation]] = []  # place and rows of each step
        self.traced = bool(task.lineage)
        self.identified = snapshot.identified

    def run(self) -> Built:
        """Compute and write the table. Raises MedallionError naming the step that failed."""
        main = self.task.inputs[self.task.main]
        tables = read_others(self.task, self.connection)
        rows = self.rebase(self._read(main))
        return self.run_from(0, rows, tables)

    def run_from(self, first: int, rows: Relation, tables: Mapping[str, Relation]) -> Built:
        """Compute and write the table from the rows before a step; `tables` are the others."""
        for position in range(first, len(self.task.steps)):
            step = self.task.steps[position]
            inputs = Inputs(self.connection, {**tables, self.task.main: rows})
            with at(self.task.table, "steps", position, step.name):
                rows = self._step(step, rows, inputs)
            self.steps.append((("steps", position, step.name), rows))
        for position, rule in judging_order(self.task.expectations):
            inputs = Inputs(self.connection, {**tables, self.task.main: rows})
            with at(self.task.table, "expect", position, rule.name):
                rows = self._expect(rule, rows, inputs)
        with at_first_failing(self.task.table, self.steps, self.connection):
            return self._finish(rows)

    def _read(self, source: Input) -> Relation:
        """All rows of the main input. Raises ConservationError unless they are all there."""
        rows = source.layer.read(source.storage, source.snapshot, self.connection)
        if isinstance(source.layer, SourceLayer):
            size = self.tables.integer(f"select count(*) from {subquery(rows)}")
            if size != source.snapshot.rows:
                raise ConservationError(
                    f"{self.task.main} has {count_of(source.snapshot.rows, 'row')}, "
                    f"but {size:,} were read"
                )
        return rows

    def _step(self, step: Transform, rows: Relation, inputs: Inputs) -> Relation:
        if step.grain == "same":
            return self.step(step, rows, inputs)
        rows = self.without_removed(step, rows, inputs)
        return self.new_grain(step, step.apply(rows, inputs))

    def new_grain(self, step: Transform, result: Relation) -> Relation:
        """Number the rows that a step made, and count from them on."""
        columns = [name for name in result.columns if name not in (ROW, ORIGIN)]
        if not columns:
            raise StepError("its result has no columns")
        self.traced, self.identified = self.traced and ORIGIN in result.columns, False
        origin = ORIGIN if ORIGIN in result.columns else f"null::bigint as {ORIGIN}"
        table = self.tables.create(result.project(", ".join([origin, *map(quote, columns)])))
        size = self.tables.integer(f"select count(*) from {table}")
        self.tallies.append(self.counts.tally(size))
        self.counts = RowCounts(step.name, size)
        return self.rebase(self.connection.sql(f"select rowid as {ROW}, * from {table}"))

    def _expect(self, rule: Expectation, rows: Relation, inputs: Inputs) -> Relation:
        if isinstance(rule, TableExpectation):
            tally = total([*self.tallies, self.counts.tally(self.counts.kept)])
            self.complaints.add(rule, rule.verdict(tally))
            return rows
        if not isinstance(rule, RowExpectation):
            raise PluginError("an expectation must be a RowExpectation or a TableExpectation")
        table = self.tables.create(violating(rule, rows, inputs))
        self.complaints.add(rule, first_violation(rule, self.tables, f"from {table}"))
        if not warns(rule):
            return self.remove(rows, inputs, table)
        self.warned.append(table)
        return rows

    def removed(self, rows: Relation, inputs: Inputs, table: str) -> None:
        """Count the rows by fate, and collect the rejects."""
        groups = self.tables.rows(
            f'select fate, rule, "column", count(*) from {table} group by all'
        )
        for fate, rule, column, size in groups:
            self.counts.add(fate, rule, column, size)
        if any(fate == "quarantined" for fate, *_ in groups):
            self.rejects.add(rows, inputs, table, identified=self.identified)

    def _finish(self, rows: Relation) -> Built:
        rows = storable(rows)
        rows_out = self.counts.kept
        count_warned(self.counts, self.tables, self.warned)
        self.tallies.append(self.counts.tally(rows_out))
        self.scratch.mkdir(parents=True)
        files = [] if self.complaints.failures else self._write(rows, rows_out)
        lineage = self.task.lineage if self.traced else {}
        return Built(
            columns=stored_columns(rows),
            files=tuple(files),
            rows=sum(file.rows for file in files),
            tallies=tuple(self.tallies),
            identified=self.identified,
            origins=tuple(
                origin for number in sorted(lineage) for origin in lineage[number].snapshot.origins
            ),
            rejects=self.rejects.write(self.scratch),
            warnings=tuple(self.complaints.warnings),
            failure=self.complaints.failure,
            gates=tuple(self.complaints.gates),
        )

    def _write(self, rows: Relation, rows_out: int) -> list[File]:
        if not self.traced:
            rows = rows.project(", ".join(quote(name) for name in rows.columns if name != ORIGIN))
        files = self.task.layer.write(
            self.task.storage, self.task.folder, rows, self.connection, self.scratch
        )
        conserve(rows_out, files)
        return files
