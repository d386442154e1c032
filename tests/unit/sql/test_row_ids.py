"""The bits of row ids: table, file and position come back, and ids order rows as in their files."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from medallion.sql.row_ids import (
    FILES,
    POSITIONS,
    file_of,
    first_and_last,
    position_of,
    row_id,
    table_of,
)

PLACES = st.tuples(st.integers(0, FILES - 1), st.integers(0, POSITIONS - 1))


def value(sql: str) -> tuple[int, ...]:
    return duckdb.sql(f"select {sql}").fetchall()[0]


@given(st.integers(0, 127), PLACES)
def test_the_parts_come_back(table: int, place: tuple[int, int]) -> None:
    (ident,) = value(row_id(table, f"{place[0]}::bigint", f"{place[1]}::bigint"))
    origin = f"{ident}::bigint"
    parts = value(f"{table_of(origin)}, {file_of(origin)}, {position_of(origin)}")
    assert parts == (table, *place)


@given(st.integers(0, 127), PLACES, PLACES)
def test_ids_sort_by_file_and_position(
    table: int, one: tuple[int, int], other: tuple[int, int]
) -> None:
    ids = value(", ".join(row_id(table, f"{f}::bigint", f"{p}::bigint") for f, p in (one, other)))
    assert (ids[0] < ids[1]) == (one < other)


def test_a_range_of_files_has_its_records_and_no_others() -> None:
    first, last = first_and_last(3, 2, 4)
    bounds = (2, 0), (4, POSITIONS - 1)
    assert (first, last) == value(
        ", ".join(row_id(3, f"{f}::bigint", f"{p}::bigint") for f, p in bounds)
    )
    assert first_and_last(3, 0, 1)[1] + 1 == first
    assert last + 1 == first_and_last(3, 5, 5)[0]
