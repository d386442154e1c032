"""The type that holds the values of several exactly, or none."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.records.column_type import EMPTY, NULL, agree, decided
from medallion.sql.common_type import common_or_text, common_type
from medallion.sql.duckdb_types import logical_type


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
