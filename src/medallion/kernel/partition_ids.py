"""The ids (`_row`) that the rows of a partition have in their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from medallion.contracts import ROW
from medallion.records import Partition
from medallion.sql.row_ids import first_and_last


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


def within(rows: str, ranges: Sequence[tuple[IdRange, int]], name: str) -> str:
    """SQL of the rows whose ids are in one of these ranges, with its number as the column `name`.

    `rows` is SQL of a table with `_row`. The ranges do not overlap, and there is at least one.
    """
    firsts, lasts = ([ids[end] for ids, _ in ranges] for end in (0, 1))
    numbers = [number for _, number in ranges]
    # Lists rather than conditions: there may be thousands of ranges.
    listed = (
        f"select unnest({firsts}::bigint[]) as _first, unnest({lasts}::bigint[]) as _last, "
        f"unnest({numbers}::bigint[]) as {name}"
    )
    return (
        f"select r.*, p.{name} from {rows} r asof join ({listed}) p on r.{ROW} >= p._first "
        f"where r.{ROW} <= p._last"
    )
