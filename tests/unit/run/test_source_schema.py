"""The columns of a bronze table: its schema policy, drift, and the type of each column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.declaration.models import Source
from medallion.errors import SourceError
from medallion.records import Column, SourceFile
from medallion.run.source_matches import SourceTable
from medallion.run.source_schema import settle
from tests.unit.run.conftest import Project, snapshot, source_file

NANOSECONDS = {"at": "timestamp(ns)"}


@pytest.fixture
def table(project: Project) -> SourceTable:
    return next(iter(project().context.source_tables()))


def declared(table: SourceTable, **fields: Any) -> SourceTable:
    return replace(table, declared=Source(source="orders/*.csv", **fields))


def file(name: str, *columns: str, **types: str) -> SourceFile:
    """A file with columns of text, and others of these types."""
    return source_file(name, columns=dict.fromkeys(columns, "text") | types)


def with_records(
    table: SourceTable, name: str, values: dict[str, pa.Array], **types: str
) -> SourceFile:
    """A file whose records are stored."""
    record = source_file(name, columns=types)
    path = Path(table.storage.url, record.records)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(values), path)
    return record


def columns(settled: tuple[tuple[Column, ...], list[str]]) -> dict[str, str]:
    return {column.name: column.type for column in settled[0]}


def test_columns_of_later_files_are_added_at_the_end(table: SourceTable) -> None:
    settled = settle(table, [file("a", "x", "y"), file("b", "y", "z", "x")], None)
    assert columns(settled) == {"x": "text", "y": "text", "z": "text"}
    assert settled[1] == ["b: new column 'z'"]
    same = settle(table, [file("a", "x", "y"), file("b", "y", "x"), file("c", "x")], None)
    assert columns(same) == {"x": "text", "y": "text"}
    assert same[1] == ["b: columns in another order", "c: no column 'y'"]


def test_declared_columns_come_first_and_added_ones_after_them(table: SourceTable) -> None:
    known = declared(table, columns=("y", "x"), add={"file": "name"})
    settled = settle(known, [file("a", "x", "y", "file")], None)
    assert list(columns(settled)) == ["y", "x", "file"]
    assert settled[1] == ["a: columns in another order"]
    missing = settle(declared(table, columns=("x", "y")), [file("a", "x")], None)
    assert columns(missing) == {"x": "text", "y": "text"}


def test_discard_ignores_columns_that_are_not_known(table: SourceTable) -> None:
    known = declared(table, schema_policy="discard")
    before = snapshot("bronze.orders", columns=(Column(name="x", type="text"),))
    settled = settle(known, [file("a", "x", "new")], before)
    assert columns(settled) == {"x": "text"}
    assert settled[1] == ["a: new column 'new'"]


def test_freeze_refuses_every_difference_at_once(table: SourceTable) -> None:
    frozen = declared(table, schema_policy="freeze")
    before = snapshot(
        "bronze.orders",
        columns=(Column(name="x", type="int64"), Column(name="y", type="text")),
        sources=(file("old", "y", x="int64"),),
    )
    same = settle(frozen, [file("a", x="int64", y="text")], before)
    assert same == (before.columns, [])
    with pytest.raises(SourceError) as error:
        settle(frozen, [file("a", "x", "new")], before)
    assert error.value.message == (
        "bronze.orders: its columns are frozen, but a: new column 'new'; a: no column 'y'; "
        "column 'y' is no longer in any file; a: column 'x' is text, but int64 in old"
    )


def test_a_lost_column_and_another_type_are_drift(table: SourceTable) -> None:
    before = snapshot(
        "bronze.orders", columns=(Column(name="x", type="int64"), Column(name="gone", type="text"))
    )
    settled = settle(table, [file("a", x="float64")], before)
    assert columns(settled) == {"x": "float64"}
    assert settled[1] == [
        "column 'gone' is no longer in any file",
        "column 'x' was int64 and is float64 now",
    ]


def test_names_that_differ_only_in_case_are_refused(table: SourceTable) -> None:
    with pytest.raises(SourceError, match=r"^b: the column 'NAME' is 'Name' in a; names must"):
        settle(table, [file("a", "Name"), file("b", "NAME")], None)
    with pytest.raises(SourceError, match=r"^a: the column 'id' is 'ID' in `columns`"):
        settle(declared(table, columns=("ID",)), [file("a", "id")], None)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("int32", "int64", "int64"),
        ("decimal(12,2)", "decimal(10,4)", "decimal(14,4)"),
        ("date", "text", "text"),
        ("null", "int64", "int64"),
        ("null", "null", "text"),
        ("list<null>", "list<int64>", "list<int64>"),
        ("boolean", "int64", "text"),
    ],
)
def test_a_column_has_the_type_that_holds_the_values_of_all_files(
    table: SourceTable, one: str, other: str, common: str
) -> None:
    for types in ((one, other), (other, one)):
        files = [
            with_records(table, f"{number}", {"x": pa.nulls(1)}, x=kind)
            for number, kind in enumerate(types)
        ]
        assert columns(settle(table, files, None)) == {"x": common}


def test_types_that_nothing_holds_exactly_name_both_files(table: SourceTable) -> None:
    files = [
        with_records(table, "a", {"x": pa.array([[1]])}, x="list<int64>"),
        with_records(table, "b", {"x": pa.array(["x"])}, x="text"),
    ]
    with pytest.raises(SourceError) as error:
        settle(table, files, None)
    assert error.value.message == (
        "b: the column 'x' is text, but list<int64> in a; no type holds both exactly"
    )


@pytest.mark.parametrize(("value", "common"), [(2**53, "text"), (999_999_999_999_999, "float64")])
def test_integers_that_are_small_enough_stay_numbers_among_fractions(
    table: SourceTable, value: int, common: str
) -> None:
    integers = {"id": pa.array([5]), "x": pa.array([-value, None])[:1]}
    files = [
        with_records(table, "a", integers, id="int64", x="int64"),
        with_records(table, "b", {"x": pa.array([0.5])}, x="float64"),
    ]
    settled = settle(table, files, None)
    assert columns(settled) == {"id": "int64", "x": common}
    assert f"b: column 'x' is float64, but int64 in a; it is kept as {common}" in settled[1]


@pytest.mark.parametrize(
    ("year", "fits"), [(1677, False), (1678, True), (2261, True), (2262, False), (9999, False)]
)
def test_dates_outside_the_years_of_nanoseconds_are_refused(
    table: SourceTable, year: int, fits: bool
) -> None:
    days = pa.array([f"{year}-06-01", None]).cast(pa.date32())
    files = [
        with_records(table, "a", {"at": days}, at="date"),
        with_records(table, "b", {"at": pa.array([1], pa.timestamp("ns"))}, **NANOSECONDS),
    ]
    if fits:
        assert columns(settle(table, files, None)) == NANOSECONDS
        return
    with pytest.raises(SourceError) as error:
        settle(table, files, None)
    assert error.value.message == (
        "a: the column 'at' is date, but timestamp(ns) in b; "
        "dates of a are outside the years of timestamp(ns), their common type"
    )


def test_a_type_in_the_file_is_compared_where_two_are_read_as_one(table: SourceTable) -> None:
    one = source_file("a", columns={})
    texts = [
        one.model_copy(
            update={
                "name": name,
                "columns": (Column(name="x", type="text", source_type=f"duration[{unit}]"),),
            }
        )
        for name, unit in [("a", "s"), ("b", "us")]
    ]
    settled = settle(table, texts, None)
    assert columns(settled) == {"x": "text"}
    assert settled[1] == ["b: column 'x' is duration[us], but duration[s] in a; it is kept as text"]


def test_a_table_without_files_has_the_columns_it_had(table: SourceTable) -> None:
    with pytest.raises(SourceError, match="has no records that can be read"):
        settle(table, [], None)
    before = snapshot("bronze.orders", columns=(Column(name="x", type="int64"),))
    assert settle(table, [], before) == (before.columns, [])
    settled = settle(declared(table, columns=("x",)), [], None)
    assert columns(settled) == {"x": "text"}


def test_a_column_that_only_some_parts_of_a_database_table_have_can_be_pulled_again(
    table: SourceTable,
) -> None:
    """Its rows in the other parts have null, though the database may have a value."""
    sql = {"url": "sqlite:shop.db", "table": "orders", "cursor": "id", "key": "id"}
    pulled = replace(table, declared=Source(source={"sql": sql}))
    hint = "to pull all again: medallion run --refresh bronze.orders"
    settled = settle(pulled, [file("orders", "x", "old"), file("part 1", "x", "new")], None)
    assert settled[1] == [
        "part 1: new column 'new'",
        "part 1: no column 'old'",
        f"column 'new' is null in rows that were pulled without it; {hint}",
        f"column 'old' is null in rows that were pulled without it; {hint}",
    ]
    assert settle(pulled, [file("orders", "x"), file("part 1", "x")], None)[1] == []
