"""Dates and times that no reader knows are refused while a table is loaded, with their place."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from medallion.contracts.value_ranges import within_range
from medallion.errors import SinkError
from medallion.records import Column
from medallion.sql.duckdb_types import logical_type

GOOD = {
    "DATE": ["0001-01-01", "9999-12-31"],
    "TIMESTAMP": ["0001-01-01", "9999-12-31 23:59:59.999999"],
    "TIMESTAMP_S": ["0001-01-01", "9999-12-31 23:59:59"],
    "TIMESTAMP_MS": ["0001-01-01", "9999-12-31 23:59:59.999"],
    "TIMESTAMP_NS": ["1678-01-01", "2262-04-11"],
    "TIMESTAMP WITH TIME ZONE": ["0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"],
    "TIMESTAMPTZ_NS": ["1678-01-01 00:00:00+00", "2262-04-11 00:00:00+00"],
    "TIME": ["00:00:00", "23:59:59.999999"],
}
BEYOND = {
    "DATE": [
        ("10000-01-01", "10000-01-01"),
        ("infinity", "infinity"),
        ("-infinity", ""),
        ("0044-03-15 (BC)", ""),
    ],
    "TIMESTAMP": [
        ("20224-01-01", "20224-01-01"),
        ("infinity", "infinity"),
        ("-infinity", "-infinity"),
    ],
    "TIMESTAMP_S": [("10000-01-01", "10000-01-01"), ("infinity", "infinity")],
    "TIMESTAMP_MS": [("10000-01-01", "10000-01-01"), ("-infinity", "-infinity")],
    "TIMESTAMP_NS": [("infinity", "infinity")],
    "TIMESTAMP WITH TIME ZONE": [
        ("9999-12-31 23:30:00-01", "10000-01-01"),
        ("infinity", "infinity"),
    ],
    "TIME": [("24:00:00", "")],
}
AROUND = {
    "{}": "{}",
    "{}[]": "[null, {}]",
    "{}[][]": "[[{}], []]",
    "STRUCT(a INTEGER, b {})": "{{a: 1, b: {}}}",
    "MAP(VARCHAR, {})": "map {{'x': {}}}",
    "STRUCT(a MAP(VARCHAR, {})[])": "{{a: [map {{'x': {}}}]}}",
}


def rows_of(type_: str, values: list[str]) -> pa.RecordBatchReader:
    """Values of a type, as SQL, after some that are null, in batches of two."""
    listed = ", ".join(f"({number}, {value})" for number, value in enumerate(["null", *values]))
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.sql(
            f"select v::{type_} as v from (values {listed}) t(n, v) order by n"
        ).to_arrow_table()
    return pa.RecordBatchReader.from_batches(found.schema, found.combine_chunks().to_batches(2))


def checked(type_: str, values: list[str]) -> int:
    return len(
        within_range(
            rows_of(type_, values), [Column(name="v", type=str(logical_type(type_)))], "here"
        ).read_all()
    )


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("type_", GOOD)
def test_what_every_reader_knows_passes(type_: str, around: str) -> None:
    values = [AROUND[around].format(f"'{text}'::{type_}") for text in GOOD[type_]]
    assert checked(around.format(type_), values) == 3


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize(
    ("type_", "text", "shown"), [(type_, *each) for type_ in BEYOND for each in BEYOND[type_]]
)
def test_what_they_do_not_know_is_refused_with_its_row(
    type_: str, text: str, shown: str, around: str
) -> None:
    good = AROUND[around].format(f"'{GOOD[type_][0]}'::{type_}")
    with pytest.raises(SinkError, match="here: column 'v', row 4: ") as caught:
        checked(
            around.format(type_), [good, good, AROUND[around].format(f"'{text}'::{type_}"), good]
        )
    if around == "{}":
        assert f"row 4: {shown}" in caught.value.message
    hint = caught.value.hint or ""
    assert ("between" in hint) == (around == "{}")
    assert ("`cast`" in hint) == (around == "{}" and type_ != "TIME")
    assert "`derive`" in hint


def test_rows_without_dates_pass_as_they_are() -> None:
    rows = rows_of("INTEGER", ["1"])
    assert within_range(rows, [Column(name="v", type="int32")], "here") is rows
