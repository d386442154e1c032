"""Row groups that two Parquet files have in common, found by their bytes without decoding them.

The engine writes rows that follow each other in the same way every time, so that two versions of a
table that differ in few rows have most of their row groups in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_SIZED = ("path_in_schema", "physical_type", "num_values", "compression", "encodings")


@dataclass(frozen=True)
class Differing:
    """The row groups of two files between those that both begin with, and those that both end with.

    `before` and `after` are the numbers of rows in the others.
    """

    before: int
    after: int
    groups: tuple[Sequence[int], Sequence[int]]


def differing_row_groups(
    one: pq.ParquetFile, two: pq.ParquetFile, files: Sequence[Path]
) -> Differing:
    """The row groups in which two files may differ; `files` are their paths."""
    parts = one.metadata, two.metadata
    sizes = [part.num_row_groups for part in parts]
    if not parts[0].schema.equals(parts[1].schema):
        return Differing(0, 0, (range(sizes[0]), range(sizes[1])))
    with ExitStack() as stack:
        streams = [stack.enter_context(file.open("rb")) for file in files]

        def equal(numbers: Sequence[int]) -> bool:
            here, there = (
                part.row_group(number) for part, number in zip(parts, numbers, strict=True)
            )
            return _are_equal((here, there), streams)

        shortest = min(sizes)
        first = sum(1 for _ in takewhile(equal, ((n, n) for n in range(shortest))))
        from_end = ((sizes[0] - n, sizes[1] - n) for n in range(1, shortest - first + 1))
        last = sum(1 for _ in takewhile(equal, from_end))
    rows = [parts[0].row_group(number).num_rows for number in range(sizes[0])]
    groups = [range(first, size - last) for size in sizes]
    return Differing(sum(rows[:first]), sum(rows[sizes[0] - last :]), (groups[0], groups[1]))


def _are_equal(groups: Sequence[pq.RowGroupMetaData], streams: Sequence[BinaryIO]) -> bool:
    """Whether two row groups have the same bytes."""
    one, two = groups
    if one.num_rows != two.num_rows:
        return False
    for number in range(one.num_columns):
        chunks = [group.column(number) for group in groups]
        if any(getattr(chunks[0], name) != getattr(chunks[1], name) for name in _SIZED):
            return False
        here, there = (_bytes(*each) for each in zip(chunks, streams, strict=True))
        if here != there:
            return False
    return True


def _bytes(chunk: pq.ColumnChunkMetaData, stream: BinaryIO) -> bytes:
    """The pages of a column of a row group, with that of its dictionary."""
    offsets = (chunk.dictionary_page_offset, chunk.data_page_offset)
    stream.seek(min(offset for offset in offsets if offset))
    return stream.read(chunk.total_compressed_size)
