"""Computing partitions: the rows that its steps and rules keep, and those that they remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import (
    ASIDE,
    ORIGIN,
    ROW,
    Inputs,
    RowExpectation,
    SourceLayer,
    Transform,
    quote,
)
from medallion.kernel.duckdb_errors import at, at_first_failing
from medallion.kernel.partition_plan import PartitionTask, PlannedPartition
from medallion.kernel.row_steps import RowSteps, conserve, read_others, violating
from medallion.kernel.stages import Stage
from medallion.records import File, Partition
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.sql.row_ids import first_and_last

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

REMOVED = (
    'STRUCT(stage INTEGER, fate VARCHAR, rule VARCHAR, "column" VARCHAR, "value" VARCHAR, '
    'record BIGINT, "row" VARCHAR)'
)
"""The type of `_aside` in the files of removed rows: where and why, and the source record."""


MARKS = (
    f"{ROW} bigint, stage integer, base integer, fate varchar, rule varchar, "
    '"column" varchar, "value" varchar'
)


class PartitionBuild(RowSteps):
    """Some partitions of a table on one connection, used once.

    They are computed together, for binding the steps costs as much as computing a small partition.
    """

    def __init__(self, task: PartitionTask, connection: Connection, scratch: Path) -> None:
        super().__init__(connection, scratch)
        self.task = task.table
        self.work = task.work
        self.parts = task.parts
        self.main = self.task.inputs[self.task.main]
        self.snapshot = self.main.snapshot.model_copy(
            update={
                "sources": tuple(source for part in self.parts for source in part.sources),
                "rows": sum(part.rows for part in self.parts),
            }
        )
        self.stage = 0  # the number of the one at work
        self.marks = self.tables.empty(MARKS)
        self.bases: list[Relation] = []  # which the marks of one number name rows of
        self.steps: list[tuple[tuple[str | int, ...], Relation]] = []

    def run(self) -> list[Partition]:
        """Compute and write the partitions. Raises MedallionError naming the step that failed."""
        tables = read_others(self.task, self.connection)
        rows = self.rebase(self._rows())
        for stage in self.work.stages:
            if not stage.maps:
                continue
            self.stage = stage.number
            inputs = Inputs(self.connection, {**tables, self.task.main: rows})
            with at(self.task.table, *stage.path):
                rows = self._apply(stage, rows, inputs)
            self.steps.append((stage.path, rows))
        with at_first_failing(self.task.table, self.steps, self.connection):
            return self._write(rows)

    def _rows(self) -> Relation:
        layer, storage, part = self.main.layer, self.main.storage, self.parts[0]
        if not part.is_range:
            return layer.read(storage, self.snapshot, self.connection)
        if not isinstance(layer, SourceLayer):
            raise TypeError(f"{self.task.main} is not a table of source files")
        places = range(part.first, part.first + part.rows)
        return layer.read_range(storage, self.snapshot, places, self.connection)

    def _apply(self, stage: Stage, rows: Relation, inputs: Inputs) -> Relation:
        if isinstance(stage.plugin, Transform):
            return self.step(stage.plugin, rows, inputs)
        if not isinstance(stage.plugin, RowExpectation):
            return rows
        table = self.tables.create(violating(stage.plugin, rows, inputs))
        if stage.plugin.on_fail == "warn":
            self.removed(rows, inputs, table)
            return rows
        return self.remove(rows, inputs, table)

    def removed(self, rows: Relation, inputs: Inputs, table: str) -> None:
        if not self.bases or self.bases[-1] is not self.base:
            self.bases.append(self.base)
        numbers = f"{self.stage} as stage, {len(self.bases) - 1} as base"
        columns = f'{ROW}, {numbers}, fate, rule, "column", "value"'
        self.tables.insert(self.marks, self.connection.sql(f"select {columns} from {table}"))

    def _write(self, rows: Relation) -> list[Partition]:
        self.scratch.mkdir(parents=True)
        removed = self._removed_rows() if self.bases else None
        if len(self.parts) > 1 and not self.stored:
            # Compute all rows once, not again for each partition.
            rows = self.connection.sql(f"from {self.tables.create(rows)}")
        partitions, first = [], 0
        for part in self.parts:
            partitions.append(self._write_partition(part, first, rows, removed))
            first += len(part.numbers)
        return partitions

    def _write_partition(
        self, part: PlannedPartition, first: int, rows: Relation, removed: str | None
    ) -> Partition:
        """Write the rows of a partition, whose files begin with number `first` here."""
        table = self.snapshot.origins[0].number
        inside = first_and_last(table, first, first + len(part.numbers) - 1)
        origin = f"{ROW} - {inside[0]} as {ORIGIN}"
        among = f"{ROW} between {inside[0]} and {inside[1]}"
        folder = f"{self.task.folder}/{part.fingerprint[:16]}"
        names = [quote(column.name) for column in self.work.columns]
        partition_rows = rows.filter(among) if len(self.parts) > 1 else rows
        files = self._store(folder, partition_rows.project(", ".join([ROW, origin, *names])))
        gone, removed_files = 0, tuple[File, ...]()
        if removed:
            gone, size = self.tables.rows(
                f"select count(*) filter ({ASIDE}.fate <> 'warned'), count(*) "
                f"from {removed} where {among}"
            )[0]
            if size:
                fields = f"* replace ({origin})"
                inside_rows = self.connection.sql(f"select {fields} from {removed} where {among}")
                removed_files = self._store(f"{folder}/removed", inside_rows)
        conserve(part.rows - gone, files)
        return Partition(
            fingerprint=part.fingerprint,
            numbers=part.numbers,
            first=part.first,
            rows_in=part.rows,
            files=files,
            removed=removed_files,
        )

    def _store(self, folder: str, rows: Relation) -> tuple[File, ...]:
        return tuple(
            self.task.layer.write(self.task.storage, folder, rows, self.connection, self.scratch)
        )

    def _removed_rows(self) -> str:
        """A table of the rows that were removed, each with its stage and reason in `_aside`.

        They have their values when a later stage gathers from them, too.
        """
        names = [quote(column.name) for column in self.work.columns if self.work.visible]
        values = self._values()
        aside = (
            'cast(struct_pack(stage := m.stage, fate := m.fate, rule := m.rule, "column" := '
            f'm."column", "value" := m."value", record := o.record, "row" := o.row) as {REMOVED})'
        )
        columns = ", ".join(
            [f"m.{ROW}", f"m.{ROW} as {ORIGIN}", f"{aside} as {ASIDE}"]
            + [f"v.{name}" for name in names]
        )
        return self.tables.create(
            self.connection.sql(
                f"select {columns} from {self.marks} m "
                f"left join {self._originals()} o on o.{ORIGIN} = m.{ROW} "
                f"left join {values} v on v.{ROW} = m.{ROW} and v.base = m.base"
            )
        )

    def _values(self) -> str:
        """A table of the rows that a gathering stage sees, although a later one removes them."""
        first = self.work.first_gathering
        seen = f"fate <> 'warned' and stage > {len(self.work.stages) if first is None else first}"
        nulls = [
            f"null::{duckdb_type(column_type(column.type))} as {quote(column.name)}"
            for column in self.work.columns
        ]
        columns = [f"null::bigint as {ROW}", "null::integer as base", *nulls]
        parts = [f"select {', '.join(columns)} where false"]
        relations: dict[str, Relation] = {}
        for number, rows in enumerate(self.bases):
            marks = f"from {self.marks} where base = {number} and {seen}"
            if not self.tables.integer(f"select count(*) {marks}"):
                continue
            columns = [
                quote(column.name) if column.name in rows.columns else null
                for column, null in zip(self.work.columns, nulls, strict=True)
            ]
            relations[f"rows_{number}"] = rows
            parts.append(
                f"select {ROW}, {number} as base, {', '.join(columns)} from rows_{number} "
                f"where {ROW} in (select {ROW} {marks})"
            )
        return self.tables.create(
            Inputs(self.connection).sql(" union all ".join(parts), **relations)
        )

    def _originals(self) -> str:
        """A table of the source records of the quarantined rows."""
        if not isinstance(self.main.layer, SourceLayer):
            raise TypeError(f"{self.task.main} is not a table of source files")
        inputs = Inputs(self.connection)
        wanted = inputs.connection.sql(
            f"select distinct {ROW} as {ORIGIN} from {self.marks} where fate = 'quarantined'"
        )
        return self.tables.create(
            self.main.layer.originals(self.main.storage, self.snapshot, wanted, inputs)
        )
