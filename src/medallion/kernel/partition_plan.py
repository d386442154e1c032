"""The partitions of a table that is to be computed, each with its fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medallion.contracts import TableTask
from medallion.identifiers import digest
from medallion.kernel.partition_groups import groups
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


def planned_partitions(task: TableTask, work: PartitionedWork) -> list[PlannedPartition]:
    """The partitions of a table, in the order of their source files."""
    snapshot = task.inputs[task.main].snapshot
    common = _common(task, work)
    partitions = []
    for numbers in groups(snapshot.sources):
        sources = tuple(snapshot.sources[number] for number in numbers)
        files = [(source.sha256, source.records) for source in sources]
        partitions.append(PlannedPartition(digest([common, files]), numbers, sources))
    return partitions


def batches(partitions: Sequence[PlannedPartition]) -> Iterator[list[PlannedPartition]]:
    """Partitions that are computed together: of limited size, unless one is larger."""
    batch: list[PlannedPartition] = []
    size = 0
    for part in partitions:
        bytes_ = sum(source.bytes for source in part.sources)
        if batch and size + bytes_ > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += bytes_
    if batch:
        yield batch


def _common(task: TableTask, work: PartitionedWork) -> str:
    """What all partitions of a table are made by: stages, columns, layer and other tables."""
    rules = {name for rule in task.expectations for name in rule.reads()}
    steps = {name for step in task.steps for name in step.reads()}
    others = [alias for alias in task.inputs if alias != task.main and alias not in rules - steps]
    return digest(
        {
            "stages": [stage.plugin.identity() if stage.maps else "" for stage in work.stages],
            "main": task.main,
            "columns": [
                (column.name, column.type) for column in task.inputs[task.main].snapshot.columns
            ],
            "others": sorted((alias, task.inputs[alias].snapshot.id) for alias in others),
            **task.layer.stored_as(),
        }
    )
