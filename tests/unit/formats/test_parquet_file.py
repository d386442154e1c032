"""The Parquet files of records: their rows, columns and timestamps in nanoseconds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.errors import StorageError
from medallion.formats import parquet_file
from medallion.records import Column
from medallion.records.column_type import column_type

NANOSECONDS = column_type("timestamptz(ns)")


def test_a_query_is_written_in_order_and_read_back_from_any_path(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    folder = tmp_path / "key=1"
    folder.mkdir()
    part = folder / "a[1]*'?.part"
    (folder / "a1x.part").write_text("another file that the pattern would find")
    query = 'select n, \'é\' as "a""b" from range(3) t(n) order by n desc'
    assert parquet_file.write(query, part, connection) == 3
    rows = connection.execute(f"from {parquet_file.scan(part)}").fetchall()
    assert rows == [(2, "é"), (1, "é"), (0, "é")]
    assert parquet_file.columns(part, connection) == (
        Column(name="n", type="int64"),
        Column(name='a"b', type="text"),
    )


def test_a_file_that_cannot_be_written_is_an_error_of_the_storage(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    part = tmp_path / "missing" / "part"
    with pytest.raises(StorageError, match="part: cannot be written") as error:
        parquet_file.write("select 1 as a", part, connection)
    assert "nothing was published" in (error.value.hint or "")
    gone = parquet_file.scan(tmp_path / "gone")
    with pytest.raises(duckdb.IOException):
        parquet_file.write(f"from {gone}", tmp_path / "part", connection)


def test_columns_with_zoned_nanoseconds_are_found_also_in_nested_values(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    part = tmp_path / "part"
    at = "'2025-01-02 03:04:05.123456789+00'::timestamptz_ns"
    query = f"""select {at} as at, [{at}] as list, {{'a': {{'b': {at}}}}} as struct,
        '2025-01-02 03:04:05.123456789'::timestamp_ns as local, now() as micro, 1 as n"""
    parquet_file.write(query, part, connection)
    types = parquet_file.zoned_nanoseconds(part, connection)
    assert {name: str(type_) for name, type_ in types.items()} == {
        "at": "timestamptz(ns)",
        "list": "list<timestamptz(ns)>",
        "struct": "struct<a: struct<b: timestamptz(ns)>>",
    }


@pytest.mark.parametrize(
    ("nanoseconds", "microseconds"),
    [
        (0, 0),
        (999, 0),
        (1_000, 1),
        (1_999, 1),
        (-1, -1),
        (-1_000, -1),
        (-1_001, -2),
        (1_735_787_045_123_456_789, 1_735_787_045_123_456),
        (-62_135_596_800_000_000_1, -62_135_596_800_000_1),
    ],
)
def test_nanoseconds_are_truncated_to_the_microsecond_before(
    connection: duckdb.DuckDBPyConnection, nanoseconds: int, microseconds: int
) -> None:
    source = f"(select make_timestamp_ns({nanoseconds}::bigint)::timestamptz_ns as x)"
    connection.execute("set timezone = 'UTC'").fetchall()
    (cut,) = parquet_file.cut_to_microseconds({"x": NANOSECONDS})
    query = f"select epoch_us(x) from (select {cut} from {source})"
    assert connection.execute(query).fetchall() == [(microseconds,)]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("[{at}, null]", "list<timestamptz(ns)>", "['{cut}', NULL]"),
        ("[[{at}], null]", "list<list<timestamptz(ns)>>", "[['{cut}'], NULL]"),
        (
            """{{'a b': {at}, 'n': 1}}""",
            'struct<"a b": timestamptz(ns), n: int32>',
            "{{'a b': '{cut}', 'n': 1}}",
        ),
        ("map {{'k': {at}}}", "map<text, timestamptz(ns)>", "{{k='{cut}'}}"),
        ("null::struct(a timestamptz_ns)", "struct<a: timestamptz(ns)>", None),
    ],
)
def test_nested_nanoseconds_are_truncated_in_place(
    connection: duckdb.DuckDBPyConnection, value: str, kind: str, expected: str | None
) -> None:
    connection.execute("set timezone = 'UTC'").fetchall()
    value = value.format(at="'2025-01-02 03:04:05.123456789+00'::timestamptz_ns")
    (cut,) = parquet_file.cut_to_microseconds({'x"y': column_type(kind)})
    query = f'select "x""y"::varchar from (select {cut} from (select {value} as "x""y"))'
    text = expected and expected.format(cut="2025-01-02 03:04:05.123456+00")
    assert connection.execute(query).fetchall() == [(text,)]
