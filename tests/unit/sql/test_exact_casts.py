"""Exact casts between types: a value stays the same, or is an error."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.sql.common_type import common_or_text
from medallion.sql.duckdb_types import logical_type
from medallion.sql.exact_casts import checked, converted, fits

VALUES = {
    "TINYINT": st.integers(-128, 127),
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "UBIGINT": st.integers(0, 2**64 - 1),
    "HUGEINT": st.integers(-(2**127) + 1, 2**127 - 1),
    "FLOAT": st.floats(width=32),
    "DOUBLE": st.floats(),
    "DECIMAL(5,2)": st.integers(-99999, 99999).map(lambda n: Decimal(n).scaleb(-2)),
    "DECIMAL(30,12)": st.integers(-(10**30) + 1, 10**30 - 1).map(lambda n: Decimal(f"{n}e-12")),
    "BOOLEAN": st.booleans(),
    "VARCHAR": st.sampled_from(["", "1", "true", "2024-01-01", "é"]),
    "DATE": st.dates(),
    "TIMESTAMP": st.datetimes(),
}


@given(st.data(), st.sampled_from(list(VALUES)), st.sampled_from(list(VALUES)))
def test_a_converted_value_is_the_value(data: st.DataObject, one: str, other: str) -> None:
    source, target = logical_type(one), common_or_text([logical_type(one), logical_type(other)])
    if target is None:
        return
    value = data.draw(VALUES[one])
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select {converted(f'$1::{one}', source, target)}", [value]
        ).fetchone()
    assert row
    assert same(row[0], value), (value, row[0], str(target))


def same(kept: Any, value: Any) -> bool:
    """Whether a kept value is the value itself, or a text that reads back as it."""
    if isinstance(kept, str) and not isinstance(value, str):
        if isinstance(value, bool):
            return kept == str(value).lower()
        if isinstance(value, dt.date):
            return type(value).fromisoformat(kept) == value
        return type(value)(kept) == value or value != value
    if isinstance(kept, dt.datetime) and not isinstance(value, dt.datetime):
        return kept == dt.datetime.combine(value, dt.time())
    return bool(kept == value) or (value != value and kept != kept)


def test_a_value_that_does_not_fit_is_an_error_that_says_so() -> None:
    source, target = logical_type("BIGINT"), logical_type("DOUBLE")
    with duckdb.connect() as connection:
        query = (
            f"select {checked('x', source, target, 'a.parquet: x')} from (select $1::bigint as x)"
        )
        assert connection.execute(query, [2**53]).fetchone() == (float(2**53),)
        assert connection.execute(query, [None]).fetchone() == (None,)
        with pytest.raises(
            duckdb.Error, match=r"a\.parquet: x: 9007199254740993 does not fit float64"
        ):
            connection.execute(query, [2**53 + 1])
        late = checked("x", logical_type("TIMESTAMP"), logical_type("TIMESTAMP_NS"), "t")
        with pytest.raises(
            duckdb.Error, match=r"t: 2500-01-01 00:00:00 does not fit timestamp\(ns\)"
        ):
            connection.execute(
                f"select {late} from (select timestamp '2500-01-01' as x)"
            ).fetchall()


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [
        ("BIGINT", "DOUBLE", 2**53 + 1, False),
        ("BIGINT", "DOUBLE", 2**53, True),
        ("DOUBLE", "BIGINT", 1.5, False),
        ("DOUBLE", "BIGINT", float("nan"), False),
        ("VARCHAR", "BIGINT", "12", True),
        ("VARCHAR", "BIGINT", "012", False),
        ("VARCHAR", "DATE", "2024-01-31", True),
        ("VARCHAR", "DATE", "2024-1-31", False),
        ("TIMESTAMP", "DATE", dt.datetime(2024, 1, 31, 10), False),
        ("BIGINT", "TINYINT", 128, False),
        ("BIGINT", "TINYINT", None, False),
    ],
)
def test_a_value_fits_when_casting_it_back_gives_the_same(
    source: str, target: str, value: object, expected: bool
) -> None:
    test = fits(f"$1::{source}", logical_type(source), logical_type(target))
    assert duckdb.execute(f"select {test}", [value]).fetchall() == [(expected,)]


def test_a_float32_keeps_its_value_and_not_its_shorter_text() -> None:
    sql = converted("x", logical_type("FLOAT"), logical_type("VARCHAR"))
    (row,) = duckdb.sql(f"select {sql} from (select 0.1::float as x)").fetchall()
    assert row == ("0.10000000149011612",)
    sql = converted("x", logical_type("FLOAT[]"), logical_type("VARCHAR[]"))
    (row,) = duckdb.sql(f"select {sql} from (select [0.1::float, null] as x)").fetchall()
    assert row == (["0.10000000149011612", None],)


def test_a_column_without_values_and_one_of_the_type_itself() -> None:
    null, day, text = (logical_type(name) for name in ('"NULL"', "DATE", "VARCHAR"))
    assert converted("x", null, day) == "cast(null as DATE)"
    assert converted("x", day, day) == "x"
    assert checked("x", day, text, "'") == "cast(x as VARCHAR)"


def test_the_message_of_an_error_may_hold_quotes() -> None:
    sql = checked("x", logical_type("VARCHAR"), logical_type("BIGINT"), "a 'b'.csv")
    with pytest.raises(duckdb.Error, match=r"a 'b'\.csv: 1\.5 does not fit int64"):
        duckdb.sql(f"select {sql} from (select '1.5' as x)").fetchall()
