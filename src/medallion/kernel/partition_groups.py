"""Which source files make a partition together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Protocol

SMALL = 1 << 20  # bytes of source files that one partition has, unless one file has more


class PartitionFile(Protocol):
    """What a partition depends on of a source file: its name, size, bytes and parsed records."""

    @property
    def name(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def records(self) -> str: ...


def groups(sources: Sequence[PartitionFile]) -> Iterator[tuple[int, ...]]:
    """The numbers of the files of each partition.

    Whether a small file is the last of its group depends on its name and size only, so that another
    file changes no group but the one it joins or divides. On average, a group of small files has
    `SMALL` bytes.
    """
    group: list[int] = []
    for number, source in enumerate(sources):
        if group and source.bytes >= SMALL:
            yield tuple(group)
            group = []
        group.append(number)
        if _is_last(source):
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def _is_last(source: PartitionFile) -> bool:
    share = int.from_bytes(hashlib.sha256(source.name.encode()).digest()[:8]) / (1 << 64)
    return share < source.bytes / SMALL
