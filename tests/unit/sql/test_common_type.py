"""The type that holds the values of several exactly, or none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.records.column_type import EMPTY, NULL, agree, decided
from medallion.sql.common_type import common_or_text, common_type
from medallion.sql.duckdb_types import logical_type
from medallion.sql.exact_casts import checked, converted


@pytest.mark.parametrize(
    ("one", "other", "common", "text"),
    [
        ("BIGINT", "DOUBLE", None, "VARCHAR"),
        ("INTEGER", "DOUBLE", "DOUBLE", "DOUBLE"),
        ("INTEGER", "FLOAT", "DOUBLE", "DOUBLE"),
        ("SMALLINT", "FLOAT", "FLOAT", "FLOAT"),
        ("FLOAT", "DOUBLE", "DOUBLE", "DOUBLE"),
        ("TINYINT", "UTINYINT", "SMALLINT", "SMALLINT"),
        ("BIGINT", "UBIGINT", "DECIMAL(20,0)", "DECIMAL(20,0)"),
        ("HUGEINT", "UHUGEINT", None, "VARCHAR"),
        ("BIGINT", "DECIMAL(5,2)", "DECIMAL(21,2)", "DECIMAL(21,2)"),
        ("DECIMAL(38,0)", "DECIMAL(38,10)", None, "VARCHAR"),
        ("DECIMAL(12,2)", "DECIMAL(10,4)", "DECIMAL(14,4)", "DECIMAL(14,4)"),
        ("DECIMAL(12,2)", "DOUBLE", None, "VARCHAR"),
        ("DECIMAL(9,0)", "DOUBLE", "DOUBLE", "DOUBLE"),
        ("BOOLEAN", "BIGINT", None, "VARCHAR"),
        ("BOOLEAN", "VARCHAR", None, "VARCHAR"),
        ("DATE", "TIMESTAMP", "TIMESTAMP", "TIMESTAMP"),
        ("DATE", "VARCHAR", None, "VARCHAR"),
        ("DATE", "BIGINT", None, None),
        ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_NS", "TIMESTAMP_NS"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", None, None),
        ("DATE", "TIMESTAMP WITH TIME ZONE", None, None),
        ("BLOB", "VARCHAR", None, None),
        ("UUID", "VARCHAR", "VARCHAR", "VARCHAR"),
        ("ENUM('a')", "ENUM('b')", "VARCHAR", "VARCHAR"),
        ("BIGINT[]", "VARCHAR", None, None),
        ("BIGINT[]", "DOUBLE[]", None, "VARCHAR[]"),
        ("INTEGER[]", "DOUBLE[]", "DOUBLE[]", "DOUBLE[]"),
        ('"NULL"', "BLOB", "BLOB", "BLOB"),
        ('"NULL"[]', "BIGINT[]", "BIGINT[]", "BIGINT[]"),
        ("STRUCT()", "STRUCT(a DATE)", "STRUCT(a DATE)", "STRUCT(a DATE)"),
        ("STRUCT(a BIGINT)", "STRUCT(b DATE, a DOUBLE)", None, "STRUCT(a VARCHAR, b DATE)"),
        ("STRUCT(a BIGINT)", "STRUCT(A BIGINT)", None, None),
        ("STRUCT(a BIGINT)", "MAP(VARCHAR, BIGINT)", None, None),
        (
            "MAP(VARCHAR, INTEGER)",
            "MAP(VARCHAR, BIGINT)",
            "MAP(VARCHAR, BIGINT)",
            "MAP(VARCHAR, BIGINT)",
        ),
    ],
)
def test_common_types(one: str, other: str, common: str | None, text: str | None) -> None:
    for types in ((one, other), (other, one)):
        known = [logical_type(type_) for type_ in types]
        exact, readable = common_type(known), common_or_text(known)
        assert _fields(exact) == _fields(logical_type(common) if common else None)
        assert _fields(readable) == _fields(logical_type(text) if text else None)


def _fields(type_: Any) -> Any:
    return type_ and (
        type_.name,
        type_.precision,
        type_.scale,
        sorted((n, _fields(t)) for n, t in type_.items),
    )


def test_several_types_do_not_depend_on_their_order() -> None:
    types = [logical_type(type_) for type_ in ("UTINYINT", "DECIMAL(4,3)", "BIGINT", '"NULL"')]
    assert {str(common_type(order)) for order in (types, types[::-1])} == {"decimal(22,3)"}


def test_what_no_value_has_decided_is_text() -> None:
    assert str(decided(logical_type('STRUCT(a "NULL"[], b STRUCT())'))) == str(
        logical_type("STRUCT(a VARCHAR[], b VARCHAR)")
    )
    assert agree(NULL, logical_type("BIGINT"))
    assert agree(EMPTY, logical_type("STRUCT(a BIGINT)"))
    assert agree(logical_type('STRUCT(a "NULL"[])'), logical_type("STRUCT(a DATE[])"))
    assert not agree(logical_type("STRUCT(a BIGINT)"), logical_type("STRUCT(a BIGINT, b BIGINT)"))


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
