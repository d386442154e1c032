"""The parts of two versions of a table whose rows may differ; files that both have are not read.

Source files with the same bytes and format have the same records. A partition with the same files
has the same rows, except those that a pass over all partitions removed from one version alone, such
as duplicates of rows in another partition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from medallion.contracts import ROW, Input, literal
from medallion.records import Partition, Snapshot
from medallion.sql.relations import viewed
from medallion.sql.row_ids import file_of, position_of, row_id
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

T = TypeVar("T")


def differing_parts(
    connection: Connection, before: Input, after: Input
) -> tuple[list[Relation], list[Relation]]:
    """The rows of two versions, each without rows that the other has too."""
    one, other = before.snapshot, after.snapshot
    if one.columns == other.columns:
        if one.partitions and other.partitions:
            return _differing_partitions(connection, before, after)
        if one.sources and other.sources:
            sources = _unshared(one.sources, other.sources, lambda file: file.identity)
            one, other = (
                snapshot.model_copy(update={"sources": tuple(files)})
                for snapshot, files in zip((one, other), sources, strict=True)
            )
        elif _same_bytes(one, other):
            return [], []
    return _all_rows(connection, before, one), _all_rows(connection, after, other)


def _all_rows(connection: Connection, side: Input, snapshot: Snapshot) -> list[Relation]:
    return [side.layer.read(side.storage, snapshot, connection)]


def _same_bytes(one: Snapshot, other: Snapshot) -> bool:
    """Whether both consist of the same files, as far as the layer has no state of its own."""
    hashes = [sorted(file.sha256 for file in snapshot.files) for snapshot in (one, other)]
    stateless = one.layer_state is None and other.layer_state is None
    return stateless and hashes[0] == hashes[1] and all(hashes[0])


def _differing_partitions(
    connection: Connection, before: Input, after: Input
) -> tuple[list[Relation], list[Relation]]:
    one, other = before.snapshot, after.snapshot
    own_before, own_after = _unshared(one.partitions, other.partitions, _paths)
    pairs = _pairs(one.partitions, other.partitions, _paths)
    numbers = dict[int, int]()  # of the source files of shared partitions, in each version
    for former, latter in pairs:
        numbers |= zip(former.numbers, latter.numbers, strict=True)
    names = [
        _removed_ids(connection, before, after, numbers),
        _removed_ids(connection, after, after, {number: number for number in numbers.values()}),
    ]
    shared = [latter for _, latter in pairs]
    # A row that only one version removed is in the other one.
    there_before = _shared_rows(connection, after, shared, names[1], names[0])
    there_after = _shared_rows(connection, after, shared, names[0], names[1])
    return (
        _partition_rows(connection, before, own_before) + there_before,
        _partition_rows(connection, after, own_after) + there_after,
    )


def _partition_rows(
    connection: Connection, side: Input, parts: Sequence[Partition]
) -> list[Relation]:
    """The rows of some partitions of a version."""
    snapshot = side.snapshot.model_copy(update={"partitions": tuple(parts)})
    return _all_rows(connection, side, snapshot) if parts else []


def _shared_rows(
    connection: Connection, side: Input, parts: Sequence[Partition], of: str, without: str
) -> list[Relation]:
    """The rows of these partitions whose ids are in one table and not in the other."""
    ids = connection.sql(f"select {ROW} from {of} except select {ROW} from {without}")
    files = {number for (number,) in ids.project(file_of(ROW)).distinct().fetchall()}
    parts = [part for part in parts if not files.isdisjoint(part.numbers)]
    if not parts:
        return []
    rows = side.layer.read_partitions(side.storage, side.snapshot, parts, connection)
    return [rows.filter(f"{ROW} in (from {viewed(ids)})")]


def _removed_ids(
    connection: Connection, side: Input, target: Input, numbers: Mapping[int, int]
) -> str:
    """A view of the ids of the rows that a version removed from shared partitions.

    The ids are those of `target`; `numbers` are its source files' by those of this version.
    """
    ids = connection.sql(f"select 0::bigint as {ROW} where false")
    if side.snapshot.removed and numbers:
        (path,) = verified(side.storage, [Stored.of(side.snapshot.removed)])
        places = [numbers.get(number) for number in range(max(numbers) + 1)]
        place = f"{str(places).replace('None', 'null')}[{file_of(ROW)} + 1]::bigint"
        table = target.snapshot.origins[0].number
        ids = connection.sql(
            f"select {row_id(table, place, position_of(ROW))} as {ROW} "
            f"from read_parquet({literal(str(path))}) where {place} is not null"
        )
    return viewed(ids)


def _paths(part: Partition) -> Hashable:
    """What identifies the rows of a partition; one without files is like no other."""
    return tuple(file.path for file in part.files) or part.fingerprint


def _pairs(
    before: Sequence[T], after: Sequence[T], identity: Callable[[T], Hashable]
) -> list[tuple[T, T]]:
    """The parts that both versions have, each once in each version."""
    latter = defaultdict[Hashable, list[T]](list)
    for part in reversed(after):
        latter[identity(part)].append(part)
    return [(part, parts.pop()) for part in before if (parts := latter[identity(part)])]


def _unshared(
    before: Sequence[T], after: Sequence[T], identity: Callable[[T], Hashable]
) -> tuple[list[T], list[T]]:
    """The parts of each version without those that the other one has too."""
    pairs = _pairs(before, after, identity)
    shared = {id(part) for pair in pairs for part in pair}
    one, other = ([part for part in side if id(part) not in shared] for side in (before, after))
    return one, other
