"""The groups of source files: small files together, and a new file changes one group."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from medallion.kernel.partition_groups import FILES, RECORDS, SMALL, groups, record_ranges


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
