"""The delta layer: which objects a snapshot has, and what the logs of tables show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

import medallion as md
from medallion.contracts import Layer, Release, Snapshot
from medallion.errors import ConflictError, ExistsError, NotInstalledError, StepError
from medallion.layers.delta.layer import ATTEMPTS, DeltaLayer
from medallion.layers.delta.log import FOLDER, DeltaLog
from medallion.layers.parquet import ParquetLayer
from medallion.records import File, Partition
from medallion.storage.local import LocalStorage
from tests.delta_tables import check_logs
from tests.unit.layers.conftest import MOMENT, snapshot


def release(identity: str) -> Release:
    return Release(
        id=identity,
        pipeline="shop",
        run="r",
        created=MOMENT,
        previous=None,
        tables={},
        layers={},
    )


def written(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, folder: Path, query: str
) -> File:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    (file,) = DeltaLayer().write(storage, "t/s", connection.sql(query), connection, scratch)
    return file


def table(file: File, types: dict[str, str], **fields: Any) -> Snapshot:
    return snapshot(types).model_copy(update={"table": "gold.t", "files": (file,), **fields})


def log(storage: LocalStorage) -> DeltaLog:
    return DeltaLog.read(storage, "t")


def files(storage: LocalStorage, folder: Path) -> dict[str, Any]:
    """The `add` actions of the newest version by path."""
    return dict(log(storage).replay(storage, folder).files)


def no_check() -> None:
    """Nobody else has published."""


def test_types_that_delta_lacks_are_cast_back(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    query = "select 18446744073709551615::ubigint as a, time '01:02:03' as b, 7::utinyint as c"
    file = written(storage, connection, tmp_path, query)
    state = table(file, {"a": "uint64", "b": "time", "c": "uint8"})
    rows = DeltaLayer().scan(storage, state, connection).project("a, b::varchar, c")
    assert rows.fetchall() == [(2**64 - 1, "01:02:03", 7)]
    stored = connection.sql(f"from read_parquet('{storage.local(file.path)}')")
    assert [str(type_) for type_ in stored.types] == ["DECIMAL(20,0)", "VARCHAR", "SMALLINT"]


@pytest.mark.parametrize("query", ['select 1 as "a b"', "select '1'::timestamp_ns as a"])
def test_what_a_delta_table_cannot_have_is_refused(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path, query: str
) -> None:
    with pytest.raises(StepError, match="column 'a"):
        written(storage, connection, tmp_path, query.replace("'1'", "'2025-01-01'"))


def test_the_log_shows_the_snapshot_of_the_release(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    layer: Layer = DeltaLayer()
    file = written(storage, connection, tmp_path, "select 1::bigint as a from range(3)")
    state = table(file, {"a": "int64"})
    layer.activate(storage, release("r1"), {"t": state}, no_check)
    assert (log(storage).version, log(storage).release) == (0, "r1")
    (add,) = files(storage, tmp_path).values()
    assert (add["path"], add["size"]) == ("s/part-0.parquet", file.bytes)
    layer.activate(storage, release("r1"), {"t": state}, no_check)
    assert log(storage).version == 0
    layer.activate(storage, release("r2"), {"t": None}, no_check)
    assert (log(storage).version, log(storage).release) == (1, "r2")
    assert files(storage, tmp_path) == {}


def test_nothing_is_committed_when_a_newer_writer_has_published(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def overtaken() -> None:
        raise ConflictError("a newer writer has published")

    file = written(storage, connection, tmp_path, "select 1::bigint as a")
    tables = {"t": table(file, {"a": "int64"})}
    with pytest.raises(ConflictError):
        DeltaLayer().activate(storage, release("r1"), tables, overtaken)
    assert storage.list(f"t/{FOLDER}") == []


def test_a_log_that_another_program_keeps_writing_to_is_given_up(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = written(storage, connection, tmp_path, "select 1::bigint as a")
    state = table(file, {"a": "int64"})
    times = 0

    def another_program() -> None:
        """Commit first, each time that the layer is about to."""
        nonlocal times
        times += 1
        layer = DeltaLayer()
        layer.activate(storage, release(f"other{times}"), {"t": state}, no_check)

    with pytest.raises(ExistsError, match="another program keeps writing to the log of t"):
        DeltaLayer().activate(storage, release("r1"), {"t": state}, another_program)
    assert times == ATTEMPTS


def test_a_file_of_several_partitions_has_a_copy_for_each_further_one(
    storage: LocalStorage, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    query = "select 0::bigint as _origin, 1::bigint as a"
    file = written(storage, connection, tmp_path, query)
    partitions = tuple(
        Partition(fingerprint=str(number), numbers=(number,), rows_in=1, files=(file,))
        for number in range(3)
    )
    state = table(file, {"a": "int64"}, partitions=partitions)
    layer = DeltaLayer()
    assert layer.layer_state(storage, state) is None
    copies = ["t/s/part-0-2.parquet", "t/s/part-0-3.parquet"]
    assert layer.objects(state) == [file.path, *copies]
    for path in copies:
        assert storage.read(path)[0] == storage.read(file.path)[0]
    layer.activate(storage, release("r1"), {"t": state}, no_check)
    paths = sorted(files(storage, tmp_path))
    assert paths == ["s/part-0-2.parquet", "s/part-0-3.parquet", "s/part-0.parquet"]
    assert layer.objects(table(file, {"a": "int64"})) == [file.path]


YAML = """\
name: small
sinks: {}
layers: {bronze: raw, silver: delta}
tables:
  bronze: {a: {source: "*.csv"}}
  silver: {a: {from: bronze.a}}
"""


def test_without_deltalake_a_lake_is_read_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "medallion.yaml").write_text(YAML)
    (tmp_path / "1.csv").write_text("n\n1\n")
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    first = pipeline.run().release
    (tmp_path / "2.csv").write_text("n\n2\n")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "deltalake", None)  # as if it were not installed
        pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
        with pytest.raises(NotInstalledError, match="layer 'delta' needs deltalake") as caught:
            pipeline.run()
        assert caught.value.hint == "pip install 'medallion-lake[delta]'"
        assert pipeline.lake.release_ids() == [first]
        assert pipeline.lake.table("silver.a").to_pandas()["n"].tolist() == ["1"]
    pipeline.run()
    check_logs(pipeline)


def test_tables_are_computed_again_when_a_parquet_layer_becomes_delta() -> None:
    assert DeltaLayer().stored_as() != ParquetLayer().stored_as()
    assert DeltaLayer(retain=3).stored_as() == DeltaLayer().stored_as()
