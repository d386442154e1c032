"""Logs of layers are brought up to date with the published release, also of tables that are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

import medallion as md
from medallion.contracts import Storage
from medallion.errors import LeaseError
from medallion.identifiers import next_id, now
from medallion.lake.lake import Lake
from medallion.lake.layer_logs import PATH, activate_logs
from medallion.layers.delta.layer import DeltaLayer
from medallion.layers.delta.log import DeltaLog
from medallion.layers.parquet import ParquetLayer
from medallion.records import Column, Release, Snapshot
from medallion.storage.sealed_records import read_record
from tests.integration import small


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    layers = {"silver": ParquetLayer(), "gold": DeltaLayer()}
    return Lake(str(tmp_path / "lake"), base=tmp_path, layers=layers)


def publish(lake: Lake, *tables: str) -> Release:
    """A published release of tables without rows."""
    pointer = lake.pointer()
    columns = (Column(name="a", type="int64"),)
    fields: dict[str, Any] = {"fingerprint": "f", "run": "r", "created": now(), "columns": columns}
    snapshots = {
        name: Snapshot(table=name, id=f"s-{name}", rows=0, bytes=0, **fields) for name in tables
    }
    release = Release(
        id=next_id(pointer.release),
        pipeline="shop",
        run="r",
        created=now(),
        sequence=pointer.sequence + 1,
        previous=pointer.release,
        tables=snapshots,
        layers={
            name: {"type": layer.name, **layer.model_dump(mode="json")}
            for name, layer in lake.layers.items()
        },
    )
    for snapshot in snapshots.values():
        lake.put_snapshot(snapshot)
    lake.publish(release, pointer, None)
    return release


def shown(lake: Lake) -> dict[str, str | None]:
    """The release that each log in the gold layer shows."""
    storage = lake.layer_storage("gold", lake.layers["gold"])
    tables = sorted(path.name for path in Path(storage.url).iterdir())
    return {table: DeltaLog.read(storage, table).release for table in tables}


def recorded(lake: Lake) -> tuple[str, list[str]]:
    record = read_record(lake.storage, PATH)
    return record["release"], [item["table"] for item in record["tables"]]


def test_every_log_shows_the_published_release(lake: Lake, tmp_path: Path) -> None:
    release = publish(lake, "silver.a", "gold.a", "gold.b")
    activate_logs(lake, release)
    assert shown(lake) == {"a": release.id, "b": release.id}
    assert recorded(lake) == (release.id, ["gold.a", "gold.b"])
    assert not (tmp_path / "lake/silver").exists()


def test_tables_without_a_log_need_no_record(lake: Lake) -> None:
    activate_logs(lake, publish(lake, "silver.a"))
    assert lake.storage.info(PATH) is None


def test_the_log_of_a_table_that_is_gone_follows_too(lake: Lake) -> None:
    activate_logs(lake, publish(lake, "gold.a", "gold.b"))
    release = publish(lake, "gold.b")
    activate_logs(lake, release)
    assert shown(lake) == {"a": release.id, "b": release.id}
    assert recorded(lake) == (release.id, ["gold.b"])


def test_logs_that_are_recorded_are_looked_at_only_again(lake: Lake, tmp_path: Path) -> None:
    release = publish(lake, "gold.a")
    activate_logs(lake, release)
    (log,) = (tmp_path / "lake/gold/a/_delta_log").iterdir()
    log.unlink()
    activate_logs(lake, release)
    assert not log.exists()
    activate_logs(lake, release, again=True)
    assert log.exists()


def test_a_newer_writer_ends_it(lake: Lake, tmp_path: Path) -> None:
    release = publish(lake, "gold.a")
    publish(lake, "gold.a")
    with pytest.raises(LeaseError, match=f"has published since release {release.id}"):
        activate_logs(lake, release)
    assert not (tmp_path / "lake/gold/a/_delta_log").exists()
    assert recorded(lake) == ("", ["gold.a"])


def test_a_damaged_record_is_moved_aside_and_written_again(lake: Lake, tmp_path: Path) -> None:
    release = publish(lake, "gold.a")
    activate_logs(lake, release)
    lake.storage.put(PATH, b"{}")
    activate_logs(lake, release)
    assert recorded(lake) == (release.id, ["gold.a"])
    (moved,) = (path for path in (tmp_path / "lake/damaged").rglob("*") if path.is_file())
    assert moved.read_bytes() == b"{}"


Call = tuple[str, dict[str, str | None]]


class NotedLayer(ParquetLayer):
    """Notes each call of `activate`: the release, and the snapshots by table."""

    name: ClassVar[str] = "noted"
    has_log: ClassVar[bool] = True
    calls: ClassVar[list[Call]] = []

    def activate(
        self,
        storage: Storage,
        release: Release,
        tables: Mapping[str, Snapshot | None],
        check: Callable[[], None],
    ) -> None:
        check()
        self.calls.append((release.id, {name: item and item.id for name, item in tables.items()}))


@pytest.fixture
def calls() -> list[Call]:
    NotedLayer.calls.clear()
    return NotedLayer.calls


def load(folder: Path, gold: Any = None) -> md.Pipeline:
    declaration = md.Pipeline.load(folder / "medallion.yaml").declaration
    layers = {**declaration.layers, "gold": gold or NotedLayer()}
    return md.Pipeline(declaration.model_copy(update={"layers": layers}), base=folder)


def ids(release: Release | None) -> dict[str, str]:
    assert release
    return {
        name.removeprefix("gold."): snapshot.id
        for name, snapshot in release.tables.items()
        if name.startswith("gold.")
    }


def test_each_publication_and_rollback_activates_once(tmp_path: Path, calls: list[Call]) -> None:
    small.write(tmp_path)
    pipeline = load(tmp_path)
    first = pipeline.run().release
    assert calls == [(first, ids(pipeline.lake.current()))]
    pipeline.run()
    pipeline.collect()
    assert len(calls) == 1
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    second = pipeline.run().release
    pipeline.roll_back()
    assert [release for release, _ in calls] == [first, second, first]
    assert calls[2] == calls[0]
