"""What the base class of layers does for every layer: fingerprints, partitions, and its objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import duckdb
import pytest
from pydantic import ValidationError

from medallion.contracts import Layer, keep_file, literal, local_files
from medallion.errors import DamagedError, MissingError
from medallion.records import Column, File, Origin, Partition, Release, Snapshot
from medallion.storage import Storage
from medallion.storage.digests import forget_digests
from medallion.storage.local import LocalStorage
from medallion.testing.served import START
from medallion.testing.served import snapshot as record

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class Plain(Layer):
    """Parquet files as DuckDB writes them."""

    name: ClassVar[str] = "plain"
    codec: str = "snappy"

    def write(
        self, storage: Storage, folder: str, rows: Relation, connection: Connection, scratch: Path
    ) -> list[File]:
        file = scratch / "rows.parquet"
        rows.write_parquet(str(file))
        return [keep_file(storage, f"{folder}/rows.parquet", file, len(rows.fetchall()))]

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        paths = ", ".join(literal(str(path)) for path in local_files(storage, snapshot))
        return connection.sql(f"select _origin as _row, * from read_parquet([{paths}])")


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "layer")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def snapshot(files: tuple[File, ...], **fields: object) -> Snapshot:
    columns = (Column(name='v "x"', type="text"),)
    return record("s", 0, columns=columns).model_copy(
        update={"files": files, "identified": True, **fields}
    )


def write(storage: Storage, connection: Connection, scratch: Path, name: str, *values: str) -> File:
    rows = ", ".join(f"({number}::bigint, {literal(value)})" for number, value in enumerate(values))
    relation = connection.sql(f'from (values {rows}) t(_origin, "v ""x""")')
    (file,) = Plain().write(storage, name, relation, connection, scratch)
    return file


def test_only_what_changes_the_files_is_part_of_a_fingerprint() -> None:
    stored = Plain().stored_as()
    assert stored == {
        "layer": {"plugin": "plain", "version": 1},
        "kept": {"path": None, "codec": "snappy"},
    }
    assert Plain(retain=3).stored_as() == stored
    assert Plain(codec="zstd").stored_as() != stored
    assert Plain(path="elsewhere").stored_as() != stored


def test_at_least_one_release_is_retained() -> None:
    assert Plain().retain == 10
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Plain(retain=0)


def test_a_file_is_moved_and_recorded(storage: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    file = keep_file(storage, "t/a.bin", tmp_path / "file", 7)
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file == File(path="t/a.bin", bytes=3, rows=7, sha256=digest)
    assert not (tmp_path / "file").exists()
    (local,) = local_files(storage, snapshot((file,)))
    assert local.read_bytes() == b"abc"
    local.write_bytes(b"abd")
    forget_digests()
    with pytest.raises(DamagedError, match=r"t/a\.bin"):
        local_files(storage, snapshot((file,)))
    local.unlink()
    with pytest.raises(MissingError):
        local_files(storage, snapshot((file,)))


def test_a_whole_table_is_scanned(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = write(storage, connection, tmp_path, "whole", "it's", "b")
    rows = Plain().read(storage, snapshot((file,)), connection)
    assert rows.columns == ["_row", "_origin", 'v "x"']
    assert rows.fetchall() == [(0, 0, "it's"), (1, 1, "b")]


def test_partitions_are_read_with_the_ids_of_their_rows_in_the_table(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    one, two = (
        write(storage, connection, tmp_path, name, *values)
        for name, values in (("one", ("a", "b")), ("two", ("c",)))
    )
    parts = tuple(
        Partition(fingerprint=file.path, numbers=(number,), rows_in=2, files=(file,))
        for number, file in ((3, one), (5, two))
    )
    origins = (Origin(number=2, table="bronze.t", snapshot="s"),)
    table = snapshot((one, two), partitions=parts, origins=origins)
    layer = Plain()
    rows = layer.read(storage, table, connection).fetchall()
    assert [value for _, _, value in sorted(rows)] == ["a", "b", "c"]
    assert all(row == origin for row, origin, _ in rows)
    assert len({row for row, _, _ in rows}) == 3
    again = layer.read_partitions(storage, table, parts[1:], connection).fetchall()
    assert again == [row for row in rows if row[2] == "c"]
    removed = tmp_path / "removed.parquet"
    (b,) = (row for row, _, value in rows if value == "b")
    connection.sql(f"select {b}::bigint as _row").write_parquet(str(removed))
    without = table.model_copy(
        update={"removed": keep_file(storage, "removed.parquet", removed, 1)}
    )
    assert sorted(value for _, _, value in layer.read(storage, without, connection).fetchall()) == [
        "a",
        "c",
    ]


def test_the_objects_of_a_snapshot_are_all_its_files() -> None:
    files = [File(path=name, bytes=1, rows=1, sha256=name) for name in "abcd"]
    part = Partition(
        fingerprint="f", numbers=(0,), rows_in=1, files=(files[0],), removed=(files[1],)
    )
    table = snapshot((files[0], files[2]), partitions=(part,), removed=files[3])
    assert Plain().objects(table) == ["a", "c", "b", "d"]
    assert [(item.bytes, item.sha256) for item in Plain().stored(table)] == [
        (1, name) for name in "acbd"
    ]
    assert Plain().objects(snapshot(())) == []


def test_a_layer_without_a_log_keeps_no_state(storage: LocalStorage) -> None:
    assert Plain.has_log is False
    assert Plain().layer_state(storage, snapshot(())) is None
    release = Release(
        id="r", pipeline="p", run="r", created=START, previous=None, tables={}, layers={}
    )
    with pytest.raises(NotImplementedError, match="layer 'plain' has a log, but no `activate`"):
        Plain().activate(storage, release, {}, lambda: None)
