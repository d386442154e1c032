"""The rows that differ between two versions: a full outer join by hand, and B made of A."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.lineage.changed_rows import Versions, changed_rows, compared_columns
from medallion.records import Column
from tests.unit.lineage.versions import version

Row = tuple[int | None, str | None, int | None]
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 4)),
        st.one_of(st.none(), st.sampled_from(["a", "b"])),
        st.one_of(st.none(), st.integers(-2, 2)),
    ),
    max_size=8,
)


def query(rows: list[Row], types: tuple[str, str, str] = ("int", "varchar", "int")) -> str:
    def value(item: object) -> str:
        return "null" if item is None else repr(item)

    columns = ", ".join(
        f"{name}::{type_} as {name}" for name, type_ in zip("kab", types, strict=True)
    )
    values = ", ".join(f"({', '.join(map(value, row))})" for row in rows)
    source = f"(values {values})" if rows else "(select null, null, null where false)"
    return f"select {columns} from {source} t(k, a, b)"


def changes(before: list[Row], after: list[Row], key: list[str]) -> list[tuple[str, Row, Row]]:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        versions = Versions(
            version(Path(folder), query(before)), version(Path(folder), query(after))
        )
        rows = changed_rows(connection, versions, key).fetchall()
    return [(row[0], row[1:4], row[4:7]) for row in rows]


@settings(max_examples=25)
@given(ROWS, ROWS, st.sampled_from([[], ["k"], ["k", "a"]]))
def test_applying_the_changes_to_the_former_rows_gives_the_latter(
    before: list[Row], after: list[Row], key: list[str]
) -> None:
    bag = Counter(before)
    for status, old, new in changes(before, after, key):
        if status != "added":
            assert bag[old] > 0
            bag[old] -= 1
        if status != "removed":
            bag[new] += 1
    assert +bag == Counter(after)


@settings(max_examples=25)
@given(ROWS, ROWS)
def test_with_a_key_the_changes_are_a_full_outer_join_by_hand(
    before: list[Row], after: list[Row]
) -> None:
    former, latter = ({row[0]: row for row in rows} for rows in (before, after))
    expected = set()
    for key in former.keys() | latter.keys():
        old, new = former.get(key), latter.get(key)
        if old is None and new is not None:
            expected.add(("added", (None,) * 3, new))
        elif new is None and old is not None:
            expected.add(("removed", old, (None,) * 3))
        elif old is not None and new is not None and old != new:
            expected.add(("changed", old, new))
    rows = changes([*former.values()], [*latter.values()], ["k"])
    assert len(rows) == len(expected)
    assert set(rows) == expected


def test_rows_whose_key_is_not_unique_are_added_and_removed() -> None:
    rows = changes([(1, "a", 1), (1, "a", 2)], [(1, "a", 3)], ["k"])
    assert sorted(row[0] for row in rows) == ["added", "removed", "removed"]


def test_without_a_key_the_only_row_is_changed() -> None:
    assert changes([(1, "a", 1)], [(2, "a", 1)], []) == [("changed", (1, "a", 1), (2, "a", 1))]
    assert [row[0] for row in changes([(1, "a", 1)], [], [])] == ["removed"]


@pytest.mark.parametrize(
    ("former", "latter", "compared"),
    [
        ("int32", "int64", "int64"),
        ("int32", "decimal(12,2)", "decimal(12,2)"),
        ("decimal(12,2)", "int32", "decimal(12,2)"),
        ("int64", "float64", "float64"),
        ("int32", "text", "text"),
        ("date", "timestamp", "timestamp"),
        ("list<int32>", "list<int64>", "text"),
    ],
)
def test_types_that_differ_are_compared_as_one(former: str, latter: str, compared: str) -> None:
    (column,) = compared_columns([Column(name="a", type=former)], [Column(name="a", type=latter)])
    assert str(column.type) == compared


def test_equal_values_of_other_types_are_no_change(tmp_path: Path) -> None:
    rows: list[Row] = [(1, "7", 2), (2, None, None)]
    before = version(tmp_path, query(rows))
    after = version(tmp_path, query(rows, ("bigint", "int", "decimal(10,2)")))
    with duckdb.connect() as connection:
        assert changed_rows(connection, Versions(before, after), ["k"]).fetchall() == []


def test_a_new_column_changes_the_rows_with_a_value_in_it(tmp_path: Path) -> None:
    before = version(tmp_path, "select 1 as k union all select 2")
    after = version(tmp_path, "select 1 as k, null::int as a union all select 2, 5")
    with duckdb.connect() as connection:
        rows = changed_rows(connection, Versions(before, after), ["k"]).fetchall()
    assert rows == [("changed", 2, None, 2, 5)]


def test_a_table_of_one_version_is_added_or_removed(tmp_path: Path) -> None:
    rows = version(tmp_path, "select 1 as k union all select 1")
    with duckdb.connect() as connection:
        added = changed_rows(connection, Versions(None, rows), ["k"]).fetchall()
        removed = changed_rows(connection, Versions(rows, None), []).fetchall()
    assert added == [("added", None, 1)] * 2
    assert removed == [("removed", 1, None)] * 2
