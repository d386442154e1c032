"""A layer with a log of its own keeps in each snapshot where it is in that log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

import medallion as md
from medallion.layers.parquet import ParquetLayer
from medallion.records import Snapshot
from medallion.storage import Storage
from medallion.storage.digests import Stored
from tests.integration import small

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation


class LoggedLayer(ParquetLayer):
    """Parquet files, and a numbered log of each table that lists the files of its versions."""

    name: ClassVar[str] = "logged"

    def layer_state(self, storage: Storage, snapshot: Snapshot) -> dict[str, JsonValue] | None:
        folder = f"{snapshot.table.partition('.')[2]}/log"
        version = 1 + max((int(Path(item.path).stem) for item in storage.list(folder)), default=0)
        paths = [file.path for file in snapshot.files]
        storage.create(f"{folder}/{version}.json", json.dumps(paths).encode())
        return {"log": f"{folder}/{version}.json", "version": version}

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        assert snapshot.layer_state
        return [*super().stored(snapshot), Stored(str(snapshot.layer_state["log"]))]

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        assert snapshot.layer_state
        logged = json.loads(storage.read(str(snapshot.layer_state["log"]))[0])
        assert logged == [file.path for file in snapshot.files]
        return super().scan(storage, snapshot, connection)


def load(folder: Path, retain: int = 10) -> md.Pipeline:
    declaration = md.Pipeline.load(folder / "medallion.yaml").declaration
    layers = {**declaration.layers, "gold": LoggedLayer(retain=retain)}
    return md.Pipeline(declaration.model_copy(update={"layers": layers}), base=folder)


def state_of(pipeline: md.Pipeline, table: str) -> dict[str, JsonValue] | None:
    release = pipeline.lake.current()
    assert release
    return release.tables[table].layer_state


def test_a_layer_gets_back_the_state_that_it_returned(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = load(tmp_path)
    pipeline.run()
    first = {"log": "total/log/1.json", "version": 1}
    assert state_of(pipeline, "gold.total") == first
    assert pipeline.lake.table("gold.total").to_pandas()["orders"].tolist() == [3]
    assert state_of(pipeline, "silver.orders") is None
    record = next((tmp_path / "lake/snapshots/silver.orders").iterdir()).read_text()
    assert "layer_state" not in record

    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline = load(tmp_path)
    pipeline.run()
    assert state_of(pipeline, "gold.total") == {"log": "total/log/2.json", "version": 2}
    (tmp_path / "data/orders/2024-03.csv").unlink()
    pipeline = load(tmp_path)
    pipeline.run()  # uses the first snapshot again, with its state
    assert state_of(pipeline, "gold.total") == first
    active = pipeline.sinks["serving"].active()
    assert active
    assert active.tables["gold.total"].layer_state is None


def test_objects_of_a_log_stay_as_long_as_their_snapshots(tmp_path: Path) -> None:
    small.write(tmp_path)
    load(tmp_path).run()
    log = tmp_path / "lake/gold/total/log"
    for number in range(1, 4):
        (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH.replace("100", f"{number}"))
        pipeline = load(tmp_path, retain=2)
        pipeline.run()
        pipeline.collect()
    assert sorted(path.name for path in log.iterdir()) == ["3.json", "4.json"]
