"""Computing a table: by partitions where its steps allow that, otherwise as a whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Built, TableTask
from medallion.errors import PluginError, StepError
from medallion.kernel.partitioned_table import PartitionedTable
from medallion.kernel.stages import partitioned_work
from medallion.kernel.table_build import TableBuild

if TYPE_CHECKING:
    from medallion.contracts import Connection


def compute_table(
    task: TableTask,
    connection: Connection,
    cursors: Callable[[], AbstractContextManager[Connection]],
    scratch: Path,
) -> Built:
    """Compute and write a table; `cursors` opens a connection for some partitions of it.

    Raises MedallionError naming the step that failed.
    """
    # A step may fail for a row of a partition that an earlier one removes from the table. Only
    # computing the table as a whole, in the order of its steps, shows whether it really fails.
    with suppress(StepError, PluginError):
        if work := partitioned_work(task, connection):
            return PartitionedTable(task, work, connection, cursors, scratch).run()
    return TableBuild(task, connection, scratch).run()
