from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.storable_columns import storable


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def test_intervals_and_times_with_an_offset_become_text(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = connection.sql(
        "select interval '90 minutes' as length, timetz '10:00:00+02' as start, 1 as n"
    )

    result = storable(rows)

    assert [str(type_) for type_ in result.types] == ["VARCHAR", "VARCHAR", "INTEGER"]
    assert result.fetchall() == [("PT1H30M", "10:00:00+02", 1)]


def test_other_columns_stay_as_they_are(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("select [1, 2] as numbers, date '2026-01-31' as day")

    assert storable(rows) is rows


@pytest.mark.parametrize("value", ["[interval '1 day']", "{'start': timetz '10:00:00+02'}"])
def test_such_values_in_nested_columns_are_refused(
    connection: duckdb.DuckDBPyConnection, value: str
) -> None:
    with pytest.raises(StepError, match=r"column 'x' is .*, which cannot be stored"):
        storable(connection.sql(f"select {value} as x"))
