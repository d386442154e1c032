"""The rows of some partitions of a table, as its steps and rules get them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medallion.contracts import ASIDE, ORIGIN, ROW, Inputs, TableTask, quote
from medallion.identifiers import now
from medallion.kernel.partition_build import REMOVED
from medallion.kernel.stages import PartitionedWork, Stage
from medallion.records import Column, Partition, Snapshot
from medallion.sql.duckdb_types import logical_type

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class PartitionRows:
    """The rows of some partitions, at least one, that are computed.

    `snapshot` has the partitions, to read them through the layer. `removed` are the rows that the
    stages of the partitions themselves removed or warn of; None when there are none.
    """

    def __init__(
        self,
        task: TableTask,
        work: PartitionedWork,
        partitions: Sequence[Partition],
        connection: Connection,
    ) -> None:
        self.task = task
        self.work = work
        self.connection = connection
        self.snapshot = self._snapshot(tuple(partitions))
        self.stored = self._read(self.snapshot, partitions)
        self.removed = self._removed()

    def before(self, stage: Stage) -> Relation:
        """The rows that the stages of the partitions before a gathering stage keep.

        So also those that later stages remove, and that other gathering stages do.
        """
        columns = ", ".join(map(quote, self.work.visible[stage.number]))
        relations = {"stored": self.stored}
        query = f"select {ROW}, {ORIGIN}, {columns} from stored"
        if self.removed is not None:
            relations["removed"] = self.removed
            query += (
                f" union all select {ROW}, {ORIGIN}, {columns} from removed "
                f"where {ASIDE}.stage > {stage.number} and {ASIDE}.fate <> 'warned'"
            )
        return Inputs(self.connection).sql(query, **relations)

    def _snapshot(self, partitions: tuple[Partition, ...]) -> Snapshot:
        files = tuple(file for part in partitions for file in part.files)
        return Snapshot(
            table=self.task.table,
            id="",
            fingerprint="",
            run=self.task.run,
            created=now(),
            columns=self.work.columns,
            rows=sum(file.rows for file in files),
            bytes=sum(file.bytes for file in files),
            files=files,
            partitions=partitions,
            origins=self.task.inputs[self.task.main].snapshot.origins,
            identified=True,
        )

    def _removed(self) -> Relation | None:
        parts = [
            part.model_copy(update={"files": part.removed})
            for part in self.snapshot.partitions
            if part.removed
        ]
        if not parts:
            return None
        columns = self.work.columns if self.work.visible else ()
        aside = Column(name=ASIDE, type=str(logical_type(REMOVED)))
        return self._read(self.snapshot.model_copy(update={"columns": (aside, *columns)}), parts)

    def _read(self, snapshot: Snapshot, partitions: Sequence[Partition]) -> Relation:
        layer, storage = self.task.layer, self.task.storage
        return layer.read_partitions(storage, snapshot, partitions, self.connection)
