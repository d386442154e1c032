"""The Parquet layer: rows are written once, and read back in their types and in their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from medallion.errors import DamagedError
from medallion.layers.parquet import ParquetLayer
from medallion.records import File, Partition, Snapshot
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import types_of
from medallion.storage.local import LocalStorage
from tests.unit.layers.conftest import snapshot


def written(
    storage: LocalStorage,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    query: str,
    name: str = "s",
    layer: ParquetLayer | None = None,
) -> File:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    rows = connection.sql(query)
    (file,) = (layer or ParquetLayer()).write(storage, name, rows, connection, scratch)
    assert list(scratch.iterdir()) == []
    return file


def of_files(types: dict[str, str], *files: File, **fields: Any) -> Snapshot:
    return snapshot(types).model_copy(update={"files": files, **fields})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("'é'", "text"),
        ("9223372036854775807", "int64"),
        ("-9999999999999999999999999999999999999", "int128"),
        ("[99999999999999999999::hugeint]", "list<int128>"),
        ("12.50::decimal(12,2)", "decimal(12,2)"),
        ("'nan'::double", "float64"),
        ("date '0001-01-01'", "date"),
        ("timestamp_s '2024-02-29 12:00:01'", "timestamp(s)"),
        ("[timestamp_ms '2024-02-29 12:00:01.5']", "list<timestamp(ms)>"),
        ("{'a b': [1::integer], 'c': null::varchar}", 'struct<"a b": list<int32>, c: text>'),
        ("null::varchar", "text"),
        ("'\\x00\\xff'::blob", "binary"),
    ],
)
def test_values_and_types_are_kept(
    storage: LocalStorage,
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    value: str,
    kind: str,
) -> None:
    query = f"""select 5::bigint as _row, 7::bigint as _origin, {value} as "v""x" """
    file = written(storage, connection, tmp_path, query)
    assert (file.path, file.rows) == ("s/part-0.parquet", 1)
    relation = ParquetLayer().scan(storage, of_files({'v"x': kind}, file), connection)
    assert relation.columns == ["_row", "_origin", 'v"x']
    assert types_of(relation)['v"x'] == column_type(kind)
    expected = connection.sql(f"select [({value})::varchar]").fetchall()
    assert relation.project('[("v""x")::varchar]').fetchall() == expected
    assert relation.project("_origin").fetchall() == [(7,)]


def test_rows_are_numbered_in_the_order_of_files_unless_their_origin_identifies_them(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    one = written(storage, connection, tmp_path, "select 9::bigint as _origin, 'a' as v", "s/1")
    two = written(
        storage, connection, tmp_path, "select 3::bigint as _origin, unnest(['b', 'c']) as v", "s/2"
    )
    table = of_files({"v": "text"}, one, two)
    rows = ParquetLayer().scan(storage, table, connection).order("_row").fetchall()
    assert rows == [(0, 9, "a"), (1 << 40, 3, "b"), ((1 << 40) + 1, 3, "c")]
    identified = table.model_copy(update={"identified": True})
    rows = ParquetLayer().scan(storage, identified, connection).order("_row, v").fetchall()
    assert rows == [(3, 3, "b"), (3, 3, "c"), (9, 9, "a")]


def test_a_table_without_origins_has_none(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = written(storage, connection, tmp_path, "select 1 as n")
    relation = ParquetLayer().scan(storage, of_files({"n": "int32"}, file), connection)
    assert relation.fetchall() == [(0, None, 1)]


def test_partitions_are_read_with_the_ids_of_their_source_files(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    columns = "1::bigint as _origin, 'a' as v"
    one = written(storage, connection, tmp_path, f"select {columns}", "s/1")
    two = written(
        storage,
        connection,
        tmp_path,
        "select unnest([0, (1::bigint << 34) + 2])::bigint as _origin, unnest(['b', 'c']) as v",
        "s/2",
    )
    partitions = (
        Partition(fingerprint="1", numbers=(4,), rows_in=1, files=(one,)),
        Partition(fingerprint="2", numbers=(0, 6), rows_in=2, files=(two,)),
    )
    table = of_files({"v": "text"}, one, two, partitions=partitions)
    base = 3 << 55
    rows = ParquetLayer().read(storage, table, connection).order("_row").fetchall()
    assert rows == [
        (base, base, "b"),
        (base + (4 << 34) + 1, base + (4 << 34) + 1, "a"),
        (base + (6 << 34) + 2, base + (6 << 34) + 2, "c"),
    ]
    alone = ParquetLayer().read_partitions(storage, table, partitions[:1], connection)
    assert alone.fetchall() == [rows[1]]


def test_a_damaged_file_is_not_read(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = written(storage, connection, tmp_path, "select 1 as n")
    data, _ = storage.read(file.path)
    storage.put(file.path, data[:-1] + b"?")
    with pytest.raises(DamagedError, match=r"s/part-0\.parquet"):
        ParquetLayer().scan(storage, of_files({"n": "int32"}, file), connection)


@pytest.mark.parametrize("compression", ["snappy", "zstd", "uncompressed"])
def test_files_have_the_declared_compression(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path, compression: Any
) -> None:
    layer = ParquetLayer(compression=compression)
    file = written(storage, connection, tmp_path, "select 1 as n", layer=layer)
    path = storage.local(file.path)
    query = f"select distinct compression from parquet_metadata('{path}')"
    assert connection.execute(query).fetchall() == [(compression.upper(),)]
