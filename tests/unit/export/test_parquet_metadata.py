"""Metadata of Parquet files: replaced, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.export.parquet_metadata import replace_metadata

COLUMNS = {
    "flag": "i % 2 = 0",
    "number": "i::bigint",
    "exact": "(i / 7)::decimal(38, 8)",
    "real": "i / 7",
    "text": "if(i % 5 = 0, null, 'é' || i)",
    "day": "date '2024-01-01' + i::int",
    "moment": "timestamp '2024-01-01 12:00:00.000001' + i * interval 1 second",
}


def write(file: Path, rows: int, columns: dict[str, str], options: str = "") -> None:
    values = ", ".join(f'{value} as "{name}"' for name, value in columns.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {values} from range({rows}) r(i)) to '{file}' (format parquet{options})"
        )


def described(schema: pa.Schema) -> pa.Schema:
    fields = [field.with_metadata({"description": f"About {field.name}"}) for field in schema]
    return pa.schema([pa.field(f.name, f.type, metadata=f.metadata) for f in fields], {"a": "é"})


@pytest.mark.parametrize(
    ("rows", "columns", "options"),
    [
        (0, COLUMNS, ""),
        (100_000, COLUMNS, ", row_group_size 4096, parquet_version v2"),
        # Lists of 15 and more are encoded differently from short ones.
        (3, {f"c{number}": "i" for number in range(40)}, ", kv_metadata {other: 'gone'}"),
    ],
)
def test_rows_stay_and_metadata_is_that_of_the_schema(
    tmp_path: Path, rows: int, columns: dict[str, str], options: str
) -> None:
    file = tmp_path / "t.parquet"
    write(file, rows, columns, options)
    before, layout = pq.read_table(file), pq.read_metadata(file)
    schema = described(before.schema)
    replace_metadata(file, schema)
    after = pq.read_table(file)
    assert after.equals(before)
    assert after.schema.equals(schema, check_metadata=True)
    assert [row_group(file, n) for n in range(layout.num_row_groups)] == [
        layout.row_group(n).to_dict() for n in range(layout.num_row_groups)
    ]
    assert pq.read_metadata(file).created_by == layout.created_by
    with duckdb.connect() as connection:
        assert connection.execute(f"select count(*) from '{file}'").fetchall() == [(rows,)]
    replace_metadata(file, before.schema.remove_metadata())  # what was there is gone
    assert pq.read_schema(file).metadata is None


def row_group(file: Path, number: int) -> object:
    return pq.read_metadata(file).row_group(number).to_dict()


def test_a_file_that_is_not_parquet_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    file.write_bytes(b"0123456789")
    with pytest.raises(ValueError, match="no Parquet file"):
        replace_metadata(file, pa.schema([]))
    assert file.read_bytes() == b"0123456789"
