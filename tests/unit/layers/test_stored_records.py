"""SQL of the records of source files: as the table types them, or as they are."""

from __future__ import annotations

import duckdb
import pytest

from medallion.layers.stored_records import typed_records, untyped_records
from medallion.storage.local import LocalStorage
from tests.unit.layers.conftest import SourceMaker, snapshot


@pytest.mark.parametrize(("places", "groups"), [(range(4096, 4098), 1), (range(4095, 4097), 2)])
def test_only_the_row_groups_with_the_positions_are_read(
    storage: LocalStorage,
    connection: duckdb.DuckDBPyConnection,
    source: SourceMaker,
    places: range,
    groups: int,
) -> None:
    types = {"a": "text"}
    # DuckDB divides row groups where it has a batch of rows: at a multiple of 2048.
    file = source("one", "select n::varchar as a from range(9000) t(n)", types, row_group_size=2048)
    table = snapshot(types, file)
    ((typed, columns),) = typed_records(storage, table, places)
    ((untyped, fields),) = untyped_records(storage, table, places, {0})
    expected = [(str(place),) for place in places]
    assert connection.sql(f"select {columns} from ({typed})").fetchall() == expected
    values = connection.sql(f"select f.a from (select {fields} as f from ({untyped}))")
    assert values.fetchall() == expected
    plan = str(connection.sql(f"explain analyze {typed}").fetchall())
    assert f"Row Groups Scanned: {groups} / 5" in plan


def test_a_column_that_only_files_that_are_not_read_have_is_null(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, source: SourceMaker
) -> None:
    files = [
        source("one", "select '1' as a", {"a": "text"}),
        source("two", "select '2' as a, 'x' as b", {"a": "text", "b": "text"}),
    ]
    table = snapshot({"a": "text", "b": "text"}, *files)
    for wanted, expected in (({0}, [("1", None)]), ({0, 1}, [("1", None), ("2", "x")])):
        ((records, fields),) = untyped_records(storage, table, None, wanted)
        values = connection.sql(f"select f.a, f.b from (select {fields} as f from ({records}))")
        assert values.order("a").fetchall() == expected
