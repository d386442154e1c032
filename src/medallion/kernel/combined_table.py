"""Computing a table whose aggregate combines partial results of the partitions of its main input.

Those of the published snapshot that are equal are used again. Later steps and expectations work on
the combined rows, as in a table that is computed as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Built, Inputs, TableTask
from medallion.errors import ConservationError
from medallion.identifiers import now
from medallion.kernel.duckdb_errors import at
from medallion.kernel.partial_plan import PlannedPartial, partial_tasks
from medallion.kernel.performer import Performer
from medallion.kernel.reuse import reusable
from medallion.kernel.row_counts import RowCounts
from medallion.kernel.row_steps import read_others
from medallion.kernel.table_build import TableBuild
from medallion.plural import count_of
from medallion.records import PartialResult, Snapshot

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class CombinedTable(TableBuild):
    """One TableTask, used once.

    Parameters: `planned` are the partial results that are combined, of the step at `position`;
    `performer` computes them; `scratch` is a local folder.
    """

    def __init__(
        self,
        task: TableTask,
        position: int,
        planned: Sequence[PlannedPartial],
        connection: Connection,
        performer: Performer,
        scratch: Path,
    ) -> None:
        super().__init__(task, connection, scratch)
        self.planned = planned
        self.position = position
        self.performer = performer

    def run(self) -> Built:
        """Compute and write what is missing. Raises NotCombinedError, MedallionError."""
        step = self.task.steps[self.position]
        partials = self._partials()
        self.counts = self._counts(partials)
        others = read_others(self.task, self.connection)
        with at(self.task.table, "steps", self.position, step.name):
            combined = step.combine(self._partial_rows(partials), Inputs(self.connection, others))
            rows = self.new_grain(step, combined)
        built = self.run_from(self.position + 1, rows, others)
        return replace(built, partials=() if built.failure else partials)

    def _partials(self) -> tuple[PartialResult, ...]:
        former = self.task.former.partials if self.task.former else ()
        # Partitions of the same bytes have the same partial results, which are stored once.
        wanted = {each.fingerprint: each for each in self.planned}
        done = reusable(self.task.storage, former, wanted.keys(), lambda partial: partial.files)
        missing = [each for key, each in wanted.items() if key not in done]
        tasks = list(partial_tasks(self.task, self.position, missing))
        for results in self.performer.partial_results(tasks):
            done |= {partial.fingerprint: partial for partial in results}
        return tuple(done[each.fingerprint] for each in self.planned)

    def _counts(self, partials: Sequence[PartialResult]) -> RowCounts:
        """Where the rows of the main input went before they were aggregated."""
        rows = self.task.inputs[self.task.main].snapshot.rows
        total = sum(partial.tally.rows_in for partial in partials)
        if total != rows:
            raise ConservationError(
                f"{self.task.table}: {count_of(rows, 'row')} to aggregate, but its partial results "
                f"are of {total:,}"
            )
        counts = RowCounts("", rows)
        dropped = sum(partial.tally.dropped for partial in partials)
        deduplicated = sum(partial.tally.deduplicated for partial in partials)
        fates = {"dropped": dropped, "deduplicated": deduplicated}
        counts.fates = {fate: size for fate, size in fates.items() if size}
        for partial in partials:
            for reason, size in partial.tally.reasons.items():
                counts.reasons[reason] = counts.reasons.get(reason, 0) + size
        return counts

    def _partial_rows(self, partials: Sequence[PartialResult]) -> Relation:
        """All partial results, `_row` in the order of the partitions."""
        files = tuple(file for partial in partials for file in partial.files)
        snapshot = Snapshot(
            table=self.task.table,
            id="",
            fingerprint="",
            run=self.task.run,
            created=now(),
            columns=partials[0].columns,
            rows=sum(file.rows for file in files),
            bytes=sum(file.bytes for file in files),
            files=files,
        )
        return self.task.layer.scan(self.task.storage, snapshot, self.connection)
