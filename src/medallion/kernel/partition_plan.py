"""The partitions of a table that is to be computed, each with its fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medallion.contracts import TableTask
from medallion.identifiers import digest
from medallion.kernel.partition_groups import groups
from medallion.kernel.reuse import common_fingerprint
from medallion.kernel.stages import PartitionedWork
from medallion.records import SourceFile

BATCH = 32 << 20  # bytes of source files that are computed together, unless one partition has more


@dataclass(frozen=True)
class PlannedPartition:
    """A partition to compute: `numbers` are those of its source files in the bronze snapshot."""

    fingerprint: str
    numbers: tuple[int, ...]
    sources: tuple[SourceFile, ...]

    @property
    def rows(self) -> int:
        """The rows of its source files."""
        return sum(source.rows - source.quarantined for source in self.sources)


@dataclass(frozen=True)
class PartitionTask:
    """Partitions of one table that are computed together. A task can be pickled."""

    table: TableTask
    work: PartitionedWork
    parts: tuple[PlannedPartition, ...]


def planned_partitions(task: TableTask, work: PartitionedWork) -> list[PlannedPartition]:
    """The partitions of a table, in the order of their source files."""
    snapshot = task.inputs[task.main].snapshot
    made_by = [stage.plugin.identity() if stage.maps else "" for stage in work.stages]
    common = common_fingerprint(task, made_by, task.steps)
    partitions = []
    for numbers in groups(snapshot.sources):
        sources = tuple(snapshot.sources[number] for number in numbers)
        files = [source.identity for source in sources]
        partitions.append(PlannedPartition(digest([common, files]), numbers, sources))
    return partitions


def batches(partitions: Sequence[PlannedPartition]) -> Iterator[tuple[PlannedPartition, ...]]:
    """Partitions that are computed together: of limited size, unless one is larger."""
    batch: list[PlannedPartition] = []
    size = 0
    for part in partitions:
        bytes_ = sum(source.bytes for source in part.sources)
        if batch and size + bytes_ > BATCH:
            yield tuple(batch)
            batch, size = [], 0
        batch.append(part)
        size += bytes_
    if batch:
        yield tuple(batch)
