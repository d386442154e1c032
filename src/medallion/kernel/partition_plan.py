"""The partitions of a table that is to be computed, each with its fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medallion.contracts import TableTask
from medallion.identifiers import digest
from medallion.kernel.partition_groups import groups, record_ranges
from medallion.kernel.reuse import common_fingerprint
from medallion.kernel.stages import PartitionedWork
from medallion.records import SourceFile

BATCH = 32 << 20  # bytes of source files that are computed together, unless one partition has more


@dataclass(frozen=True)
class PlannedPartition:
    """A partition to compute: `numbers` are those of its source files in the bronze snapshot.

    It has `rows` of their rows; of one of several partitions of a file, `first` is the position of
    the first row in the file.
    """

    fingerprint: str
    numbers: tuple[int, ...]
    sources: tuple[SourceFile, ...]
    rows: int
    first: int = 0

    @property
    def is_range(self) -> bool:
        """Whether it has some of the rows of its file, and other partitions have the others."""
        return self.rows < _readable(self.sources)


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
        rows, files = _readable(sources), [source.identity for source in sources]
        ranges = record_ranges(rows) if len(sources) == 1 else []
        if len(ranges) < 2:
            partitions.append(PlannedPartition(digest([common, files]), numbers, sources, rows))
        for each in ranges if len(ranges) > 1 else ():
            fingerprint = digest([common, files, each.start, each.stop])
            partitions.append(
                PlannedPartition(fingerprint, numbers, sources, len(each), each.start)
            )
    return partitions


def batches(partitions: Sequence[PlannedPartition]) -> Iterator[tuple[PlannedPartition, ...]]:
    """Partitions that are computed together: of limited size, unless one is larger.

    A range of the records of a file is computed alone.
    """
    batch: list[PlannedPartition] = []
    size = 0
    for part in partitions:
        bytes_ = sum(source.bytes for source in part.sources)
        alone = part.is_range or (batch and batch[-1].is_range)
        if batch and (alone or size + bytes_ > BATCH):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(part)
        size += bytes_
    if batch:
        yield tuple(batch)


def _readable(sources: Sequence[SourceFile]) -> int:
    """The number of records of some source files that are rows."""
    return sum(source.rows - source.quarantined for source in sources)
