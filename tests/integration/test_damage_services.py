"""Damage to a lake on S3 and in MongoDB is found and repaired; other objects are left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import DamagedError
from medallion.ops.repair import repair, settle
from medallion.ops.verify import Inspection
from medallion.sinks.mongodb.database import connect
from medallion.storage.digests import forget_digests
from tests.integration import small


@pytest.fixture
def pipeline(tmp_path: Path, lake: tuple[str, dict[str, Any]], mongodb_url: str) -> md.Pipeline:
    """A published release in the lake and in MongoDB."""
    url, lake_options = lake
    yaml = small.YAML.replace("tables:", f"lake: {url}\ntables:", 1).replace(
        "sqlite:lake/serving.db", mongodb_url
    )
    small.write(tmp_path / "p", yaml)
    declaration = md.Pipeline.load(tmp_path / "p/medallion.yaml").declaration
    pipeline = md.Pipeline(declaration, base=tmp_path / "p", options=lake_options)
    pipeline.run()
    for folder in ("releases", "runs", "snapshots/gold.total", "gold"):
        pipeline.lake.storage.put(f"{folder}/notes.txt", b"of somebody else")
        pipeline.lake.storage.put(f"{folder}/.hidden.json", b"of somebody else")
    return pipeline


def repaired(pipeline: md.Pipeline) -> list[str]:
    """Repair as the command does; the outcome for each damage."""
    forget_digests()
    outcomes = [item.outcome for item in repair(pipeline)]
    if "recompute" in outcomes:
        pipeline.run()
        outcomes += [item.outcome for item in settle(pipeline)]
    forget_digests()
    assert Inspection(pipeline, thorough=True).damages == []
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    assert pipeline.lake.storage.read("releases/notes.txt")[0] == b"of somebody else"
    assert pipeline.lake.storage.read("runs/.hidden.json")[0] == b"of somebody else"
    return outcomes


def test_nothing_is_damaged(pipeline: md.Pipeline) -> None:
    assert repaired(pipeline) == []


def test_files_of_every_kind(pipeline: md.Pipeline) -> None:
    storage = pipeline.lake.storage
    snapshot = pipeline.lake.table("silver.orders").snapshot
    silver = f"silver/{snapshot.files[0].path}"
    bronze = f"bronze/{pipeline.lake.table('bronze.orders').snapshot.sources[0].object}"
    for path in (silver, bronze, "plain.json"):
        data = storage.read(path)[0]
        storage.put(path, data[:-5] + b"other")
    forget_digests()
    with pytest.raises(DamagedError, match="silver/orders"):
        pipeline.lake.table("silver.orders").to_arrow()
    assert {Path(item.path).name for item in Inspection(pipeline).damages} >= {
        Path(path).name for path in (silver, bronze, "plain.json")
    }
    assert "lost" not in repaired(pipeline)


def test_truncated_and_missing_records(pipeline: md.Pipeline) -> None:
    storage = pipeline.lake.storage
    current = pipeline.lake.current()
    assert current
    storage.put("current.json", storage.read("current.json")[0][:20])
    storage.delete(f"runs/{current.run}.json")
    with pytest.raises(DamagedError, match=r"current\.json"):
        pipeline.run()
    with pytest.raises(DamagedError, match=r"current\.json"):
        pipeline.collect()
    repaired(pipeline)
    restored = pipeline.lake.current()
    assert restored == current


def test_missing_documents(pipeline: md.Pipeline, mongodb_url: str) -> None:
    current = pipeline.lake.current()
    assert current
    name = current.served["serving"]["by_client"].name
    with connect(mongodb_url) as client:
        client.get_default_database()[name].delete_one({})
    (damage,) = Inspection(pipeline).damages
    assert damage.kind == "sink"
    assert "by_client" in damage.place
    assert repaired(pipeline) == ["repaired"]
