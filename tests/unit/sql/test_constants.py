"""Constants of a declaration as SQL of a column's type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.constants import constant
from medallion.sql.relations import Inputs

ROWS = """
    select 1::smallint as small, 1.5::decimal(5,2) as price, 1.5::float as share, 'x' as name, true as paid,
    date '2024-01-31' as day, timestamp '2024-01-31 10:00' as at, time '10:00' as clock, 'a'::enum('a', 'b') as grade,
    uuid '00000000-0000-0000-0000-000000000001' as code, 1 as _row
"""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def typed(connection: duckdb.DuckDBPyConnection, column: str, value: Any) -> tuple[object, str]:
    """The constant as DuckDB reads it, and its type."""
    sql = constant(value, connection.sql(ROWS), column, Inputs(connection))
    (row,) = connection.sql(f"select cast({sql} as varchar), typeof({sql})").fetchall()
    return row


@pytest.mark.parametrize(
    ("column", "value", "text", "type_"),
    [
        ("small", -32768, "-32768", "SMALLINT"),
        ("price", 2.5, "2.50", "DECIMAL(5,2)"),
        ("price", 7, "7.00", "DECIMAL(5,2)"),
        ("share", 0.5, "0.5", "FLOAT"),
        ("name", "O'Hara \N{GRINNING FACE}", "O'Hara \N{GRINNING FACE}", "VARCHAR"),
        ("name", "01234", "01234", "VARCHAR"),
        ("name", date(2024, 1, 31), "2024-01-31", "VARCHAR"),
        ("paid", False, "false", "BOOLEAN"),
        ("day", date(2024, 2, 29), "2024-02-29", "DATE"),
        ("day", "2024-02-29", "2024-02-29", "DATE"),
        ("at", datetime(2024, 2, 29, 23, 59), "2024-02-29 23:59:00", "TIMESTAMP"),
        ("at", date(2024, 2, 29), "2024-02-29 00:00:00", "TIMESTAMP"),
        ("clock", "23:59", "23:59:00", "TIME"),
        ("grade", "b", "b", "ENUM('a', 'b')"),
    ],
)
def test_a_constant_has_the_type_of_its_column(
    connection: duckdb.DuckDBPyConnection, column: str, value: Any, text: str, type_: str
) -> None:
    assert typed(connection, column, value) == (text, type_)


@pytest.mark.parametrize(
    ("column", "value", "message", "hint"),
    [
        ("name", 1234, "1234 is not text, which column 'name' is", "put it in quotes"),
        ("name", True, "true is not text", "put it in quotes"),
        ("small", "1", "'1' is not int16, which column 'small' is", "write a value of that type"),
        ("small", True, "true is not int16", "write a value of that type"),
        ("small", 40000, "40000 is not int16, which column 'small' is: it does not fit exactly", "wider type"),
        ("small", 0.5, "it does not fit exactly", "wider type"),
        ("price", 0.125, "it does not fit exactly", "wider type"),
        ("share", 2**53 + 1, "it does not fit exactly", "wider type"),
        ("paid", 1, "1 is not boolean", "write a value of that type"),
        ("paid", "true", "'true' is not boolean", "write a value of that type"),
        ("day", "31/01/2024", "'31/01/2024' is not date", "write a value of that type"),
        ("day", "2024-02-30", "'2024-02-30' is not date", None),
        ("day", datetime(2024, 1, 31, 10), "is not date", "write a value of that type"),
        ("at", "yesterday", "'yesterday' is not timestamp", "write a value of that type"),
        ("nam", "x", "no column 'nam'; did you mean 'name'", "the rows have"),
        ("_row", 1, "no column '_row'", "the rows have"),
    ],
)  # fmt: skip
def test_a_constant_of_another_type_is_refused(
    connection: duckdb.DuckDBPyConnection, column: str, value: Any, message: str, hint: str | None
) -> None:
    with pytest.raises(StepError) as caught:
        typed(connection, column, value)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")
