"""A DuckDB file has each table with its types, values and comments."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.export.duckdb_file import DatabaseTable, write_database
from medallion.records import TableDescription
from medallion.sql.duckdb_types import columns_of, types_of

VALUES = {
    "whole": "12::hugeint",
    "large": "18446744073709551615::ubigint",
    "price": "1234567890123456789012.0123456789::decimal(38,10)",
    "ratio": "'nan'::double",
    "said": "'it''s \"quoted\"'",
    "day": "date '2024-02-29'",
    "moment": "timestamptz '2024-03-31 00:30:00+00'",
    "fine": "timestamp_ns '2024-01-01 00:00:00.123456789'",
    "clock": "time '23:59:59.999999'",
    "key": "'6f1c0f4c-4a1e-4c8e-9d0c-1b2a3c4d5e6f'::uuid",
    "bytes": "'\\xAA\\x00'::blob",
    "document": "'{\"a\":[1,2]}'::json",
    "tags": "['a', null]",
    "place": "{'x': 1, 'y z': 2.5}",
    "missing": "null::integer",
}


def test_types_and_values_are_those_of_the_table(tmp_path: Path) -> None:
    values = ", ".join(f'{sql} as "{name}"' for name, sql in VALUES.items())
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.sql(f"select {values}")
        expected = [(*row, *map(str, rows.types)) for row in rows.fetchall()]
        description = TableDescription(text="One 'row'", columns={"price": "in euros"})
        table = DatabaseTable(
            "a b", columns_of(types_of(rows)), description, rows.to_arrow_reader()
        )
        write_database(tmp_path / "t.duckdb", {"release": "r'1"}, [table])
    with duckdb.connect(str(tmp_path / "t.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.sql('from "a b"')
        assert str([(*row, *map(str, rows.types)) for row in rows.fetchall()]) == str(expected)
        assert connection.sql("from medallion.release").fetchall() == [("r'1",)]
        comments = "select comment from {}() where comment is not null"
        assert connection.sql(comments.format("duckdb_tables")).fetchall() == [("One 'row'",)]
        assert connection.sql(comments.format("duckdb_columns")).fetchall() == [("in euros",)]


def test_a_table_of_many_batches_keeps_its_order(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        rows = connection.sql("select range as n from range(300_000)")
        table = DatabaseTable(
            "t", columns_of(types_of(rows)), TableDescription(), rows.to_arrow_reader(1000)
        )
        write_database(tmp_path / "t.duckdb", {"release": "1"}, [table])
    with duckdb.connect(str(tmp_path / "t.duckdb"), read_only=True) as connection:
        assert connection.sql("select count(*), bool_and(n = rowid) from t").fetchall() == [
            (300_000, True)
        ]


def test_an_existing_file_is_not_added_to(tmp_path: Path) -> None:
    write_database(tmp_path / "t.duckdb", {"release": "1"}, [])
    with pytest.raises(duckdb.CatalogException):
        write_database(tmp_path / "t.duckdb", {"release": "2"}, [])
