"""The ids of the rows of partitions: of several files, of one, and of a part of a huge one."""

from __future__ import annotations

import duckdb
import pytest

from medallion.kernel import partition_ids
from medallion.kernel.partition_ids import IdRange, ids_of, joined_ranges, numbered, within
from medallion.records import Partition

BASE, FILE = 3 << 55, 1 << 34


@pytest.mark.parametrize(
    ("numbers", "first", "rows", "ids"),
    [
        ((2, 3), 0, 9, IdRange(BASE + 2 * FILE, BASE + 4 * FILE - 1)),
        ((2,), 0, 9, IdRange(BASE + 2 * FILE, BASE + 2 * FILE + 8)),
        ((2,), 20, 10, IdRange(BASE + 2 * FILE + 20, BASE + 2 * FILE + 29)),
        ((0,), 0, 0, IdRange(BASE, BASE - 1)),
    ],
)
def test_the_ids_of_a_partition(
    numbers: tuple[int, ...], first: int, rows: int, ids: IdRange
) -> None:
    partition = Partition(fingerprint="", numbers=numbers, first=first, rows_in=rows, files=())
    assert ids_of(partition, 3) == ids


RANGES = [(IdRange(20, 29), 1), (IdRange(10, 12), 7), (IdRange(40, 39), 3)]
ROWS = "(select unnest([9, 10, 12, 13, 20, 29, 30, 40]) as _row, 'x' as value)"
PLACED = [(10, "x", 7), (12, "x", 7), (20, "x", 1), (29, "x", 1)]


@pytest.fixture(params=[partition_ids.FEW, 0], ids=["compared", "joined"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few ranges, or more than a few."""
    monkeypatch.setattr(partition_ids, "FEW", request.param)


@pytest.mark.usefixtures("few")
def test_rows_get_the_number_of_their_range_and_others_are_left_out() -> None:
    query = f"select _row, value, place from ({within(ROWS, RANGES, 'place')}) order by _row"
    assert duckdb.execute(query).fetchall() == PLACED


@pytest.mark.usefixtures("few")
def test_rows_in_no_range_can_be_kept_without_a_number() -> None:
    query = f"select _row, value, place from ({numbered(ROWS, RANGES, 'place')}) order by _row"
    others = [(row, "x", None) for row in (9, 13, 30, 40)]
    assert duckdb.execute(query).fetchall() == sorted([*PLACED, *others])


def test_ranges_that_follow_each_other_with_one_number_are_one() -> None:
    every = [IdRange(0, 4), IdRange(5, 9), IdRange(10, 19), IdRange(20, 19), IdRange(30, 39)]
    ranges = [(ids, 7) for ids in every]
    assert joined_ranges(ranges[::-1], every) == [(IdRange(0, 39), 7)]
    assert joined_ranges([*ranges[:2], *ranges[3:]], every) == [
        (IdRange(0, 9), 7),
        (IdRange(20, 39), 7),
    ]
    assert joined_ranges([(every[0], 1), (every[1], 2)], every) == [(every[0], 1), (every[1], 2)]
    assert joined_ranges([], every) == []
