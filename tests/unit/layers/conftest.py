"""A storage, a connection and source files for layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from medallion.contracts import literal
from medallion.records import Column, Origin, Snapshot, SourceFile
from medallion.storage.digests import store_file
from medallion.storage.local import LocalStorage

MOMENT = datetime(2025, 1, 2, tzinfo=UTC)
SourceMaker = Callable[..., SourceFile]


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "lake")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def source(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> SourceMaker:
    """`source(name, query, types)` stores the records of a source file."""

    def store(
        name: str,
        query: str,
        types: dict[str, str],
        quarantined: int = 0,
        row_group_size: int = 122_880,
    ) -> SourceFile:
        file = tmp_path / "records"
        options = f"format parquet, row_group_size {row_group_size}"
        copy = f"copy ({query}) to {literal(str(file))} ({options})"
        ((rows,),) = connection.execute(copy).fetchall()
        item = store_file(storage, f"t/records/{name}-0.parquet", file)
        return SourceFile(
            name=name,
            bytes=0,
            sha256="",
            token="",
            arrived=MOMENT,
            form="",
            object=f"t/objects/{name}",
            records=item.path,
            records_bytes=item.bytes or 0,
            records_sha256=item.sha256 or "",
            columns=tuple(Column(name=column, type=kind) for column, kind in types.items()),
            rows=rows + quarantined,
            quarantined=quarantined,
        )

    return store


def snapshot(types: dict[str, str], *sources: SourceFile, number: int = 3) -> Snapshot:
    return Snapshot(
        table="bronze.t",
        id="s",
        fingerprint="f",
        run="r",
        created=MOMENT,
        columns=tuple(Column(name=name, type=kind) for name, kind in types.items()),
        rows=sum(source.rows - source.quarantined for source in sources),
        bytes=0,
        sources=sources,
        origins=(Origin(number=number, table="bronze.t", snapshot="s"),),
    )
