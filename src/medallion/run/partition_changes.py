"""Which partitions of a table a run computes, in words for plans, reports and records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from medallion.declaration.models import Source, Table
from medallion.kernel.partition_groups import PartitionFile, groups, record_ranges
from medallion.plural import count_of
from medallion.records import Partition, Snapshot

SHOWN = 2  # names of source files in a sentence


def planned_change(
    files: Sequence[PartitionFile], bronze: Snapshot | None, former: Snapshot
) -> str | None:
    """The partitions that a table of these source files does not share with its former snapshot.

    None when nothing is known of the former one: it has no partitions, or `bronze`, the snapshot of
    the files that it was computed from, is another one.
    """
    if bronze is None or former.inputs.get(bronze.table) != bronze.id or not former.partitions:
        return None
    counted = Counter(part.numbers for part in former.partitions)
    known = {
        _content([bronze.sources[number] for number in numbers]): count
        for numbers, count in counted.items()
    }
    parts = [[files[number] for number in numbers] for numbers in groups(files)]
    fresh = [part for part in parts if _content(part) not in known]
    counts = [_expected(part, bronze) for part in fresh]
    new, total = sum(counts), sum(counts) + sum(known.get(_content(part), 0) for part in parts)
    said = _sentence([file for part in fresh for file in part], bronze, new, total)
    return f"about {said}" if max(counts, default=1) > 1 else said


def _expected(files: Sequence[PartitionFile], bronze: Snapshot) -> int:
    """How many partitions files make that are not parsed yet, if a row is as long as the others."""
    if len(files) > 1 or not bronze.bytes:
        return 1
    return len(record_ranges(files[0].bytes * bronze.rows // bronze.bytes))


def computed_change(
    snapshot: Snapshot,
    table: Source | Table,
    snapshots: Mapping[str, Snapshot],
    published: Mapping[str, Snapshot],
) -> tuple[int, str | None]:
    """The number of partitions that were computed for a snapshot, and which, if not all were.

    For partial results, those of its main input count. `snapshots` are the present ones by table;
    those `published` had partitions to use again.
    """
    former = published.get(snapshot.table)
    if snapshot.partials and isinstance(table, Table):
        main = snapshots[table.main]
        parts, origin = main.partitions, main.origins[0].table
        fresh = _fresh_inputs(snapshot, main, former)
    else:
        parts, origin = snapshot.partitions, snapshot.origins[0].table if snapshot.origins else ""
        known = {part.files for part in former.partitions} if former else set()
        fresh = [part for part in parts if part.files not in known]
    if len(fresh) == len(parts):
        return len(fresh), None
    sources = snapshots[origin].sources
    numbers = dict.fromkeys(number for part in fresh for number in part.numbers)
    files = [sources[number] for number in numbers]
    return len(fresh), _sentence(files, published.get(origin), len(fresh), len(parts))


def _fresh_inputs(snapshot: Snapshot, main: Snapshot, former: Snapshot | None) -> list[Partition]:
    """The partitions of the main input whose partial results the former snapshot did not have."""
    known = {partial.files for partial in former.partials} if former else set()
    parts = iter(main.partitions)
    return [
        part
        for partial in snapshot.partials
        for part in islice(parts, partial.partitions)
        if partial.files not in known
    ]


def _content(files: Sequence[PartitionFile]) -> tuple[str, ...]:
    return tuple(file.identity for file in files)


def _sentence(
    files: Sequence[PartitionFile], before: Snapshot | None, fresh: int, total: int
) -> str:
    """How many partitions are fresh, and which of their files are not as they were before."""
    known = set(_content(before.sources)) if before else set()
    names = [file.name for file in files if file.identity not in known]
    of = f"{fresh:,} of {count_of(total, 'partition')}"
    more = len(names) - SHOWN
    shown = ", ".join(names[:SHOWN]) + (f" and {count_of(more, 'file')} more" if more > 0 else "")
    return f"{of}: {shown} changed" if names else of
