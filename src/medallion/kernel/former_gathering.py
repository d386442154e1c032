"""What gathering stages found in the former snapshot of a table, as far as it holds.

A stage of scope "rows" judges the rows of changed partitions again that differ, one of scope "key"
all rows with a key of theirs, former or new, and both the rows that an earlier stage removes now
and did not then, or the reverse. Of all other rows, it would say again what it said then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from medallion.contracts import ROW, Inputs, RowExpectation, TableTask, Transform, literal, quote
from medallion.identifiers import digest
from medallion.kernel.changed_partitions import ChangedPartitions
from medallion.kernel.partition_rows import PartitionRows
from medallion.kernel.reuse import are_intact
from medallion.kernel.shared_partitions import (
    Pair,
    aligned_partitions,
    others,
    shared_partitions,
    shifted_rows,
)
from medallion.kernel.stages import PartitionedWork, Stage
from medallion.kernel.temp_tables import TempTables
from medallion.records import GatheredRows, Snapshot
from medallion.sql.expressions import columns_sql
from medallion.sql.nondeterminism import suspected
from medallion.sql.relations import stored
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    from medallion.contracts import Relation

FEW = 10_000  # keys whose rows are stored while a stage judges them


def stage_fingerprints(task: TableTask, work: PartitionedWork) -> Iterator[str]:
    """What identifies each gathering stage: with those before it, and the tables that they read.

    The stages of partitions are part of the fingerprints of these.
    """
    before = ""
    for stage in work.stages:
        if stage.gathers:
            reads = [task.inputs[name].snapshot.id for name in stage.plugin.reads()]
            before = digest([before, stage.number, stage.plugin.identity(), reads])
            yield before


def former_gathering(
    task: TableTask, work: PartitionedWork, rows: PartitionRows, tables: TempTables
) -> FormerGathering | None:
    """What still holds of the former snapshot; None when nothing does.

    `rows` are those of all partitions of now.
    """
    former = task.former
    if former is None or former.gathered is None:
        return None
    pairs = shared_partitions(former.partitions, rows.snapshot.partitions)
    lost = others(former.partitions, pairs)
    files = [file for part in lost for file in (*part.files, *part.removed)]
    if not pairs or not are_intact(task.storage, [former.gathered.file, *files]):
        return None
    aligned = aligned_partitions(former.partitions, rows.snapshot.partitions, pairs)
    return FormerGathering(task, work, rows, pairs, aligned, former, tables)


class FormerGathering:
    """The marks of the former snapshot on the rows of partitions that are as they were, or aligned.

    `marks` is a table of them, with the ids that the rows have now; `known` are the numbers of the
    stages that are as they were. `shared` are the fingerprints of the partitions that are.
    """

    def __init__(
        self,
        task: TableTask,
        work: PartitionedWork,
        rows: PartitionRows,
        pairs: Sequence[Pair],
        aligned: Sequence[Pair],
        former: Snapshot,
        tables: TempTables,
    ) -> None:
        self.tables = tables
        self.rows = rows
        self.shared = {part.fingerprint for _, part in pairs}
        lost, fresh = others(former.partitions, pairs), others(rows.snapshot.partitions, pairs)
        self.changed = ChangedPartitions(rows, lost, fresh, aligned, tables)
        gathered = former.gathered
        if gathered is None:
            raise TypeError(f"{former.table} has no marks")
        fingerprints = zip(stage_fingerprints(task, work), gathered.stages, strict=False)
        stages = [stage for stage in work.stages if stage.gathers]
        self.known = {
            stage.number
            for stage, (latter, former) in zip(stages, fingerprints, strict=False)
            if latter == former and _divides(stage)
        }
        self._all_known = len(self.known) == len(stages)
        self._judged: list[str] = []  # tables of the rows that stages have judged again
        same = [*pairs, *aligned]
        self.marks = tables.create(self._marks(task, former, same, gathered))

    def judged_again(self, stage: Stage, gathered: str) -> Relation | None:
        """The rows that a stage may judge otherwise than then; None for all rows.

        `gathered` is the table of marks, to which those of other rows are added.
        """
        if stage.number not in self.known:
            return None
        moved = self._moved(stage, gathered)
        lost, fresh = self.changed.differing(stage)
        key = _key(stage)
        again = (
            self._of_keys(stage, key, moved, [lost, fresh])
            if key
            else self._of_partitions(stage, moved, fresh)
        )
        touched = self.tables.create(again.project(ROW))
        gone = self.tables.create(lost.filter(f"{ROW} is not null").project(ROW))
        self._judged += [touched, moved, gone]
        self.tables.insert(
            gathered,
            self.tables.connection.sql(
                f"from {self.marks} where stage = {stage.number} "
                f"and {ROW} not in (from {touched}) and {ROW} not in (from {moved}) "
                f"and {ROW} not in (from {gone})"
            ),
        )
        return again

    def may_differ(self) -> str:
        """SQL that is true for the rows whose marks may differ, when all stages have gathered."""
        if not self._all_known:
            return "true"
        return f"{ROW} in ({' union all '.join(f'from {table}' for table in self._judged)})"

    def _moved(self, stage: Stage, gathered: str) -> str:
        """A table of the rows that earlier stages remove now and did not then, or the reverse."""
        gone = f"where stage < {stage.number} and fate <> 'warned'"
        then, now = f"select {ROW} from {self.marks} {gone}", f"select {ROW} from {gathered} {gone}"
        return self.tables.create(
            self.tables.connection.sql(f"(({then}) except ({now})) union (({now}) except ({then}))")
        )

    def _of_partitions(self, stage: Stage, moved: str, fresh: Relation) -> Relation:
        """The rows that differ, and those that moved."""
        if not self.tables.integer(f"select count(*) from {moved}"):
            return fresh
        query = f"select * from fresh union (select * from rows where {ROW} in (from {moved}))"
        relations = {"fresh": fresh, "rows": self.rows.before(stage)}
        return Inputs(self.tables.connection).sql(query, **relations)

    def _of_keys(
        self, stage: Stage, key: Sequence[str], moved: str, differing: Sequence[Relation]
    ) -> Relation:
        """All rows with a key of a row that differs, of now or of then, or that moved."""
        columns = columns_sql(key)
        rows = self.rows.before(stage)
        relations = dict(zip(("lost", "fresh"), differing, strict=True))
        queries = [f"select {columns} from {name}" for name in relations]
        if self.tables.integer(f"select count(*) from {moved}"):
            relations["rows"] = rows
            queries.append(f"select {columns} from rows where {ROW} in (from {moved})")
        query = f"select distinct * from ({' union all '.join(queries)})"
        keys = self.tables.create(Inputs(self.tables.connection).sql(query, **relations))
        size = self.tables.integer(f"select count(*) from {keys}")
        if not size:
            return rows.filter("false")
        nulls = " or ".join(f"{quote(name)} is null" for name in key)
        # A comparison that nulls pass takes twice the time.
        any_null = self.tables.integer(f"select count(*) from {keys} where {nulls}")
        equal = "is not distinct from" if any_null else "="
        same = " and ".join(f"rows.{quote(name)} {equal} keys.{quote(name)}" for name in key)
        query = f"select rows.* from rows semi join {keys} as keys on {same}"
        again = Inputs(self.tables.connection).sql(query, rows=rows)
        if size > FEW:
            return again
        # Read once: the rows of all partitions are looked through for them.
        return stored(again, self.tables.connection)

    def _marks(
        self, task: TableTask, former: Snapshot, pairs: Sequence[Pair], gathered: GatheredRows
    ) -> Relation:
        (file,) = verified(task.storage, [Stored.of(gathered.file)])
        marks = f"read_parquet({literal(str(file))})"
        return self.tables.connection.sql(shifted_rows(marks, former, self.rows.snapshot, pairs))


def _key(stage: Stage) -> tuple[str, ...]:
    """The columns whose equal values a stage of scope "key" judges together."""
    plugin = stage.plugin
    return plugin.key() if isinstance(plugin, Transform | RowExpectation) else ()


def _divides(stage: Stage) -> bool:
    """Whether a stage judges all rows of a key, or of a partition, without the others."""
    plugin = stage.plugin
    if not isinstance(plugin, Transform | RowExpectation):
        return False
    if any(suspected(text) for _, text in plugin.expressions()):
        return False
    return plugin.scope == "rows" or (plugin.scope == "key" and bool(plugin.key()))
