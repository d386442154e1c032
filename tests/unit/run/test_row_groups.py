"""Row groups that two Parquet files have in common."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.run.row_groups import Differing, differing_row_groups

ROWS = 2048  # DuckDB's least row group
TABLE = "select i, if(i % 7 = 0, null, 'text ' || i % 50) as text from range(10 * 2048) r(i)"


def differing(folder: Path, former: str, latter: str, options: str = "") -> Differing:
    files = [folder / "former.parquet", folder / "latter.parquet"]
    with duckdb.connect() as connection:
        for file, query, more in zip(files, (former, latter), ("", options), strict=True):
            connection.execute(
                f"copy ({query}) to '{file}' (format parquet, row_group_size {ROWS}{more})"
            )
    with pq.ParquetFile(files[0]) as one, pq.ParquetFile(files[1]) as two:
        return differing_row_groups(one, two, files)


def changed(place: int) -> str:
    return f"select i, if(i = {place}, 'new', text) as text from ({TABLE})"


@pytest.mark.parametrize(
    ("latter", "before", "after", "groups"),
    [
        (TABLE, 10, 0, ([], [])),
        (changed(0), 0, 9, ([0], [0])),
        (changed(5 * ROWS), 5, 4, ([5], [5])),
        (changed(10 * ROWS - 1), 9, 0, ([9], [9])),
        (f"from ({TABLE}) limit 9 * {ROWS}", 9, 0, ([9], [])),
        (f"from ({TABLE}) where i >= {ROWS}", 0, 9, ([0], [])),
        (f"from ({TABLE}) where false", 0, 0, ([*range(10)], [])),
        (f"select i::integer as i, text from ({TABLE})", 0, 0, ([*range(10)], [*range(10)])),
    ],
)
def test_row_groups_at_the_ends_are_in_common(
    tmp_path: Path, latter: str, before: int, after: int, groups: tuple[list[int], list[int]]
) -> None:
    found = differing(tmp_path, TABLE, latter)
    assert (found.before, found.after) == (before * ROWS, after * ROWS)
    assert [[*each] for each in found.groups] == [*groups]


def test_the_same_bytes_in_another_encoding_are_other_rows(tmp_path: Path) -> None:
    found = differing(tmp_path, TABLE, TABLE, ", compression zstd")
    assert (found.before, found.after) == (0, 0)


@pytest.mark.parametrize(
    ("former", "latter", "rows", "groups"),
    [
        # Those at both ends do not overlap, however many are equal.
        ([1] * 10, [1] * 6, (6, 0), ([3, 4], [])),
        # A row that is gone moves the others to other row groups.
        ([*range(10)], [*range(5), *range(6, 10)], (4, 0), ([2, 3, 4], [2, 3, 4])),
        ([*range(9)], [-1, *range(9)], (0, 0), ([*range(5)], [*range(5)])),
    ],
)
def test_row_groups_of_other_places_differ(
    tmp_path: Path,
    former: list[int],
    latter: list[int],
    rows: tuple[int, int],
    groups: tuple[list[int], list[int]],
) -> None:
    files = [tmp_path / "former.parquet", tmp_path / "latter.parquet"]
    for file, values in zip(files, (former, latter), strict=True):
        pq.write_table(pa.table({"a": values}), file, row_group_size=2)
    with pq.ParquetFile(files[0]) as one, pq.ParquetFile(files[1]) as two:
        found = differing_row_groups(one, two, files)
    assert (found.before, found.after) == rows
    assert [[*each] for each in found.groups] == [*groups]
