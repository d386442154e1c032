"""Runs, MongoDB and S3 killed at any instant: one complete release, recovery, no leftovers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import ServiceError
from medallion.lake.corrections import correction_log
from medallion.sinks.mongodb.sink import MongoDB
from medallion.storage.object_store import RemoteStorage
from medallion.testing.served import items, publish
from tests import instants
from tests.buckets import empty_bucket, make_bucket
from tests.corrected import correct
from tests.integration import killing, small
from tests.integration.served_project import (
    IMPATIENT,
    MEDIANS,
    ON_S3,
    YAML,
    Project,
    figures,
    made,
)
from tests.services import Service, Unavailable, mongod, weed

KINDS = (RemoteStorage, MongoDB, *killing.SERVER)
PARTS = 2
STRIDE = 1 if instants.KILLS > instants.FEWEST else 7  # of the writes before which a run is killed


def in_a_child(work: Callable[[], object]) -> None:
    """Do it in a child process, so that its threads do not disturb the next fork."""
    assert killing.Child(work).result() == ""


def published(folder: Path, url: str, yaml: str = YAML, **settings: str) -> Project:
    in_a_child(lambda: made(folder, url, yaml, **settings))
    return Project(folder, number=1, after=figures(1))


def bucket_of(service: Service, folder: Path) -> str:
    """Create a bucket and return its name."""
    told = folder / "bucket"
    in_a_child(lambda: told.write_text(make_bucket(service)))
    return told.read_text()


def on_s3(service: Service, bucket: str) -> dict[str, str]:
    return {
        "LAKE": f"s3://{bucket}/lake",
        "MEDALLION_S3_ENDPOINT_URL": service.url,
        "AWS_ACCESS_KEY_ID": service.key,
        "AWS_SECRET_ACCESS_KEY": service.secret,
    }


@pytest.fixture
def project(tmp_path: Path, mongodb_url: str, s3_server: Service) -> Iterator[Project]:
    """A project with its lake on S3 and its store in MongoDB."""
    bucket = bucket_of(s3_server, tmp_path)
    yield published(tmp_path / "project", mongodb_url, ON_S3, **on_s3(s3_server, bucket))
    in_a_child(lambda: empty_bucket(s3_server, bucket))


@pytest.mark.parametrize("first", range(1, PARTS + 1))
def test_a_run_killed_before_writes_to_a_server(project: Project, first: int) -> None:
    """Every seventh write, or with more kills every write, divided over several tests."""
    for point in count(first * STRIDE, PARTS * STRIDE):
        project.prepare()
        name = killing.run_killed_at(project.folder, point, after=False, kinds=KINDS)
        if name is None:
            break
        in_a_child(partial(project.recover, f"killed before point {point}: {name}"))
    assert point > 40
    in_a_child(project.check_litter)


def test_every_kind_of_write_is_covered(project: Project) -> None:
    project.prepare()
    named = killing.writes_of(project.folder, KINDS)
    for part in (
        "RemoteStorage.swap lease.json",
        "RemoteStorage.put_file",
        "RemoteStorage.put releases/",
        "RemoteStorage.swap current.json",
        "RemoteStorage.delete",
        "MongoDB.load",
        "MongoDB.activate",
        "Collection.insert_many by_client__",
        "Collection.aggregate by_client__",
        "Collection.rename",
        "Collection.update_one _medallion_active",
        "Database.command",
        "MongoDB.prune",
        "Database.drop_collection",
    ):
        assert any(name.startswith(part) for name in named), part


def test_a_run_killed_while_mongodb_loads_differences(
    tmp_path: Path, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.as_large(monkeypatch)
    project = published(tmp_path / "project", mongodb_url, MEDIANS)

    def recover(where: str) -> None:
        small.clients(small.load(project.folder))
        project.recover(where)
        rows = small.clients(small.load(project.folder))
        assert [row["client_id"] for row in rows] == ["a", "b"], where

    kinds = (MongoDB, *killing.SERVER)
    project.prepare()
    names = killing.writes_of(project.folder, kinds)
    loads = [n for n, name in enumerate(names, 1) if name.startswith("MongoDB.load_changes")]
    assert len(loads) == 2
    for part in ("create_collection", "aggregate", "delete_many", "insert_many", "rename"):
        assert any(part in name for name in names[loads[0] : loads[1]]), part
    last = next(n for n, name in enumerate(names, 1) if name.startswith("MongoDB.activate"))
    for point in range(loads[0] + 1, last + 2, min(STRIDE, 3)):
        project.prepare()
        name = killing.run_killed_at(project.folder, point, after=False, kinds=kinds)
        in_a_child(partial(recover, f"killed before point {point}: {name}"))
    in_a_child(project.check_litter)


def test_a_run_killed_at_random_moments(project: Project) -> None:
    def prepared() -> Path:
        project.prepare()
        return project.folder

    killing.at_random_moments(
        0.4, prepared, lambda where: in_a_child(partial(project.recover, where))
    )
    in_a_child(project.check_litter)


def stored(pipeline: md.Pipeline) -> None:
    correct(pipeline, {1: {"amount": "3.50"}})


def purged(pipeline: md.Pipeline) -> None:
    for ident in correction_log(pipeline.lake).active:
        pipeline.corrections.revoke(ident, purge=True)


def check_corrections(folder: Path, where: str) -> None:
    """After a kill, a correction is stored whole or not, and purged whole in the end."""
    pipeline = small.load(folder)
    former = correction_log(pipeline.lake)
    assert len(former.active) <= 1, where
    for each in former.all:
        assert each.purged or each.values == {"amount": "3.50"}, where
    if not former.active:
        stored(pipeline)
    assert len(correction_log(pipeline.lake).active) == 1, where
    purged(pipeline)
    pipeline.collect()
    log = correction_log(pipeline.lake)
    assert all(each.purged for each in log.all), where


def test_corrections_killed_before_each_write_to_s3(project: Project) -> None:
    for work, least in ((stored, 3), (purged, 4)):
        for point in count(1, 1 if STRIDE == 1 else 2):
            if work is purged:
                in_a_child(lambda: stored(small.load(project.folder)))
            name = killing.run_killed_at(
                project.folder, point, after=False, kinds=(RemoteStorage,), work=work
            )
            where = f"{work.__name__} before point {point}: {name}"
            in_a_child(partial(check_corrections, project.folder, where))
            if name is None:
                break
        assert point > least, work.__name__


def test_a_run_that_applies_a_correction_is_killed_before_writes(project: Project) -> None:
    """Lake and store have all of the correction or nothing, and the next run applies it."""
    project.before, project.after = figures(1), (figures(1)[0] + 1, figures(1)[1] + Decimal("3.5"))

    def as_before() -> None:
        pipeline = small.load(project.folder)
        purged(pipeline)
        pipeline.run()
        stored(pipeline)

    for point in count(1, 3 * STRIDE):
        in_a_child(as_before)
        name = killing.run_killed_at(project.folder, point, after=False, kinds=KINDS)
        if name is None:
            break
        in_a_child(partial(project.recover, f"killed before point {point}: {name}"))
    assert point > 30


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data folder of a server that a test starts, kills and starts again."""
    (tmp_path / "data").mkdir()
    try:
        yield tmp_path / "data"
    except Unavailable as reason:
        pytest.skip(str(reason))


def run_and_kill(
    service: Service, project: Project, point: int, kinds: Sequence[type[Any]], said: str
) -> None:
    """Run, and kill the server at the n-th write of these kinds; the error has a remedy."""
    process = service.process
    assert process

    def run() -> None:
        killing.strike_at(point, lambda _: os.kill(process.pid, signal.SIGKILL), kinds=kinds)
        original = small.load(project.folder)
        options = {
            **(original.lake.options or {}),
            "patience": 1,
            "read_timeout": 30,
            "connect_timeout": 30,
        }
        pipeline = md.Pipeline(original.declaration, base=project.folder, options=options)
        with pytest.raises(ServiceError, match=said) as error:
            pipeline.run()
        assert "server" in error.value.hint

    in_a_child(run)
    assert process.wait(120) == -signal.SIGKILL
    instants.tried[instants.SERVER_KILLED] += 1


def test_mongodb_killed_during_runs_and_started_again(tmp_path: Path, data: Path) -> None:
    project = None
    for point in (2, 6, 10, 13, 15, None):
        with mongod(data) as service:
            url = f"{service.url}/shop?{IMPATIENT}"
            if project:
                project.store_at(url)
                check_recovered(project)
            project = project or published(tmp_path / "project", url)
            if point:
                project.prepare()
                said = f"{service.url}/shop: cannot be reached"
                run_and_kill(service, project, point, killing.SERVER, said)


def test_s3_killed_during_runs_and_started_again(
    tmp_path: Path, data: Path, mongodb_url: str
) -> None:
    project, bucket = None, ""
    for point in (2, 9, 16, None):
        with weed(data) as service:
            bucket = bucket or bucket_of(service, tmp_path)
            settings = on_s3(service, bucket)
            if project:
                project.store_at(mongodb_url, **settings)
                check_recovered(project)
            project = project or published(tmp_path / "project", mongodb_url, ON_S3, **settings)
            if point:
                project.prepare()
                run_and_kill(service, project, point, (RemoteStorage,), service.url)


def check_recovered(project: Project) -> None:
    in_a_child(partial(project.recover, f"server killed in run {project.number}"))
    in_a_child(project.check_litter)


def test_a_published_release_survives_a_server_crash(data: Path) -> None:
    with mongod(data) as service:
        sink = MongoDB(url=f"{service.url}/shop")
        publish(sink, "first", items(20))
        second = publish(sink, "second", items())
        assert service.process
        service.process.kill()
        service.process.wait()
    with mongod(data) as service:
        sink = MongoDB(url=f"{service.url}/shop")
        assert sink.active() == second
        store = sink.store()
        assert store.count("items", md.Query()) == 60
        store.close()
