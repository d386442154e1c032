"""Computing a table: by partitions or partial results where possible, otherwise as a whole."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Built, TableTask
from medallion.errors import PluginError, StepError
from medallion.kernel.combined_table import CombinedTable
from medallion.kernel.partial_plan import combining_step, planned_partials
from medallion.kernel.partitioned_table import PartitionedTable
from medallion.kernel.performer import Performer
from medallion.kernel.stages import partitioned_work
from medallion.kernel.temp_tables import TempTables

if TYPE_CHECKING:
    from medallion.contracts import Connection


def compute_table(
    task: TableTask, connection: Connection, performer: Performer, scratch: Path
) -> Built:
    """Compute and write a table.

    Parameters: `connection` binds its steps and reads the partitions; `performer` computes it, or
    partitions of it; `scratch` is a local folder. Raises MedallionError naming the step that
    failed.
    """
    # A step may fail for a row of a partition that an earlier one removes from the table. Only
    # computing the table as a whole, in the order of its steps, shows whether it really fails.
    with suppress(StepError, PluginError):
        if work := partitioned_work(task, connection):
            return PartitionedTable(task, work, connection, performer, scratch).run()
        position = combining_step(task)
        if position is not None:
            planned = planned_partials(task, position, TempTables(connection))
            if len(planned) > 1:
                return CombinedTable(task, planned, connection, performer, scratch).run()
    return performer.table(task)
