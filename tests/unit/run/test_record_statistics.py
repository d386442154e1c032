"""Bounds of the values of a column, of all files that share their records and of one of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.records import SourceFile
from medallion.run.record_statistics import chunks_of, own_chunks_of
from medallion.run.source_matches import SourceTable
from tests.unit.run.conftest import Project, source_file


@pytest.fixture
def table(project: Project) -> SourceTable:
    return next(iter(project().context.source_tables()))


def stored(table: SourceTable, query: str, **fields: object) -> SourceFile:
    file = source_file("a", columns={"s": "text", "n": "int64"}, **fields)
    path = Path(table.storage.url, file.records)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{path}' (format parquet)").fetchall()
    return file


def bounds(chunks: list[list[object]]) -> list[tuple[int, int]]:
    return [(chunk.statistics.min, chunk.statistics.max) for (chunk,) in chunks]  # type: ignore[attr-defined]


def test_of_a_file_that_is_alone(table: SourceTable) -> None:
    file = stored(table, "select 'x' as s, n from range(3, 7) t(n)")
    assert bounds(chunks_of(table, file, "n")) == [(3, 6)]
    assert bounds(own_chunks_of(table, file, "n")) == [(3, 6)]


@pytest.mark.parametrize(("place", "own"), [(0, (0, 4)), (1, (5, 9))])
def test_of_files_that_share_their_records(
    table: SourceTable, place: int, own: tuple[int, int]
) -> None:
    query = "select (n // 5 << 34) | (n % 5) as _origin, 'x' as s, n from range(10) t(n)"
    file = stored(table, query, place=place, shared_by=2)
    assert bounds(chunks_of(table, file, "n")) == [(0, 9)]
    assert bounds(own_chunks_of(table, file, "n")) == [own]


def test_nothing_is_said_of_records_with_other_columns(table: SourceTable) -> None:
    file = stored(table, "select 1 as s, 2 as n, 3 as more")
    assert chunks_of(table, file, "n") == []
