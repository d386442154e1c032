"""Computing one table in DuckDB: steps, expectations, writing, and the fate of every row.

The main relation stays lazy from the first step to the last. The rows that a step removes are named
by `_row` in small temporary tables, each made by one narrow pass, and excluded from the relation.
So no wide rows are kept in memory, and a row's fate is counted where it is decided.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from medallion.contracts import (
    ASIDE,
    ORIGIN,
    ROW,
    Built,
    Expectation,
    Inputs,
    RowExpectation,
    TableExpectation,
    TableTask,
    Transform,
    literal,
    quote,
)
from medallion.engines.duckdb_errors import at, at_first_failing
from medallion.engines.rejected_rows import RejectedRows
from medallion.engines.row_counts import RowCounts, total
from medallion.engines.storable_columns import storable
from medallion.engines.temp_tables import TempTables
from medallion.errors import ConservationError, PluginError, StepError
from medallion.plural import count_of
from medallion.records import File, Tally
from medallion.sql.duckdb_types import columns_of, types_of

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

REMOVAL_FIELDS = ("fate", "rule", "column", "value")  # of a removed row, in addition to its `_row`
FATES = {"drop": "dropped", "quarantine": "quarantined", "fail": "quarantined"}


class TableBuild:
    """One TableTask on one connection, used once.

    `base` is the relation that removed rows are excluded from, and `removals` are the tables of
    rows removed from it. `traced`: rows still have the origins of the source records that they came
    from. `identified`: each row is still exactly one source record, so that `_row` is `_origin`.
    """

    def __init__(self, task: TableTask, connection: Connection, scratch: Path) -> None:
        source = task.inputs[task.main]
        self.task = task
        self.connection = connection
        self.scratch = scratch / uuid4().hex
        self.tables = TempTables(connection)
        self.rejects = RejectedRows(task, self.tables)
        self.counts = RowCounts("", source.snapshot.rows)
        self.tallies: list[Tally] = []
        self.removals: list[str] = []
        self.warnings: list[str] = []
        self.failures: list[str] = []
        self.steps: list[tuple[tuple[str | int, ...], Relation]] = []  # place and rows of each step
        self.traced = bool(task.lineage)
        self.identified = source.snapshot.identified

    def run(self) -> Built:
        """Compute and write the table. Raises MedallionError naming the step that failed."""
        tables = {
            alias: source.layer.scan(source.storage, source.snapshot, self.connection)
            for alias, source in self.task.inputs.items()
        }
        rows = self._rebase(tables[self.task.main])
        for position, step in enumerate(self.task.steps):
            tables = {**tables, self.task.main: rows}
            with at(self.task.table, "steps", position, step.name):
                rows = self._step(step, rows, Inputs(self.connection, tables))
            self.steps.append((("steps", position, step.name), rows))
        for position, rule in enumerate(self.task.expectations):
            inputs = Inputs(self.connection, {**tables, self.task.main: rows})
            with at(self.task.table, "expect", position, rule.name):
                rows = self._expect(rule, rows, inputs)
        with at_first_failing(self.task.table, self.steps, self.connection):
            return self._finish(rows)

    def _step(self, step: Transform, rows: Relation, inputs: Inputs) -> Relation:
        judged = step.judge(rows, inputs)
        if judged is not None:
            return self._split(judged, rows, inputs)
        removed = step.set_aside(rows, inputs)
        if removed is not None:
            rows = self._remove(rows, inputs, self.tables.create(removed))
        result = step.apply(rows, inputs)
        if step.grain == "new":
            return self._new_grain(step, result)
        if ROW not in result.columns or ORIGIN not in result.columns:
            raise PluginError(
                f"a transform with grain 'same' must keep the columns {ROW} and {ORIGIN}"
            )
        return result if result is rows else self._rebase(result)

    def _split(self, judged: Relation, rows: Relation, inputs: Inputs) -> Relation:
        """Remove the rows that a step marked, and return the others.

        The marked rows are computed into a table once, because later passes would repeat the work.
        """
        table = self.tables.create(judged)
        fields = ", ".join(
            f"json_extract_string({ASIDE}, '$.{name}') as {quote(name)}" for name in REMOVAL_FIELDS
        )
        removed = self.connection.sql(
            f"select {ROW}, {fields} from {table} where {ASIDE} is not null"
        )
        self._remove(rows, inputs, self.tables.create(removed))
        return self._rebase(
            self.connection.sql(f"select * exclude ({ASIDE}) from {table} where {ASIDE} is null")
        )

    def _new_grain(self, step: Transform, result: Relation) -> Relation:
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
        return self._rebase(self.connection.sql(f"select rowid as {ROW}, * from {table}"))

    def _rebase(self, rows: Relation) -> Relation:
        """Make `rows` the relation that later removals are excluded from."""
        self.base, self.removals = rows, []
        return rows

    def _expect(self, rule: Expectation, rows: Relation, inputs: Inputs) -> Relation:
        if isinstance(rule, TableExpectation):
            complaint = rule.verdict(total([*self.tallies, self.counts.tally(self.counts.kept)]))
            if complaint:
                self._complain(rule, complaint)
            return rows
        if not isinstance(rule, RowExpectation):
            raise PluginError("an expectation must be a RowExpectation or a TableExpectation")
        fate = FATES.get(rule.on_fail, "warned")
        table = self.tables.create(
            rule.violations(rows, inputs).project(
                f'{ROW}, {literal(fate)} as fate, {literal(rule.name)} as rule, "column", "value"'
            )
        )
        size = self.tables.integer(f"select count(*) from {table}")
        if size and rule.on_fail in ("warn", "fail"):
            ((column, value),) = self.tables.rows(
                f'select "column", "value" from {table} order by {ROW} limit 1'
            )
            verb = "violates" if size == 1 else "violate"
            self._complain(
                rule, f"{count_of(size, 'row')} {verb} it, the first with {column} = {value!r}"
            )
        return rows if rule.on_fail == "warn" else self._remove(rows, inputs, table)

    def _complain(self, rule: Expectation, complaint: str) -> None:
        messages = self.failures if rule.on_fail == "fail" else self.warnings
        messages.append(f"{rule.rule}: {complaint}")

    def _remove(self, rows: Relation, inputs: Inputs, table: str) -> Relation:
        """Count the rows named in `table` by fate, collect the rejects, and exclude them all."""
        groups = self.tables.rows(
            f'select fate, rule, "column", count(*) from {table} group by all'
        )
        if not groups:
            return rows
        distinct = self.tables.integer(f"select count(distinct {ROW}) from {table}")
        if distinct != sum(size for *_, size in groups):
            raise PluginError(f"it names the same {ROW} more than once")
        for fate, rule, column, size in groups:
            self.counts.add(fate, rule, column, size)
        if any(fate == "quarantined" for fate, *_ in groups):
            self.rejects.add(rows, inputs, table, identified=self.identified)
        self.removals.append(table)
        # NOT IN rather than an anti join: DuckDB may swap the sides of an anti join, and then keeps
        # all rows in memory and loses their order.
        removed = " union all ".join(f"select {ROW} from {table}" for table in self.removals)
        return inputs.sql(f"select rows.* from rows where {ROW} not in ({removed})", rows=self.base)

    def _finish(self, rows: Relation) -> Built:
        rows = storable(rows)
        rows_out = self.counts.kept
        self.tallies.append(self.counts.tally(rows_out))
        self.scratch.mkdir(parents=True)
        files = [] if self.failures else self._write(rows, rows_out)
        lineage = self.task.lineage if self.traced else {}
        return Built(
            columns=columns_of(
                {name: type_ for name, type_ in types_of(rows).items() if name not in (ROW, ORIGIN)}
            ),
            files=tuple(files),
            rows=sum(file.rows for file in files),
            tallies=tuple(self.tallies),
            identified=self.identified,
            origins=tuple(
                origin for number in sorted(lineage) for origin in lineage[number].snapshot.origins
            ),
            rejects=self.rejects.write(self.scratch / "rejects.parquet"),
            warnings=tuple(self.warnings),
            failure="; ".join(self.failures) or None,
        )

    def _write(self, rows: Relation, rows_out: int) -> list[File]:
        if not self.traced:
            rows = rows.project(", ".join(quote(name) for name in rows.columns if name != ORIGIN))
        files = self.task.layer.write(
            self.task.storage, self.task.folder, rows, self.connection, self.scratch
        )
        total_rows = sum(file.rows for file in files)
        if total_rows != rows_out:
            raise ConservationError(
                f"{count_of(rows_out, 'row')} to be written, but the file has {total_rows:,}",
                hint="a transform with grain 'same' removed or added rows; set removed rows aside, "
                "or declare grain 'new'",
            )
        return files
