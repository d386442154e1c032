"""The rejects of a table that is computed by partitions: one file for several of them.

A file of the former snapshot is used again when its partitions are equal, their source files have
the same names, and gathering stages removed the same rows of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ASIDE, ORIGIN, ROW, TableTask, literal
from medallion.identifiers import digest
from medallion.kernel.former_gathering import FormerGathering
from medallion.kernel.partition_groups import groups
from medallion.kernel.partition_ids import IdRange, ids_of, within
from medallion.kernel.partition_rows import PartitionRows
from medallion.kernel.rejected_rows import RejectedRows, RejectGroup
from medallion.kernel.reuse import reusable
from medallion.kernel.temp_tables import TempTables
from medallion.records import Partition, RejectFile
from medallion.sql.row_ids import file_of

if TYPE_CHECKING:
    from medallion.contracts import Relation

SIZE = 1 << 20  # bytes of partitions whose rejects share a file, unless one partition has more
MARK = f'{ROW}, stage, fate, rule, "column", value'


@dataclass(frozen=True)
class _Member:
    """A partition, as partitions are grouped."""

    part: Partition

    @property
    def name(self) -> str:
        return self.part.fingerprint

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in (*self.part.files, *self.part.removed))


class PartitionRejects:
    """The files of rejects of one table, whose partitions are `rows`.

    `gathered` is a table of the rows that gathering stages removed, and `former` has those that
    they removed from the former snapshot, as far as it is known.
    """

    def __init__(
        self, rows: PartitionRows, gathered: str, former: FormerGathering | None, tables: TempTables
    ) -> None:
        self.rows = rows
        self.task: TableTask = rows.task
        self.gathered = gathered
        self.former = former
        self.tables = tables
        sources = self.task.inputs[self.task.main].snapshot.sources
        # A source record has those of other files, too, as nulls.
        self.columns = sorted({column.name for each in sources for column in each.columns})
        self.groups = [
            [rows.snapshot.partitions[number] for number in numbers]
            for numbers in groups([*map(_Member, rows.snapshot.partitions)], SIZE)
        ]

    def write(self, quarantined: str, scratch: Path) -> tuple[RejectFile, ...]:
        """The files of the rows of the table `quarantined`, of `_row`, rule, column and value.

        Those that the former snapshot does not have are written by way of the folder `scratch`.
        """
        wanted = {self._fingerprint(parts): parts for parts in self.groups}
        kept = self._kept(wanted)
        missing = {key: parts for key, parts in wanted.items() if key not in kept}
        if not missing:
            return tuple(kept.values())
        ids = {key: self._ids(parts) for key, parts in missing.items()}
        ranges = [(each, place) for place, each in enumerate(ids.values())]
        rejects = RejectedRows(self.task, self.tables)
        rejects.add_identified(f"({within(quarantined, ranges, 'place')})")
        parts = [part for each in missing.values() for part in each]
        written = rejects.write(
            scratch, self._known(parts), [RejectGroup(key, each) for key, each in ids.items()]
        )
        files = kept | {file.fingerprint: file for file in written}
        return tuple(files[key] for key in wanted if key in files)

    def _fingerprint(self, parts: Sequence[Partition]) -> str:
        sources = self.task.inputs[self.task.main].snapshot.sources
        files = [[sources[number].name for number in part.numbers] for part in parts]
        return digest([[part.fingerprint for part in parts], files, self.columns])

    def _ids(self, parts: Sequence[Partition]) -> IdRange:
        table = self.rows.snapshot.origins[0].number
        return IdRange(ids_of(parts[0], table).first, ids_of(parts[-1], table).last)

    def _kept(self, wanted: dict[str, list[Partition]]) -> dict[str, RejectFile]:
        """The files of the former snapshot that have the rejects of now."""
        former = self.task.former.rejects if self.task.former else ()
        known = {file.fingerprint for file in former}
        same = self._same({key: parts for key, parts in wanted.items() if key in known})
        return reusable(self.task.quarantine, former, same, lambda file: [file])

    def _same(self, groups_: dict[str, list[Partition]]) -> set[str]:
        """Those of some groups, equal to former ones, of which the same rows were gathered."""
        if self.former is None:
            return set() if self.rows.work.visible else {*groups_}
        shared = self.former.shared
        keys = [
            key
            for key, parts in groups_.items()
            if all(part.fingerprint in shared for part in parts)
        ]
        if not keys:
            return set()
        ranges = [(self._ids(groups_[key]), place) for place, key in enumerate(keys)]
        differing = (
            f"(select {ROW} from (select {MARK}, 1 as sign from {self.gathered} union all "
            f"select {MARK}, -1 as sign from {self.former.marks}) "
            f"where fate <> 'warned' and {self.former.may_differ()} "
            f"group by {MARK} having sum(sign) <> 0)"
        )
        rows = self.tables.rows(
            f"select distinct place from ({within(differing, ranges, 'place')})"
        )
        return {*keys} - {keys[place] for (place,) in rows}

    def _known(self, parts: Sequence[Partition]) -> Relation | None:
        """The source records of rows that the partitions themselves removed."""
        removed = PartitionRows(self.task, self.rows.work, parts, self.rows.connection).removed
        if removed is None:
            return None
        sources = self.task.inputs[self.task.main].snapshot.sources
        names = ", ".join(literal(source.name) for source in sources)
        return removed.filter(f"{ASIDE}.fate = 'quarantined'").project(
            f"{ORIGIN}, [{names}][{file_of(ORIGIN)} + 1] as file, {ASIDE}.record as record, "
            f'{ASIDE}."row" as row'
        )
