"""A lake and each serving database belong to one pipeline; another, a copy or a lost pointer is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import DamagedError, MedallionError, OwnershipError, StorageError
from medallion.repair import repair
from medallion.storage.sealing import seal
from tests.buckets import empty_bucket, make_bucket, options
from tests.integration import small
from tests.services import Service

Given = tuple[str, dict[str, Any]]


@pytest.fixture(params=["disk", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Given]:
    """The URL of an empty lake, and how to reach it."""
    if request.param == "disk":
        yield str(tmp_path / "lake"), {}
        return
    service: Service = request.getfixturevalue("s3_server")
    bucket = make_bucket(service)
    yield f"s3://{bucket}/lake", options(service)
    empty_bucket(service, bucket)


@pytest.fixture(params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty serving database."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/serving.db"
    url: str = request.getfixturevalue("mongodb_url")
    return url


def project(folder: Path, lake: Given, store: str, name: str = "small", mode: str = "replace") -> md.Pipeline:
    yaml = small.YAML.replace("name: small", f"name: {name}\nlake: {lake[0]}").replace("sqlite:lake/serving.db", store)
    yaml = yaml.replace("indexes: [-revenue]", f"mode: {mode}")
    small.write(folder, yaml)
    return md.Pipeline(md.Pipeline.load(folder / "medallion.yaml").declaration, base=folder, options=lake[1])


def test_another_pipeline_in_the_same_lake_is_refused(tmp_path: Path, lake: Given, store: str) -> None:
    first = project(tmp_path / "a", lake, store)
    release = first.run().release
    second = project(tmp_path / "b", lake, store, name="another")
    for attempt in (second.run, second.plan, second.roll_back, second.collect, second.check_owner):
        with pytest.raises(OwnershipError, match="the lake of pipeline 'small', and this one is 'another'") as error:
            attempt()
        assert "adopt takes" in error.value.hint
    assert first.lake.pointer().release == release
    assert small.in_lake(first) == small.in_store(first) == small.BOTH
    identity = second.adopt()
    assert (identity.pipeline, identity.former) == ("another", ("small",))
    assert second.run().status in ("succeeded", "unchanged")
    with pytest.raises(OwnershipError, match="the lake of pipeline 'another', and this one is 'small'"):
        first.run()


def test_another_lake_on_the_same_store_is_refused(tmp_path: Path, store: str) -> None:
    first = project(tmp_path / "a", (str(tmp_path / "one"), {}), store)
    release = first.run().release
    second = project(tmp_path / "b", (str(tmp_path / "two"), {}), store, name="another")
    with pytest.raises(OwnershipError, match=f"shows release {release} of pipeline 'small'"):
        second.run()
    assert second.lake.current() is None
    assert small.in_store(first) == small.BOTH
    assert first.run().status == "unchanged"
    second.adopt()
    assert small.in_store(first) == small.BOTH
    second.run()
    with pytest.raises(OwnershipError, match="of pipeline 'another'"):
        first.run()


def test_two_lakes_that_meet_on_an_empty_store(tmp_path: Path, store: str) -> None:
    """Both looked when nothing was there; the one that switches second is refused by the database itself."""
    first = project(tmp_path / "a", (str(tmp_path / "one"), {}), store)
    second = project(tmp_path / "b", (str(tmp_path / "two"), {}), store, name="another")

    def overtaken(event: Any) -> None:
        if event.kind == "finished" and event.table == "gold.total":
            second.run()

    with pytest.raises(OwnershipError, match=r"'another'.*'small'"):
        first.run(watch=overtaken)
    shown = second.sinks["serving"].active()
    assert shown is not None
    assert shown.pipeline == "another"


@pytest.mark.parametrize("mode", ["replace", "append", "merge"])
def test_a_lost_pointer_is_refused(tmp_path: Path, store: str, mode: str) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), store, mode=mode)
    release = pipeline.run().release
    before = {entry.path for entry in pipeline.lake.storage.list("")}
    (tmp_path / "lake/current.json").unlink()
    for attempt in (pipeline.run, pipeline.collect):
        with pytest.raises(DamagedError, match=r"current\.json: is lost") as error:
            attempt()
        assert "medallion repair" in error.value.hint
    after = {entry.path for entry in pipeline.lake.storage.list("")}
    assert before - after == {"current.json"}
    assert small.in_store(pipeline) == small.BOTH
    assert list(repair(pipeline))
    assert pipeline.lake.pointer().release == release
    assert pipeline.run().status == "unchanged"
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_a_lake_that_forgot_its_releases_is_refused(tmp_path: Path, store: str) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), store, mode="append")
    release = pipeline.run().release
    for name in ("current.json", "releases", "runs"):
        path = tmp_path / "lake" / name
        path.unlink() if path.is_file() else shutil.rmtree(path)
    with pytest.raises(OwnershipError, match=f"shows release {release} .* which this lake does not know"):
        pipeline.run()
    assert small.in_store(pipeline) == small.BOTH
    pipeline.adopt()
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_a_copy_of_a_lake_is_refused_once_they_differ(tmp_path: Path, store: str) -> None:
    first = project(tmp_path / "a", (str(tmp_path / "a/lake"), {}), store)
    first.run()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    yaml = (tmp_path / "b/medallion.yaml").read_text().replace(str(tmp_path / "a/lake"), str(tmp_path / "b/lake"))
    (tmp_path / "b/medallion.yaml").write_text(yaml)
    copy = small.load(tmp_path / "b")
    assert copy.run().status == "unchanged"
    (tmp_path / "a/data/orders/2024-03.csv").write_text(small.MARCH)
    first.run()
    for _ in range(4):  # each attempt takes a larger token than before
        with pytest.raises(OwnershipError, match="it is a copy of another lake"):
            copy.run()
    assert small.in_store(first) == small.ALL
    former = first.adopt().id
    assert copy.adopt().id != former
    copy.run()
    for _ in range(8):
        with pytest.raises(OwnershipError):
            first.run()


def test_a_lost_identity_is_refused_until_the_lake_is_adopted(tmp_path: Path) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db")
    pipeline.run()
    (tmp_path / "lake/lake.json").unlink()
    with pytest.raises(OwnershipError, match=r"lake\.json is lost") as error:
        pipeline.run()
    assert "medallion adopt" in error.value.hint
    pipeline.adopt()
    assert pipeline.run().status == "unchanged"
    (tmp_path / "lake/lake.json").write_text("{")
    with pytest.raises(DamagedError, match=r"lake\.json") as damage:
        pipeline.run()
    assert "medallion adopt" in damage.value.hint
    pipeline.adopt()
    assert pipeline.run().status == "unchanged"


@pytest.mark.parametrize("record", ["lake.json", "current.json"])
def test_a_lake_of_a_newer_format_is_refused(tmp_path: Path, record: str) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db")
    pipeline.run()
    file = tmp_path / "lake" / record
    body = {**json.loads(file.read_text()), "format": 99}
    del body["sha256"]
    file.write_bytes(seal(json.dumps(body).encode()))
    said = "has format 99, and this version of medallion reads formats up to 1"
    attempts = [pipeline.run, pipeline.plan, pipeline.collect, pipeline.roll_back]
    attempts += [pipeline.lake.current] if record == "current.json" else []
    for attempt in attempts:
        with pytest.raises(StorageError, match=said) as error:
            attempt()
        assert error.value.hint == "upgrade medallion"


def test_a_lake_of_an_older_format_is_computed_again(tmp_path: Path) -> None:
    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db")
    release = pipeline.run().release
    for file in (tmp_path / "lake").rglob("*.json"):  # as they were before lakes had a format
        if file.parent.name != "records" and file.name != "lease.json":
            body = json.loads(file.read_text())
            for name in ("sha256", "format", "sequence", "token"):
                body.pop(name, None)
            file.write_text(json.dumps(body))
    (tmp_path / "lake/lake.json").unlink()
    with closing(sqlite3.connect(tmp_path / "serving.db")) as connection:
        connection.execute("drop table _medallion_owner")
    with pytest.raises(StorageError, match="has format 0, and this version of medallion writes format 1") as error:
        pipeline.run()
    assert error.value.hint.startswith("medallion run --full")
    latest = pipeline.run(md.Selection(full=True))
    assert latest.status == "succeeded"
    assert latest.release != release
    assert pipeline.run().status == "unchanged"
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_releases_are_ordered_by_publication_and_not_by_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock jumps years back and forth between runs."""
    from datetime import UTC, datetime

    pipeline = project(tmp_path / "a", (str(tmp_path / "lake"), {}), f"sqlite:{tmp_path}/serving.db")
    published = []
    for day, year in enumerate((2031, 2020, 2040, 2019), 1):
        moment = datetime(year, 6, 1, tzinfo=UTC)
        for module in ("lake", "execution", "computing", "ingest"):
            monkeypatch.setattr(f"medallion.{module}.now", lambda moment=moment: moment)
        (tmp_path / "a/data/orders/2024-03.csv").write_text(small.MARCH.replace("03-01", f"03-0{day}"))
        published.append(pipeline.run().release)
    assert [release.id for release in pipeline.lake.releases()] == published[::-1]
    assert sorted(str(ident) for ident in published) == published
    assert [run.release for run in pipeline.lake.runs()] == published[::-1]
    assert pipeline.roll_back().id == published[2]
    assert pipeline.roll_back().id == published[1]
    assert pipeline.roll_back().id == published[0]
    with pytest.raises(MedallionError, match="is the first release"):
        pipeline.roll_back()
    (tmp_path / "a/data/orders/2024-03.csv").write_text(small.MARCH.replace("03-01", "03-09"))
    latest = pipeline.run().release
    assert pipeline.lake.releases()[0].id == latest
