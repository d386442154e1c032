"""DuckDB's types and logical types."""

from __future__ import annotations

import duckdb
import pytest

from medallion.errors import StepError
from medallion.records.column_type import NAMES, ColumnType, column_type
from medallion.sql.duckdb_types import columns_of, duckdb_type, logical_type, too_deep, types_of

WORDS = (
    "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT"
    " DOUBLE BOOLEAN VARCHAR DATE TIME TIME_NS TIMESTAMP TIMESTAMP_NS TIMESTAMP_S TIMESTAMP_MS UUID"
    " BLOB JSON VARIANT INTERVAL DECIMAL(38,0) DECIMAL(5,2) BIGINT[] DOUBLE[][]"
)
TYPES = [
    *WORDS.split(),
    "TIMESTAMP WITH TIME ZONE",
    "TIME WITH TIME ZONE",
    "STRUCT(a BIGINT)",
    "STRUCT(a DOUBLE, b VARCHAR)",
    '"NULL"',
    "MAP(VARCHAR, BIGINT)",
    'STRUCT("a b" VARCHAR, c DECIMAL(3,1)[])[]',
    'STRUCT("a, (""b): <c" DATE[], "its" MAP(VARCHAR, DECIMAL(4,2)))',
    "MAP(VARCHAR, STRUCT(x BLOB))",
]


@pytest.mark.parametrize("text", TYPES)
def test_a_type_is_the_same_in_duckdb_and_in_a_record(text: str) -> None:
    rows = duckdb.sql(f"select null::{text} as x")
    type_ = logical_type(str(rows.types[0]))
    assert duckdb.sql(f"select null::{duckdb_type(type_)} as x").types == rows.types
    (column,) = columns_of(types_of(rows))
    assert column_type(column.type) == type_


@pytest.mark.parametrize("name", sorted(NAMES - {"list", "struct", "map", "decimal", "geometry"}))
def test_duckdb_has_every_logical_type(name: str) -> None:
    written = duckdb_type(ColumnType(name))
    kind = duckdb.sql(f"select null::{written} as x").types[0]
    assert str(logical_type(str(kind))) == name


@pytest.mark.parametrize(
    ("text", "logical"),
    [
        ("DECIMAL(12,2)", "decimal(12,2)"),
        ("INTEGER[3]", "list<int32>"),
        ("ENUM('a', 'b,(')[]", "list<text>"),
        (
            'STRUCT("a b" TIMESTAMP WITH TIME ZONE, c MAP(VARCHAR, UTINYINT))',
            'struct<"a b": timestamptz, c: map<text, uint8>>',
        ),
    ],
)
def test_types_in_the_words_of_records(text: str, logical: str) -> None:
    assert str(logical_type(text)) == logical


@pytest.mark.parametrize("value", ["union_value(a := 1)", "[union_value(a := 1)]"])
def test_a_type_that_no_table_can_have_is_refused(value: str) -> None:
    with pytest.raises(StepError, match=r"column 'x' is UNION.*, which cannot be stored"):
        columns_of(types_of(duckdb.sql(f"select {value} as x")))


def test_depth() -> None:
    assert not too_deep(logical_type("BIGINT" + "[]" * 10))
    assert too_deep(logical_type("BIGINT" + "[]" * 11))
    assert too_deep(logical_type("MAP(VARCHAR, " * 11 + "BIGINT" + ")" * 11))
    assert not too_deep(logical_type("STRUCT(a " * 32 + "BIGINT" + ")" * 32))
    assert too_deep(logical_type("STRUCT(a " * 33 + "BIGINT" + ")" * 33))
