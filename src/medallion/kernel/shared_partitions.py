"""The partitions that two snapshots of a table share, in the same order."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from medallion.contracts import ROW
from medallion.kernel.partition_ids import ids_of, joined_ranges, within
from medallion.records import Partition, Snapshot

Pair: TypeAlias = tuple[Partition, Partition]


def shared_partitions(former: Sequence[Partition], latter: Sequence[Partition]) -> list[Pair]:
    """As many partitions as possible that are equal and follow one another in the same order.

    Each is a pair, for the numbers of its files may differ. Partitions of the same bytes, which a
    snapshot has more than once, are left out.
    """
    places = _places(former)
    pairs = [
        (places[fingerprint], place)
        for fingerprint, place in _places(latter).items()
        if fingerprint in places
    ]
    increasing = _longest_increasing([before for before, _ in pairs])
    return [(former[pairs[each][0]], latter[pairs[each][1]]) for each in increasing]


def others(partitions: Sequence[Partition], pairs: Sequence[Pair]) -> list[Partition]:
    """The partitions that are in no pair."""
    paired = {part.fingerprint for part, _ in pairs}
    return [part for part in partitions if part.fingerprint not in paired]


def aligned_partitions(
    former: Sequence[Partition], latter: Sequence[Partition], pairs: Sequence[Pair]
) -> list[Pair]:
    """Partitions in no pair that follow the same pair: perhaps versions of the same files.

    With `pairs`, they are in the same order in both.
    """
    one, two = (
        {part.fingerprint: place for place, part in enumerate(parts)} for parts in (former, latter)
    )
    ends = [(one[part.fingerprint], two[part.fingerprint]) for part, _ in pairs]
    aligned: list[Pair] = []
    start = then = 0
    for end, now in (*ends, (len(former), len(latter))):
        aligned += zip(former[start:end], latter[then:now], strict=False)
        start, then = end + 1, now + 1
    return aligned


def shifted_rows(rows: str, former: Snapshot, latter: Snapshot, pairs: Sequence[Pair]) -> str:
    """SQL of rows of the former snapshot that are in a pair, with the `_row` that they have now.

    `rows` is SQL that names them by `_row`.
    """
    before, after = former.origins[0].number, latter.origins[0].number
    ids = [(ids_of(one, before), ids_of(two, after)) for one, two in pairs]
    shifts = joined_ranges(
        [(then, now.first - then.first) for then, now in ids],
        [ids_of(part, before) for part in former.partitions],
    )
    return (
        f"select {ROW} + shift as {ROW}, * exclude ({ROW}, shift) "
        f"from ({within(rows, shifts, 'shift')})"
    )


def _places(partitions: Sequence[Partition]) -> dict[str, int]:
    """The places of the partitions whose fingerprints occur once."""
    counts = Counter(part.fingerprint for part in partitions)
    return {
        part.fingerprint: place
        for place, part in enumerate(partitions)
        if counts[part.fingerprint] == 1
    }


def _longest_increasing(numbers: Sequence[int]) -> list[int]:
    """The indexes of a longest increasing subsequence of distinct numbers."""
    lasts: list[int] = []  # by length, the least number that ends a subsequence of that length
    ends: list[int] = []  # the indexes of these numbers
    before: list[int | None] = []  # for each index, the one before it in its subsequence
    for index, number in enumerate(numbers):
        length = bisect_left(lasts, number)
        before.append(ends[length - 1] if length else None)
        lasts[length : length + 1] = [number]
        ends[length : length + 1] = [index]
    indexes: list[int] = []
    index_ = ends[-1] if ends else None
    while index_ is not None:
        indexes.append(index_)
        index_ = before[index_]
    return indexes[::-1]
