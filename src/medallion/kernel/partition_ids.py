"""The ids (`_row`) that the rows of a partition have in their table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from medallion.contracts import ROW
from medallion.records import Partition
from medallion.sql.row_ids import first_and_last

FEW = 10  # ranges that are compared one by one: of more, a join takes less time


class IdRange(NamedTuple):
    """The least and the greatest id that a row can have."""

    first: int
    last: int


def ids_of(partition: Partition, table: int) -> IdRange:
    """The ids of the rows of a partition; `table` is the number of the bronze table."""
    first, last = first_and_last(table, partition.numbers[0], partition.numbers[-1])
    if len(partition.numbers) > 1:
        return IdRange(first, last)
    first += partition.first
    return IdRange(first, first + partition.rows_in - 1)


def joined_ranges(
    ranges: Iterable[tuple[IdRange, int]], every: Iterable[IdRange]
) -> list[tuple[IdRange, int]]:
    """The same ranges in their order, as one where they follow each other and have one number.

    Only ids in the ranges `every`, which follow each other, occur.
    """
    places = {ids.first: place for place, ids in enumerate(every)}
    joined: list[tuple[IdRange, int]] = []
    following = -1
    for ids, number in sorted(ranges):
        if joined and joined[-1][1] == number and places[ids.first] == following:
            joined[-1] = IdRange(joined[-1][0].first, ids.last), number
        else:
            joined.append((ids, number))
        following = places[ids.first] + 1
    return joined


def within(rows: str, ranges: Sequence[tuple[IdRange, int]], name: str) -> str:
    """SQL of the rows whose ids are in one of these ranges, with its number as the column `name`.

    `rows` is SQL of a table with `_row`. The ranges do not overlap, and there is at least one.
    """
    if len(ranges) <= FEW:
        return f"select * from ({numbered(rows, ranges, name)}) where {name} is not null"
    return (
        f"select r.*, p.{name} from {rows} r asof join ({_listed(ranges, name)}) p "
        f"on r.{ROW} >= p._first where r.{ROW} <= p._last"
    )


def numbered(rows: str, ranges: Sequence[tuple[IdRange, int]], name: str) -> str:
    """As `within`, but of all rows: the column is NULL where the id is in no range."""
    if len(ranges) <= FEW:
        # A join sorts the rows: with one range it takes three to eight times as long.
        cases = (f"when r.{ROW} between {ids.first} and {ids.last} then {n}" for ids, n in ranges)
        return f"select r.*, (case {' '.join(cases)} end)::bigint as {name} from {rows} r"
    return (
        f"select r.*, case when r.{ROW} <= p._last then p.{name} end as {name} "
        f"from {rows} r asof left join ({_listed(ranges, name)}) p on r.{ROW} >= p._first"
    )


def _listed(ranges: Sequence[tuple[IdRange, int]], name: str) -> str:
    """SQL of the ranges. Lists rather than conditions: there may be thousands of them."""
    firsts, lasts = ([ids[end] for ids, _ in ranges] for end in (0, 1))
    numbers = [number for _, number in ranges]
    return (
        f"select unnest({firsts}::bigint[]) as _first, unnest({lasts}::bigint[]) as _last, "
        f"unnest({numbers}::bigint[]) as {name}"
    )
