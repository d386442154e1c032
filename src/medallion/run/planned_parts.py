"""Which partitions or groups of a table a run will compute, where a plan can know it cheaply."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from medallion.declaration.models import Declaration, Table
from medallion.kernel.partition_groups import PartitionFile
from medallion.records import Snapshot
from medallion.run.partition_changes import planned_change


class Arrived(Protocol):
    """A bronze table's source files."""

    @property
    def files(self) -> Sequence[PartitionFile]: ...


@dataclass(frozen=True)
class PlannedParts:
    """What is said of tables to compute.

    `arrivals` are the files of bronze tables, and `current` the published snapshots. `inputs`
    returns what a published table was computed from, if that and its steps are the current ones.
    """

    declaration: Declaration
    arrivals: Mapping[str, Arrived]
    current: Mapping[str, Snapshot]
    inputs: Callable[[Declaration, str, Mapping[str, Snapshot]], Mapping[str, Snapshot] | None]

    def of(self, name: str, changing: Collection[str], why: str) -> str:
        """Which parts of a table will be computed, or else `why` it is computed.

        Parameters: `changing` are the tables it reads that will change.
        """
        if partitions := self._partitions(name, changing):
            return partitions
        if self._regroups(name, changing):
            return f"only groups of changed rows, where possible: {why}"
        return why

    def _partitions(self, name: str, changing: Collection[str]) -> str | None:
        """The partitions, or for partial results those of the main input; None if not known."""
        table, former = self.declaration.table(name), self.current.get(name)
        if not isinstance(table, Table) or former is None or not former.partition_count:
            return None
        inputs = self.inputs(self.declaration, name, self.current)
        if inputs is None:
            return None
        main = table.main
        if former.partials:
            return self._partitions(main, ()) if {*changing} == {main} else None
        arrival = self.arrivals.get(main)
        return planned_change(arrival.files, inputs[main], former) if arrival else None

    def _regroups(self, name: str, changing: Collection[str]) -> bool:
        """Whether a run will look for the groups of changed rows; it then finds how many."""
        from medallion.kernel.touched_groups import LARGE, SHARE, is_regular

        table, former = self.declaration.table(name), self.current.get(name)
        if not isinstance(table, Table) or former is None or former.partials:
            return False
        inputs = self.inputs(self.declaration, name, self.current)
        if not inputs or former.rows < SHARE or not is_regular(table.steps, former):
            return False
        comparable = bool(changing) and all(inputs[read].partitions for read in changing)
        return comparable and sum(snapshot.rows for snapshot in inputs.values()) >= LARGE
