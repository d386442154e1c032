"""A table's former version with its changes is the table, whatever the sizes of batches."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.contracts import RowChanges, row_changes

SCHEMA = pa.schema([("n", pa.int64()), ("x", pa.float64()), ("text", pa.string())])
ROW = st.tuples(
    st.none() | st.integers(0, 2),
    st.none() | st.sampled_from([0.0, -0.0, 1.5, float("nan")]),
    st.none() | st.sampled_from(["", "a"]),
)
TABLE = st.lists(ROW, max_size=12)


def batches(rows: list[Any], size: int, schema: pa.Schema = SCHEMA) -> pa.RecordBatchReader:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
    table = pa.table(
        [pa.array(column, type_) for column, type_ in zip(columns, schema.types, strict=True)],
        schema=schema,
    )
    parts = table.to_batches(max_chunksize=size)
    return pa.RecordBatchReader.from_batches(schema, [*parts, *parts[:0]])


def changes(former: list[Any], latter: list[Any], sizes: tuple[int, int] = (3, 4)) -> RowChanges:
    found = row_changes(batches(former, sizes[0]), batches(latter, sizes[1]), 100)
    assert found is not None
    return found


@given(former=TABLE, latter=TABLE, sizes=st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_the_former_version_with_its_changes_is_the_table(
    former: list[Any], latter: list[Any], sizes: tuple[int, int]
) -> None:
    found = changes(former, latter, sizes)
    assert (found.rows, found.former_rows) == (len(latter), len(former))
    rows = [tuple(row.values()) for batch in found.batches for row in batch.to_pylist()]
    assert repr(rows) == repr([latter[place] for place in found.places])  # NaN is not NaN
    gone = [tuple(row.values()) for batch in found.replaced for row in batch.to_pylist()]
    assert repr(gone) == repr([former[place] for place in found.replaced_places])
    kept = {place: row for place, row in enumerate(former) if place not in found.replaced_places}
    stayed = {place: row for place, row in enumerate(latter) if place not in found.places}
    assert repr([*kept.values()]) == repr([*stayed.values()])  # 0.0 equals -0.0
    shifts = {place: shift for moved, shift in found.shifts() for place in moved}
    assert [place + shifts[place] for place in kept] == [*stayed]
    assert found.moves_rows == ([*kept] != [*stayed])


@given(former=TABLE, latter=TABLE, common=st.tuples(TABLE, TABLE))
def test_rows_that_both_have_around_the_others_need_not_be_read(
    former: list[Any], latter: list[Any], common: tuple[list[Any], list[Any]]
) -> None:
    before, after = common
    part = row_changes(batches(former, 3), batches(latter, 4), 100, len(before), len(after))
    alone = changes(former, latter)
    assert part is not None
    assert (part.rows, part.former_rows) == (
        len([*before, *latter, *after]),
        len([*before, *former, *after]),
    )
    assert part.places == [len(before) + place for place in alone.places]
    assert part.replaced_places == [len(before) + place for place in alone.replaced_places]
    assert repr(part.batches) == repr(alone.batches)


NUMBERED = [(n, 0.0, "a") for n in range(20_000)]


@pytest.mark.parametrize("place", [0, 1, 2_990, 2_999, 3_000, 8_191, 8_192, 15_000, 19_999])
@pytest.mark.parametrize("size", [3_000, 20_000])
def test_a_row_in_the_middle_is_one_change(place: int, size: int) -> None:
    longer = [*NUMBERED[:place], (-1, 0.0, "new"), *NUMBERED[place:]]
    more, fewer = changes(NUMBERED, longer, (size, 7_000)), changes(longer, NUMBERED, (size, size))
    assert (more.places, more.replaced_places, more.count) == ([place], [], 1)
    assert (fewer.places, fewer.replaced_places, fewer.count) == ([], [place], 1)
    assert more.shifts() == [
        (moved, shift) for moved, shift in [(range(place), 0), (range(place, 20_000), 1)] if moved
    ]


def test_rows_that_differ_one_after_the_other() -> None:
    """As many as are looked for nearby, where they are: all others stay at their places."""
    latter = [*NUMBERED[:100], *[(n, 1.5, "b") for n in range(100, 160)], *NUMBERED[160:]]
    found = changes(NUMBERED, latter)
    assert found.places == found.replaced_places == [*range(100, 160)]
    assert not found.moves_rows


def test_rows_that_are_nowhere_nearby() -> None:
    """A thousand new rows at the begin: not found, as if all rows differed."""
    assert row_changes(batches(NUMBERED, 20_000), batches(NUMBERED[5_000:], 20_000), 2_000) is None


def test_moments_and_other_values_are_found_nearby() -> None:
    types = (pa.timestamp("ns"), pa.date32(), pa.time64("ns"), pa.decimal128(22, 2), pa.binary())
    schema = pa.schema([(str(type_), type_) for type_ in types])
    stamps = pa.array([1_000_000_000 * n + n for n in range(100)], pa.int64())
    columns = [
        stamps.cast(types[0]),
        pa.array(range(100), pa.int32()).cast(types[1]),
        stamps.cast(types[2]),
        pa.array(range(100), pa.int64()).cast(types[3]),
        pa.array([b"%d" % n for n in range(100)]),
    ]
    table = pa.table(columns, schema=schema)
    found = row_changes(table.slice(1).to_reader(), table.to_reader(), 10)
    assert found is not None
    assert (found.places, found.replaced_places) == ([0], [])


def test_more_changes_than_asked_for() -> None:
    former, latter = [(n, 0.0, "a") for n in range(9)], [(n, 0.0, "b") for n in range(9)]
    assert row_changes(batches(former, 4), batches(latter, 4), 8) is None
    assert row_changes(batches(former, 4), batches(latter, 4), 9) is not None
    assert row_changes(batches(former, 4), batches(former[:4], 4), 4) is None
    assert row_changes(batches(former, 4), batches(former[:4], 4), 5) is not None


@pytest.mark.parametrize("type_", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())])])
def test_nested_values_are_not_compared(type_: pa.DataType) -> None:
    schema = pa.schema([("n", type_)])
    assert row_changes(batches([], 1, schema), batches([], 1, schema), 1) is None


def test_other_columns_are_not_compared() -> None:
    other = pa.schema([("n", pa.int32()), ("x", pa.float64()), ("text", pa.string())])
    assert row_changes(batches([], 1, other), batches([], 1), 1) is None


def test_pandas_is_not_imported() -> None:
    """Importing it would take longer than comparing a million rows."""
    code = """
        import sys
        import pyarrow as pa
        from medallion.contracts import row_changes
        one, two = pa.schema([("n", pa.int64())]), pa.py_buffer(bytes(range(64)))
        columns = [pa.Array.from_buffers(pa.int64(), 4, [None, two], offset=n) for n in (0, 4)]
        tables = [
            pa.RecordBatchReader.from_batches(one, [pa.RecordBatch.from_arrays([each], schema=one)])
            for each in columns
        ]
        found = row_changes(*tables, 100)
        assert [len(batch) for batch in found.batches] == [4], found
        assert "pandas" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", dedent(code)], check=True)
