"""The rows of a table that differ from those of its former snapshot.

Partitions that both have are read only for rows that were taken from one of the two snapshots and
not from the other, such as duplicates of rows elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medallion.contracts import ROW, Input, literal
from medallion.kernel.partition_ids import ids_of, joined_ranges, within
from medallion.kernel.reuse import are_intact
from medallion.kernel.shared_partitions import Pair, others, shared_partitions, shifted_rows
from medallion.kernel.temp_tables import TempTables
from medallion.records import File, Partition
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    from medallion.contracts import Relation


@dataclass(frozen=True)
class PartitionChanges:
    """Two snapshots of a table, and the pairs of partitions that they share."""

    former: Input
    latter: Input
    pairs: Sequence[Pair]

    @property
    def lost(self) -> list[Partition]:
        """The partitions that only the former snapshot has."""
        return others(self.former.snapshot.partitions, self.pairs)

    @property
    def fresh(self) -> list[Partition]:
        """The partitions that only the latter snapshot has."""
        return others(self.latter.snapshot.partitions, self.pairs)

    @property
    def rows(self) -> int:
        """The rows of the partitions that are not shared."""
        return sum(file.rows for part in (*self.lost, *self.fresh) for file in part.files)

    def relations(self, tables: TempTables) -> Iterator[tuple[Relation, int]]:
        """The rows that only one snapshot has: -1 says that it is the former, 1 the latter.

        A row of a changed partition may be in both.
        """
        for source, parts, sign in ((self.former, self.lost, -1), (self.latter, self.fresh, 1)):
            if parts:
                rows = _read(source, parts, tables)
                if source.snapshot.removed:
                    rows = rows.filter(f"{ROW} not in (select {ROW} from {_removed(source)})")
                yield rows, sign
        if self.pairs:
            yield from self._moved(tables)

    def _moved(self, tables: TempTables) -> Iterator[tuple[Relation, int]]:
        """The rows of shared partitions that were removed from one snapshot only."""
        table = self.latter.snapshot.origins[0].number
        places = [(ids_of(part, table), place) for place, (_, part) in enumerate(self.pairs)]
        none = tables.empty(f"{ROW} bigint")
        then = now = f"select {ROW} from {none}"
        if self.former.snapshot.removed:
            removed = shifted_rows(
                _removed(self.former), self.former.snapshot, self.latter.snapshot, self.pairs
            )
            then = f"select {ROW} from ({removed})"
        if self.latter.snapshot.removed:
            every = [ids_of(part, table) for part in self.latter.snapshot.partitions]
            shared = joined_ranges([(ids, 0) for ids, _ in places], every)
            now = f"select {ROW} from ({within(_removed(self.latter), shared, 'place')})"
        for one, two, sign in ((now, then, -1), (then, now, 1)):
            moved = tables.create(tables.connection.sql(f"({one}) except ({two})"))
            found = tables.rows(f"select distinct place from ({within(moved, places, 'place')})")
            parts = [self.pairs[place][1] for (place,) in sorted(found)]
            if parts:
                rows = _read(self.latter, parts, tables)
                yield rows.filter(f"{ROW} in (select {ROW} from {moved})"), sign


def partition_changes(former: Input, latter: Input) -> PartitionChanges | None:
    """What two snapshots share; None when they cannot be compared by partitions."""
    one, two = former.snapshot, latter.snapshot
    if not (one.partitions and two.partitions) or one.columns != two.columns:
        return None
    changes = PartitionChanges(former, latter, shared_partitions(one.partitions, two.partitions))
    files: list[File] = [file for part in changes.lost for file in part.files]
    files += [one.removed] if one.removed else []
    return changes if are_intact(former.storage, files) else None


def _read(source: Input, parts: Sequence[Partition], tables: TempTables) -> Relation:
    snapshot, storage = source.snapshot, source.storage
    return source.layer.read_partitions(storage, snapshot, parts, tables.connection)


def _removed(source: Input) -> str:
    """SQL of the file of the rows that a snapshot does not have."""
    if source.snapshot.removed is None:
        raise TypeError(f"{source.snapshot.table} has all rows of its partitions")
    (file,) = verified(source.storage, [Stored.of(source.snapshot.removed)])
    return f"read_parquet({literal(str(file))})"
