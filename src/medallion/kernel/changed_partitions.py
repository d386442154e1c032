"""The rows of changed partitions that differ from those of their former versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, ROW, Inputs, quote
from medallion.kernel.partition_ids import ids_of, numbered
from medallion.kernel.partition_rows import PartitionRows
from medallion.kernel.shared_partitions import Pair
from medallion.kernel.stages import Stage
from medallion.kernel.temp_tables import TempTables
from medallion.records import Partition
from medallion.sql.expressions import FLOATS, NESTED, kinds

if TYPE_CHECKING:
    from medallion.contracts import Relation


class ChangedPartitions:
    """Partitions that only one of two snapshots has: `lost` of the former, `fresh` of the latter.

    `aligned` pairs those of them that may be versions of each other: a row is as it was when the
    other version has the same one in the same place. `rows` are those of all partitions of now.
    """

    def __init__(
        self,
        rows: PartitionRows,
        lost: Sequence[Partition],
        fresh: Sequence[Partition],
        aligned: Sequence[Pair],
        tables: TempTables,
    ) -> None:
        self.rows = rows
        self.tables = tables
        task, work = rows.task, rows.work
        self.lost = PartitionRows(task, work, lost, tables.connection) if lost else None
        self.fresh = PartitionRows(task, work, fresh, tables.connection) if fresh else None
        table = rows.snapshot.origins[0].number
        pairs = [(ids_of(one, table), ids_of(two, table)) for one, two in aligned]
        self.shifts = [(then, now.first - then.first) for then, now in pairs]

    def differing(self, stage: Stage) -> tuple[Relation, Relation]:
        """The rows before a stage that differ: those of then, and those of now.

        Those of then have the ids that they would have now, NULL where no partition is aligned.
        """
        none = self.rows.before(stage).filter("false")
        lost = self._shifted(self.lost.before(stage)) if self.lost else none
        fresh = self.fresh.before(stage) if self.fresh else none
        if not self.shifts:
            return lost, fresh
        same = _same(fresh)
        return self._without(lost, fresh, same), self._without(fresh, lost, same)

    def _shifted(self, rows: Relation) -> Relation:
        """Rows of then, with the ids that they would have now."""
        if not self.shifts:
            query = f"select * replace (null::bigint as {ROW}) from rows"
        else:
            placed = numbered("rows", self.shifts, "shift")
            query = f"select * exclude (shift) replace ({ROW} + shift as {ROW}) from ({placed})"
        return Inputs(self.tables.connection).sql(query, rows=rows)

    def _without(self, rows: Relation, others: Relation, same: str) -> Relation:
        query = f"select rows.* from rows anti join others on {same}"
        inputs = Inputs(self.tables.connection)
        table = self.tables.create(inputs.sql(query, rows=rows, others=others))
        return self.tables.connection.sql(f"from {table}")


def _same(rows: Relation) -> str:
    """SQL that is true for the same row in both versions, and never for rows that differ."""
    conditions = [f"rows.{ROW} = others.{ROW}"]
    for name, kind in kinds(rows).items():
        if kind in NESTED:
            return "false"  # values that differ within may be equal as texts
        sides = [f"{side}.{quote(name)}" for side in ("rows", "others")]
        if kind in FLOATS:  # 0.0 and -0.0 are equal
            sides = [f"cast({side} as varchar)" for side in sides]
        if name not in (ROW, ORIGIN):
            conditions.append(" is not distinct from ".join(sides))
    return " and ".join(conditions)
