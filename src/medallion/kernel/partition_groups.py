"""Which source files make a partition together, and how the records of a huge one are divided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
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


def _is_last(source: Sized, limit: int) -> bool:
    share = int.from_bytes(hashlib.sha256(source.name.encode()).digest()[:8]) / (1 << 64)
    return share < max(source.bytes / limit, 1 / FILES)
