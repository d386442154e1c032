"""Parts that two versions share are not read, and the rest differs as the whole does."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.contracts import ROW, Input
from medallion.kernel import partition_groups
from medallion.lineage.differing_parts import differing_parts
from medallion.sql.expressions import columns_sql, public
from tests.unit.kernel.test_partitions import (
    LINES,
    RULES,
    STEPS,
    Change,
    Contents,
    change,
    changed,
    files,
    project,
    write,
)
from tests.unit.lineage.versions import version

DUPLICATES: list[Any] = [{"deduplicate": {"key": "id", "keep": "last"}}]
UNIQUE: list[Any] = [{"unique": "name", "on_fail": "quarantine"}]


@pytest.fixture(autouse=True)
def _partition_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_groups, "SMALL", 1)


def run(pipeline: md.Pipeline, contents: Contents) -> md.Release:
    write(Path(pipeline.base) / "in", contents)
    pipeline.run()
    release = pipeline.lake.current()
    assert release is not None
    return release


def bag(parts: list[duckdb.DuckDBPyRelation]) -> Counter[Any]:
    rows = Counter[Any]()
    for part in parts:
        rows.update(part.project(columns_sql(public(part))).fetchall())
    return rows


def difference(one: Counter[Any], other: Counter[Any]) -> dict[Any, int]:
    return {row: other[row] - one[row] for row in one | other if other[row] != one[row]}


def sides(pipeline: md.Pipeline, table: str, releases: list[md.Release]) -> tuple[Input, Input]:
    one, other = (pipeline.lake.input(release.tables[table], release) for release in releases)
    return one, other


@settings(max_examples=12)
@given(contents=files, changes=st.lists(change, min_size=1, max_size=3))
def test_differing_parts_differ_as_whole_tables_do(
    contents: Contents, changes: list[Change]
) -> None:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        pipeline = project(Path(folder), DUPLICATES, UNIQUE)
        releases = [run(pipeline, contents)]
        for action in changes:
            contents = changed(contents, action)
        releases.append(run(pipeline, contents))
        for table in ("bronze.t", "silver.t"):
            both = sides(pipeline, table, releases)
            whole = [[side.layer.read(side.storage, side.snapshot, connection)] for side in both]
            parts = differing_parts(connection, *both)
            assert difference(*map(bag, parts)) == difference(*map(bag, whole))


def test_files_that_both_versions_have_are_not_read(tmp_path: Path) -> None:
    pipeline = project(tmp_path, STEPS, RULES)
    releases = [run(pipeline, LINES)]
    releases.append(run(pipeline, {**LINES, "c": [("4", "8", "", "x")]}))
    for table in ("bronze.t", "silver.t"):
        one, other = sides(pipeline, table, releases)
        shared = set(one.layer.objects(one.snapshot)) & set(other.layer.objects(other.snapshot))
        assert shared
        for path in shared:
            (tmp_path / "lake" / table.partition(".")[0] / path).unlink()
        with duckdb.connect() as connection:
            parts = differing_parts(connection, one, other)
            assert sum(bag(parts[1]).values()) == 1


def test_a_row_of_a_shared_partition_that_only_one_version_removed(tmp_path: Path) -> None:
    pipeline = project(tmp_path, DUPLICATES, [])
    first = {"a": [("1", "5", "", "x"), ("2", "5", "", "x")], "b": [("3", "5", "", "x")]}
    second = {**first, "b": [("1", "6", "", "y")]}
    releases = [run(pipeline, first), run(pipeline, second)]
    one, other = sides(pipeline, "silver.t", releases)
    assert one.snapshot.partitions[0].files == other.snapshot.partitions[0].files
    with duckdb.connect() as connection:
        before, after = differing_parts(connection, one, other)
        assert sorted(bag(before)) == [("1", "5", "", "x"), ("3", "5", "", "x")]
        assert sorted(bag(after)) == [("1", "6", "", "y")]
        assert ROW in before[0].columns


def test_equal_files_of_two_snapshots_are_not_read(tmp_path: Path) -> None:
    query = "select 1 as a"
    one, other = version(tmp_path, query), version(tmp_path, query)
    assert one.snapshot.files[0].path != other.snapshot.files[0].path
    with duckdb.connect() as connection:
        assert differing_parts(connection, one, other) == ([], [])
        wider = version(tmp_path, "select 1::bigint as a")
        assert [len(parts) for parts in differing_parts(connection, one, wider)] == [1, 1]
