"""Computing a table: by partitions or partial results where possible, otherwise as a whole."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Built, TableTask
from medallion.errors import PluginError, StepError
from medallion.kernel import touched_groups
from medallion.kernel.combined_table import CombinedTable
from medallion.kernel.partial_plan import combining_step, planned_partials
from medallion.kernel.partitioned_table import PartitionedTable
from medallion.kernel.performer import Performer
from medallion.kernel.stages import partitioned_work
from medallion.kernel.temp_tables import TempTables
from medallion.kernel.touched_groups import GroupsTask, changed_inputs

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
    alone = replace(task, former_inputs=None)  # what performers need
    with suppress(StepError, PluginError):
        if work := partitioned_work(task, connection):
            return PartitionedTable(alone, work, connection, performer, scratch).run()
        if changed := changed_inputs(task):
            groups = GroupsTask(task, changed, touched_groups.SHARE)
            if built := performer.groups(groups):
                return built
        position = combining_step(task)
        if position is not None:
            planned = planned_partials(alone, position, TempTables(connection))
            if len(planned) > 1:
                return CombinedTable(alone, position, planned, connection, performer, scratch).run()
    return performer.table(alone)
