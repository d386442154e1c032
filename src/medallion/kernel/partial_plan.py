"""The partial results that an aggregate is combined from, each with its fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

from medallion.contracts import ROW, TableTask, Transform, literal
from medallion.identifiers import digest
from medallion.kernel.partition_groups import groups_of_former
from medallion.kernel.partition_ids import ids_of, within
from medallion.kernel.reuse import common_fingerprint
from medallion.kernel.temp_tables import TempTables
from medallion.records import Partition
from medallion.sql.collations import may_collate
from medallion.sql.nondeterminism import suspected
from medallion.sql.row_ids import FILE_BITS
from medallion.storage.digests import Stored, verified

BATCH = 16 << 20  # bytes of partitions whose partial results are computed together
LEAST = 16 << 20  # bytes of partitions below which computing the table as a whole costs less
UNIT = 2 << 20  # bytes of partitions that make one partial result, at least, unless all have less
KNOWN = 4  # inputs whose removed rows are remembered for other tables that read them


@dataclass(frozen=True)
class Removed:
    """The rows of one partition that the table does not have: their number and their digest."""

    rows: int = 0
    digest: str = ""


_known: dict[str, dict[int, Removed]] = {}
_lock = Lock()


@dataclass(frozen=True)
class InputPartition:
    """A partition of the main input, with the rows in it that the input does not have."""

    part: Partition
    removed: Removed

    @property
    def name(self) -> str:
        """What identifies the rows of the partition."""
        return self.part.fingerprint

    @property
    def bytes(self) -> int:
        """The bytes of its files."""
        return sum(file.bytes for file in self.part.files)

    @property
    def rows(self) -> int:
        """The rows that the input has of it."""
        return sum(file.rows for file in self.part.files) - self.removed.rows


@dataclass(frozen=True)
class PlannedPartial:
    """One partial result: that of some partitions, which follow each other."""

    fingerprint: str
    inputs: tuple[InputPartition, ...]

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """The partitions that they are computed from."""
        return tuple(each.part for each in self.inputs)

    @property
    def rows(self) -> int:
        """The rows that they are computed from."""
        return sum(each.rows for each in self.inputs)

    @property
    def bytes(self) -> int:
        """The bytes of the files of the partitions."""
        return sum(each.bytes for each in self.inputs)


@dataclass(frozen=True)
class PartialTask:
    """Partial results of one table that are computed together.

    `position` is that of the step whose partial results they are. A task can be pickled.
    """

    table: TableTask
    position: int
    parts: tuple[PlannedPartial, ...]

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """The partitions that they are computed from."""
        return tuple(each for part in self.parts for each in part.partitions)

    @property
    def removed(self) -> bool:
        """Whether the input lacks some of the rows in the files of the partitions."""
        return any(each.removed.rows for part in self.parts for each in part.inputs)

    def number(self, row: str) -> str:
        """SQL of the number of the part that a row, by its `_row`, is of."""
        table = main_number(self.table)
        firsts = [ids_of(part.partitions[0], table).first for part in self.parts[1:]]
        earlier = [f"when {row} < {first} then {place}" for place, first in enumerate(firsts)]
        return f"case {' '.join(earlier)} else {len(firsts)} end" if earlier else "0"


def combining_step(task: TableTask) -> int | None:
    """The position of the step that combines partial results; None when there is none.

    The steps before it treat each row alone. A small table is computed as a whole.
    """
    partitions = task.inputs[task.main].snapshot.partitions
    if not partitions or sum(file.bytes for part in partitions for file in part.files) < LEAST:
        return None
    for position, step in enumerate(task.steps):
        if not step.threaded or any(is_lost(text) for _, text in step.expressions()):
            return None
        if step.grain == "new":
            kind = type(step)
            combines = kind.partial is not Transform.partial
            return position if combines and kind.set_aside is Transform.set_aside else None
        if step.scope != "rows":
            return None
    return None


def is_lost(sql: str) -> bool:
    """Whether partial results may be without what some SQL depends on.

    Those of several days or draws might be combined, and what a collation has made equal differs.
    """
    return suspected(sql) or may_collate(sql)


def planned_partials(task: TableTask, position: int, tables: TempTables) -> list[PlannedPartial]:
    """The partial results of a table, in the order of the partitions of its main input.

    They are of the same partitions as those of the former snapshot, as far as these are equal.
    """
    steps = task.steps[: position + 1]
    common = common_fingerprint(task, [step.identity() for step in steps], steps)
    inputs = _input_partitions(task, tables)

    def fingerprint(places: range) -> str:
        members = [inputs[place] for place in places]
        return digest([common, [(each.name, each.removed.digest) for each in members]])

    partials = task.former.partials if task.former else ()
    former = {partial.fingerprint: partial.partitions for partial in partials}
    sizes = [each.bytes for each in inputs]
    return [
        PlannedPartial(fingerprint(places), tuple(inputs[place] for place in places))
        for places in groups_of_former(sizes, UNIT, former, fingerprint)
    ]


def partial_tasks(
    task: TableTask, position: int, parts: Sequence[PlannedPartial]
) -> Iterator[PartialTask]:
    """Tasks of limited size, unless one part is larger or has to be computed alone."""
    limit = BATCH if task.steps[position].separates_parts else 0
    batch: list[PlannedPartial] = []
    for part in parts:
        if batch and sum(each.bytes for each in batch) + part.bytes > limit:
            yield PartialTask(task, position, tuple(batch))
            batch = []
        batch.append(part)
    if batch:
        yield PartialTask(task, position, tuple(batch))


def removed_rows(task: TableTask, parts: Sequence[Partition]) -> str:
    """SQL, `from …`, of the ids of the rows of some partitions that the main input lacks."""
    main = task.inputs[task.main]
    if main.snapshot.removed is None:
        raise TypeError(f"{main.snapshot.table} has all rows of its partitions")
    (file,) = verified(main.storage, [Stored.of(main.snapshot.removed)])
    table = main_number(task)
    first, last = ids_of(parts[0], table).first, ids_of(parts[-1], table).last
    return f"from read_parquet({literal(str(file))}) where {ROW} between {first} and {last}"


def main_number(task: TableTask) -> int:
    """The number of the bronze table that the rows of the main input come from."""
    return task.inputs[task.main].snapshot.origins[0].number


def _input_partitions(task: TableTask, tables: TempTables) -> list[InputPartition]:
    snapshot = task.inputs[task.main].snapshot
    removed = _removed(task, tables) if snapshot.removed else {}
    return [
        InputPartition(part, removed.get(place, Removed()))
        for place, part in enumerate(snapshot.partitions)
    ]


def _removed(task: TableTask, tables: TempTables) -> dict[int, Removed]:
    """The rows that the main input lacks, by the place of their partition.

    Within a partition they are identified as in its files, whose first one has the number 0.
    """
    snapshot, table = task.inputs[task.main].snapshot, main_number(task)
    ranges = [(ids_of(part, table), place) for place, part in enumerate(snapshot.partitions)]
    files = [part.numbers[0] for part in snapshot.partitions]
    rows = removed_rows(task, snapshot.partitions)
    key = digest([snapshot.removed, ranges, files])
    with _lock:  # several tables of one run may read the same input
        if key not in _known:
            located = within(f"(select {ROW} {rows})", ranges, "place")
            groups_ = tables.rows(
                "select place, count(*), sha256(string_agg(id::varchar, ',' order by id)) from "
                f"(select place, {ROW} - ({files}[place + 1]::bigint << {FILE_BITS}) as id "
                f"from ({located})) group by place"
            )
            while len(_known) >= KNOWN:
                del _known[next(iter(_known))]
            _known[key] = {place: Removed(size, ids) for place, size, ids in groups_}
        return _known[key]
