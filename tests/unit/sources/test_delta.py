from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pydantic import ValidationError

from medallion.errors import SourceError, UnreachableError
from medallion.plugins import SOURCES, build
from medallion.secrets import mask
from medallion.sources.delta import DeltaSource
from medallion.testing.data_sources import looked, pulled
from tests.buckets import empty_bucket, make_bucket
from tests.delta_tables import reader_options
from tests.services import Service

ROWS = pa.table(
    {
        "id": [3, 1, 2],
        "day": ["b", "a", "b"],
        "price": pa.array([Decimal("1.10"), None, Decimal(10) ** 27], pa.decimal128(38, 10)),
        "shop": [{"tags": ["x"]}, {"tags": []}, None],
    }
)


def rows(source: DeltaSource) -> pa.Table:
    (data,) = pulled(source).values()
    return pq.read_table(io.BytesIO(data))


def test_types_partitions_and_deletions(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "orders", ROWS, partition_by=["day"])
    source = build(SOURCES, {"delta": "orders"}).located(tmp_path)
    assert source.label == "delta orders"
    assert rows(source).equals(ROWS.sort_by("id"))
    DeltaTable(tmp_path / "orders").delete("id = 2")
    assert rows(source).column("id").to_pylist() == [1, 3]
    DeltaTable(tmp_path / "orders").delete()
    assert rows(source).num_rows == 0


def test_a_version_is_pinned(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    write_deltalake(folder, ROWS)
    newest, first = DeltaSource(path=str(folder)), DeltaSource(path=str(folder), at_version=0)
    before = looked(newest), pulled(first)
    write_deltalake(folder, ROWS, mode="append")
    assert (looked(first), pulled(first)) == before
    assert looked(newest) != before[0]
    assert rows(newest).num_rows == 6
    with pytest.raises(SourceError, match=r"delta .*orders: .*9"):
        looked(DeltaSource(path=str(folder), at_version=9))


def test_another_table_at_a_place_is_another_version(tmp_path: Path) -> None:
    source = DeltaSource(path=str(tmp_path / "a"))
    write_deltalake(tmp_path / "a", ROWS)
    before = looked(source)
    (tmp_path / "a").rename(tmp_path / "b")
    write_deltalake(tmp_path / "a", ROWS)
    assert looked(source) != before


def test_removed_files_are_an_error(tmp_path: Path) -> None:
    write_deltalake(tmp_path, ROWS)
    for file in tmp_path.glob("*.parquet"):
        file.unlink()
    with pytest.raises((SourceError, UnreachableError)) as caught:
        pulled(DeltaSource(path=str(tmp_path)))
    assert caught.value.message.startswith(f"delta {tmp_path}: ")
    assert "\x1b" not in caught.value.message


def test_a_table_on_s3(s3_server: Service) -> None:
    bucket = make_bucket(s3_server)
    given = {"endpoint_url": s3_server.url, "key": s3_server.key, "secret": s3_server.secret}
    options: dict[str, Any] = reader_options(given)
    url = f"s3://{bucket}/orders"
    write_deltalake(url, ROWS, storage_options=options)
    assert rows(DeltaSource(path=url, options=options)).equals(ROWS.sort_by("id"))
    with pytest.raises(SourceError, match="there is no Delta table"):
        looked(DeltaSource(path=f"{url}/2024", options=options))
    empty_bucket(s3_server, bucket)
    with pytest.raises(SourceError, match="NoSuchBucket"):
        looked(DeltaSource(path=url, options=options))


def test_a_store_that_does_not_answer_may_later() -> None:
    options = reader_options({"endpoint_url": "http://127.0.0.1:9", "key": "a", "secret": "s3cret"})
    source = DeltaSource(path="s3://none/orders", options={**options, "max_retries": "0"})
    assert mask("s3cret") == "***"
    assert "s3cret" not in repr(source)
    with pytest.raises(UnreachableError, match="delta s3://none/orders: ") as caught:
        looked(source)
    assert "credentials" in caught.value.hint


def test_other_stores_are_refused() -> None:
    with pytest.raises(ValidationError, match="write a folder or s3://"):
        DeltaSource(path="gs://bucket/orders")
