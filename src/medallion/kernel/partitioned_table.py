"""Computing a table by partitions: those of the published snapshot that are equal are used again.

Partitions are computed by themselves. Then each gathering stage reads a few columns of all of them
and names the rows that the table does not have; no row is moved or written again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import (
    ASIDE,
    ROW,
    Built,
    Inputs,
    RowExpectation,
    TableExpectation,
    TableTask,
    Transform,
    keep_file,
    literal,
)
from medallion.errors import ConservationError, PluginError
from medallion.kernel.complaints import Complaints, first_violation
from medallion.kernel.duckdb_errors import at
from medallion.kernel.former_gathering import former_gathering, stage_fingerprints
from medallion.kernel.partition_plan import PartitionTask, batches, planned_partitions
from medallion.kernel.partition_rejects import PartitionRejects
from medallion.kernel.partition_rows import PartitionRows
from medallion.kernel.performer import Performer
from medallion.kernel.reuse import reusable
from medallion.kernel.row_counts import RowCounts, count_warned
from medallion.kernel.row_steps import read_others, violating, warns
from medallion.kernel.stages import PartitionedWork, Stage
from medallion.kernel.temp_tables import TempTables
from medallion.plural import count_of
from medallion.records import File, GatheredRows, Partition, RejectFile

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

MARKS = '_row bigint, stage integer, fate varchar, rule varchar, "column" varchar, value varchar'


class PartitionedTable:
    """One TableTask, used once.

    Parameters: `connection` gathers; `performer` computes partitions; `scratch` is a local folder.
    """

    def __init__(
        self,
        task: TableTask,
        work: PartitionedWork,
        connection: Connection,
        performer: Performer,
        scratch: Path,
    ) -> None:
        self.task = task
        self.work = work
        self.main = task.inputs[task.main]
        self.connection = connection
        self.performer = performer
        self.scratch = scratch
        self.tables = TempTables(connection)

    def run(self) -> Built:
        """Compute and write what is missing. Raises MedallionError."""
        self.partitions = self._partitions()
        self.rows = PartitionRows(self.task, self.work, self.partitions, self.connection)
        self.others = read_others(self.task, self.connection)
        self.marks = self._marks()
        self.gathered = self.tables.empty(MARKS)
        self.former = former_gathering(self.task, self.work, self.rows, self.tables)
        for stage in self.work.stages:
            if stage.gathers:
                self._gather(stage)
        counts = self._counts(len(self.work.stages))
        if any(warns(stage.plugin) for stage in self.work.stages):
            every = self._valid(len(self.work.stages))
            count_warned(counts, self.tables, [f"{every} where fate = 'warned'"])
        complaints = self._complaints()
        rows, removed = self._write_removed(counts.kept)
        failed = bool(complaints.failures)
        return Built(
            columns=self.work.columns,
            files=() if failed else self.rows.snapshot.files,
            rows=0 if failed else rows,
            tallies=(counts.tally(rows),),
            origins=self.main.snapshot.origins,
            identified=True,
            rejects=self._rejects(counts),
            warnings=tuple(complaints.warnings),
            failure=complaints.failure,
            gates=tuple(complaints.gates),
            partitions=self.partitions,
            removed=removed,
            gathered=self._write_gathered(),
        )

    def _partitions(self) -> tuple[Partition, ...]:
        former = self.task.former.partitions if self.task.former else ()
        # Files with the same bytes make the same partition, which is computed and stored once.
        planned = planned_partitions(self.task, self.work)
        wanted = {part.fingerprint: part for part in planned}
        done = reusable(
            self.task.storage, former, wanted.keys(), lambda part: (*part.files, *part.removed)
        )
        missing = [part for key, part in wanted.items() if key not in done]
        tasks = [PartitionTask(self.task, self.work, parts) for parts in batches(missing)]
        for built in self.performer.partitions(tasks):
            done |= {part.fingerprint: part for part in built}
        return tuple(
            done[part.fingerprint].model_copy(update={"numbers": part.numbers}) for part in planned
        )

    def _marks(self) -> str:
        """A table of the rows that partitions removed, or warn of."""
        table = self.tables.empty(MARKS)
        rows = self.rows.removed
        if rows is not None:
            fields = ", ".join(
                f'{ASIDE}."{name}"' for name in ("stage", "fate", "rule", "column", "value")
            )
            self.tables.insert(table, rows.project(f"{ROW}, {fields}"))
        return table

    def _gather(self, stage: Stage) -> None:
        """Find the rows that a stage removes, or warns of."""
        rows = self._rows_at(stage)
        inputs = Inputs(self.connection, {**self.others, self.task.main: rows})
        with at(self.task.table, *stage.path):
            marks = self._removals(stage, rows, inputs)
            if marks is None:
                return
            columns = f'{ROW}, {stage.number} as stage, fate, rule, "column", value'
            self.tables.insert(self.gathered, marks.project(columns))
            source = f"from {self.gathered} where stage = {stage.number}"
            query = f"select count(*) = count(distinct {ROW}) {source}"
            if not self.tables.integer(query):
                raise PluginError(f"it names the same {ROW} more than once")

    def _removals(self, stage: Stage, rows: Relation, inputs: Inputs) -> Relation | None:
        if isinstance(stage.plugin, Transform):
            return stage.plugin.set_aside(rows, inputs)
        if not isinstance(stage.plugin, RowExpectation):
            raise PluginError("an expectation must be a RowExpectation or a TableExpectation")
        return violating(stage.plugin, rows, inputs)

    def _rows_at(self, stage: Stage) -> Relation:
        """The rows that a stage has to judge, as they are before it."""
        again = self.former.judged_again(stage, self.gathered) if self.former else None
        rows = self.rows.before(stage) if again is None else again
        gone = f"where stage < {stage.number} and fate <> 'warned'"
        return rows.filter(f"{ROW} not in (select {ROW} from {self.gathered} {gone})")

    def _valid(self, before: int) -> str:
        """SQL of the marks of stages before a number: not of rows that were removed earlier."""
        return (
            f"(select m.* from {self.marks} m where m.stage < {before} and not exists "
            f"(select 1 from {self.gathered} g where g.{ROW} = m.{ROW} and g.fate <> 'warned' "
            f"and g.stage < m.stage) union all from {self.gathered} where stage < {before})"
        )

    def _counts(self, before: int) -> RowCounts:
        """Where the rows went, by all stages before a number."""
        counts = RowCounts("", self.main.snapshot.rows)
        groups = self.tables.rows(
            f'select stage, fate, rule, "column", count(*) from {self._valid(before)} '
            "where fate <> 'warned' group by all order by all"
        )
        for _, fate, rule, column, size in groups:
            counts.add(fate, rule, column, size)
        return counts

    def _complaints(self) -> Complaints:
        complaints = Complaints()
        every = self._valid(len(self.work.stages))
        for stage in self.work.stages:
            rule = stage.plugin
            if isinstance(rule, TableExpectation):
                counts = self._counts(stage.number)
                complaints.add(rule, rule.verdict(counts.tally(counts.kept)))
            elif isinstance(rule, RowExpectation):
                source = f"from {every} where stage = {stage.number}"
                complaints.add(rule, first_violation(rule, self.tables, source))
        return complaints

    def _write_removed(self, kept: int) -> tuple[int, File | None]:
        """The number of rows of the table, and the file of the rows that it does not have."""
        query = (
            f"select {ROW} from {self.gathered} where fate <> 'warned' and {ROW} not in "
            f"(select {ROW} from {self.marks} where fate <> 'warned')"
        )
        size = self.tables.integer(f"select count(*) from ({query})")
        rows = self.rows.snapshot.rows - size
        if rows != kept:
            raise ConservationError(
                f"{self.task.table}: {count_of(kept, 'row')} to be kept, but {rows:,} are"
            )
        if not size:
            return kept, None
        target = self.scratch / f"{self.task.table}-removed.parquet"
        self.connection.execute(
            f"copy ({query} order by {ROW}) to {literal(str(target))} (format parquet)"
        ).fetchall()
        path = f"{self.task.folder}/removed.parquet"
        return kept, keep_file(self.task.storage, path, target, size)

    def _write_gathered(self) -> GatheredRows | None:
        """The file of the marks of gathering stages, for a later run."""
        stages = tuple(stage_fingerprints(self.task, self.work))
        if not stages:
            return None
        target = self.scratch / f"{self.task.table}-gathered.parquet"
        ((size,),) = self.connection.execute(
            f"copy (from {self.gathered} order by {ROW}) to {literal(str(target))} (format parquet)"
        ).fetchall()
        path = f"{self.task.folder}/gathered.parquet"
        return GatheredRows(stages=stages, file=keep_file(self.task.storage, path, target, size))

    def _rejects(self, counts: RowCounts) -> tuple[RejectFile, ...]:
        """The files of all quarantined rows, with their source records."""
        every = f"(from {self._valid(len(self.work.stages))} where fate = 'quarantined')"
        rejects = PartitionRejects(self.rows, self.gathered, self.former, self.tables)
        files = rejects.write(every, self.scratch)
        size, quarantined = sum(file.rows for file in files), counts.fates.get("quarantined", 0)
        if size != quarantined:
            raise ConservationError(
                f"{self.task.table}: {count_of(quarantined, 'row')} to be quarantined, "
                f"but {size:,} are"
            )
        return files
