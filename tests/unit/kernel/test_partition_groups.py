"""The groups of source files: small files together, and a new file changes one group."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.kernel.partition_groups import (
    FILES,
    RECORDS,
    SMALL,
    groups,
    groups_of_former,
    record_ranges,
)


@dataclass(frozen=True)
class SourceSize:
    name: str
    bytes: int


def named_groups(files: list[SourceSize]) -> list[list[str]]:
    return [[files[number].name for number in numbers] for numbers in groups(files)]


def test_large_files_are_alone() -> None:
    files = [SourceSize(f"{number:02}.csv", SMALL + number) for number in range(5)]
    assert named_groups(files) == [[file.name] for file in files]


def test_small_files_share_partitions_of_about_a_megabyte() -> None:
    files = [SourceSize(f"{number:05}.csv", SMALL // 100) for number in range(5000)]
    count = len(named_groups(files))
    assert 30 < count < 75


def test_very_small_files_share_partitions_of_a_few_hundred() -> None:
    files = [SourceSize(f"{number:05}.csv", 1) for number in range(20 * FILES)]
    count = len(named_groups(files))
    assert 8 < count < 40


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=6), st.integers(0, SMALL * 2), min_size=1
    ),
    st.text("abcdef", min_size=1, max_size=6),
    st.integers(0, SMALL * 2),
)
def test_a_new_file_changes_only_the_group_it_joins_or_divides(
    sizes: dict[str, int], name: str, size: int
) -> None:
    before = [SourceSize(each, sizes[each]) for each in sorted(sizes)]
    more = {**sizes, name: size}
    after = [SourceSize(each, more[each]) for each in sorted(more)]
    numbers = [number for group in groups(after) for number in group]
    assert numbers == list(range(len(after)))
    kept = [group for group in named_groups(before) if group in named_groups(after)]
    assert len(kept) >= len(named_groups(before)) - (2 if name in sizes else 1)


@given(st.integers(0, 5 * RECORDS))
def test_the_records_of_a_file_are_divided_by_their_number(rows: int) -> None:
    ranges = record_ranges(rows)
    assert [place for each in ranges for place in (each.start, each.stop)][1:-1] == [
        end for each in range(1, len(ranges)) for end in (each * RECORDS, each * RECORDS)
    ]
    assert (ranges[0].start, ranges[-1].stop) == (0, rows)
    assert len(ranges) == max(-(-rows // RECORDS), 1)
    # More records at the end leave the ranges before the last one as they were.
    assert record_ranges(rows + 1)[: len(ranges) - 1] == ranges[:-1]


def grouped(items: list[tuple[str, int]], former: list[str]) -> list[str]:
    """The groups of named items, each as its names, given the former groups."""

    def fingerprint(places: range) -> str:
        return "".join(items[place][0] for place in places)

    counts = {each: len(each) for each in former}
    sizes = [size for _, size in items]
    found = list(groups_of_former(sizes, 100, counts, fingerprint))
    assert [place for places in found for place in places] == list(range(len(items)))
    return [fingerprint(places) for places in found]


def sized(names: str, size: int = 50) -> list[tuple[str, int]]:
    return [(name, size) for name in names]


@pytest.mark.parametrize(
    ("names", "former", "expected"),
    [
        ("abcdef", [], ["ab", "cd", "ef"]),
        ("abcXef", ["ab", "cd", "ef"], ["ab", "cX", "ef"]),
        ("Xabcd", ["ab", "cd"], ["X", "ab", "cd"]),
        ("Xab", ["ab"], ["X", "ab"]),
        ("abcdX", ["ab", "cd"], ["ab", "cd", "X"]),
        ("aXb", ["ab"], ["aXb"]),  # of two, each would have less than a unit
        ("cdab", ["ab", "cd"], ["cd", "ab"]),
        ("cd", ["ab", "cd", "ef"], ["cd"]),
        ("abab", ["ab"], ["ab", "ab"]),
    ],
)
def test_former_groups_stay_as_they_are(names: str, former: list[str], expected: list[str]) -> None:
    assert grouped(sized(names), former) == expected


def test_small_groups_are_joined_when_something_changes_next_to_them() -> None:
    items = [("a", 50), ("b", 50), ("c", 40), ("X", 40), ("d", 40), ("e", 100)]
    assert grouped(items, ["ab", "c", "d", "e"]) == ["ab", "cXd", "e"]
    assert grouped(items[:3] + items[4:], ["ab", "c", "d", "e"]) == ["ab", "c", "d", "e"]


def test_one_group_has_less_than_a_unit() -> None:
    assert grouped(sized("abc", 10), []) == ["abc"]
    assert grouped(sized("abc", 0), []) == ["abc"]
    assert grouped([], ["ab"]) == []


@given(st.lists(st.integers(0, 150), max_size=40), st.data())
def test_a_changed_item_changes_few_groups(sizes: list[int], data: st.DataObject) -> None:
    items = [(chr(0x100 + place), size) for place, size in enumerate(sizes)]
    former = grouped(items, [])
    assert grouped(items, former) == former
    if items:
        place = data.draw(st.integers(0, len(items) - 1))
        items[place] = ("X", sizes[place])
        after = grouped(items, former)
        # Its own, and on each side a small one that is joined.
        assert len({*former} - {*after}) <= 3
