"""Which source files make a partition, which partitions make a partial result.

The records of a huge file are divided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Protocol

SMALL = 1 << 20  # bytes of source files that one partition has, unless one file has more
FILES = 256  # files that a partition of very small files has, on average
# Records of a file that one partition has, at most: 8 row groups of a Parquet file.
RECORDS = 8 * 122_880


class Sized(Protocol):
    """What groups are made of: something with a name and a size in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def bytes(self) -> int: ...


class PartitionFile(Sized, Protocol):
    """What a partition depends on of a source file: its name and size, and what it contains.

    `identity` identifies its bytes and the format that reads them.
    """

    @property
    def identity(self) -> str: ...


def groups(sources: Sequence[Sized], size: int | None = None) -> Iterator[tuple[int, ...]]:
    """The numbers of the files of each partition.

    Whether a small file is the last of its group depends on its name and size only, so that another
    file changes no group but the one it joins or divides. On average, a group of small files has
    `size` bytes, by default `SMALL`, or `FILES` files if they are very small.
    """
    limit = SMALL if size is None else size
    group: list[int] = []
    for number, source in enumerate(sources):
        if group and source.bytes >= limit:
            yield tuple(group)
            group = []
        group.append(number)
        if _is_last(source, limit):
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def record_ranges(rows: int) -> list[range]:
    """The positions of the records of each partition of a file, of which `rows` were readable.

    They depend on the file alone. A file without records has one partition, too.
    """
    starts = range(0, max(rows, 1), RECORDS)
    return [range(start, min(start + RECORDS, rows)) for start in starts]


def groups_of_former(
    sizes: Sequence[int], unit: int, former: Mapping[str, int], fingerprint: Callable[[range], str]
) -> Iterator[range]:
    """The places of items that make a group together: former groups where they are as they were.

    The other items make groups of `unit` bytes or up to twice as much, unless there are less, with
    the smaller former groups next to them. Parameters: `former` are the numbers of items of the
    former groups by fingerprint, in their order; `fingerprint` returns that of the items at some
    places.
    """
    kept = {each.start: each for each in _former_groups(len(sizes), former, fingerprint)}
    others: list[int] = []
    place = 0
    while place < len(sizes):
        group = kept.get(place, range(place, place + 1))
        more = group.stop < len(sizes) and group.stop not in kept
        small = sum(sizes[each] for each in group) < unit // 2
        if place in kept and not (small and (others or more)):
            yield from _of_equal_size(others, sizes, unit)
            others = []
            yield group
        else:
            others += group
        place = group.stop
    yield from _of_equal_size(others, sizes, unit)


def _former_groups(
    count: int, former: Mapping[str, int], fingerprint: Callable[[range], str]
) -> Iterator[range]:
    """The former groups that there are among `count` items."""
    order = {key: number for number, key in enumerate(former)}
    counts = [*former.values()]
    different = dict.fromkeys(sorted(counts, reverse=True))
    place = following = 0
    while place < count:
        # Most often, the next group is the one that followed.
        expected = dict.fromkeys(counts[following : following + 1])
        for size in expected | different:
            group = range(place, place + size)
            if group.stop <= count and (key := fingerprint(group)) in order:
                yield group
                place, following = group.stop, order[key] + 1
                break
        else:
            place += 1


def _of_equal_size(places: Sequence[int], sizes: Sequence[int], unit: int) -> Iterator[range]:
    """Groups of about the same size, of at least `unit` bytes, of places that follow each other."""
    size = sum(sizes[place] for place in places)
    count = max(size // unit, 1)
    before = accumulate((sizes[place] for place in places), initial=0)
    numbered = zip((count * start // max(size, 1) for start in before), places, strict=False)
    for _, members in groupby(numbered, lambda each: each[0]):
        group = [place for _, place in members]
        yield range(group[0], group[-1] + 1)


def _is_last(source: Sized, limit: int) -> bool:
    share = int.from_bytes(hashlib.sha256(source.name.encode()).digest()[:8]) / (1 << 64)
    return share < max(source.bytes / limit, 1 / FILES)
