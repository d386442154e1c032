"""Who performs the tasks of a table: threads of this process, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from medallion.contracts import Built, TableTask
from medallion.kernel.partial_plan import PartialTask
from medallion.kernel.partition_plan import PartitionTask
from medallion.kernel.touched_groups import GroupsTask
from medallion.records import PartialResult, Partition


class Performer(Protocol):
    """Performs tasks, each in any process that reaches the lake and has the project's plugins."""

    def partitions(self, tasks: Sequence[PartitionTask]) -> Iterable[list[Partition]]:
        """Compute and write partitions; the results of the tasks, in their order."""

    def partial_results(self, tasks: Sequence[PartialTask]) -> Iterable[list[PartialResult]]:
        """Compute and write partial results of an aggregate, those of each task in its order.

        Raises StepError, also when they cannot be combined.
        """

    def table(self, task: TableTask) -> Built:
        """Compute and write a table as a whole."""

    def groups(self, task: GroupsTask) -> Built | None:
        """Compute the groups of changed rows, and write the table; None when all are needed.

        Raises StepError when it has to be computed as a whole.
        """
