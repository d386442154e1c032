"""Runs and servers killed at any instant while publishing to MongoDB: one release is whole, the next run recovers."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import SinkError
from medallion.sinks.mongodb import MongoDB
from medallion.testing.served import items, publish
from tests.integration import killing, small
from tests.integration.mongodb_project import IMPATIENT, Project, figures, made
from tests.services import Unavailable, mongod

KINDS = (MongoDB, *killing.SERVER)
KILLS = int(os.environ.get("MEDALLION_KILLS", "40"))
"""How many random instants to try."""


def in_a_child(work: Callable[[], object]) -> None:
    """Do it in a process of its own, so that no thread of it is in the way of the next fork."""
    assert killing.Child(work).result() == ""


def published(folder: Path, url: str) -> Project:
    in_a_child(lambda: made(folder, url))
    return Project(folder, number=1, after=figures(1))


@pytest.fixture
def project(tmp_path: Path, mongodb_url: str) -> Project:
    return published(tmp_path / "project", mongodb_url)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_killed_at_every_write_to_the_server(project: Project, after: bool) -> None:
    points: list[str] = []
    while True:
        project.prepare()
        point = killing.run_killed_at(project.folder, len(points) + 1, after=after, kinds=KINDS)
        if point is None:
            break
        points.append(point)
        in_a_child(partial(project.recover, f"killed {'after' if after else 'before'} point {len(points)}: {point}"))
    in_a_child(project.check_litter)
    print(f"{len(points)} points:", *points, sep="\n  ")
    named = " ".join(points)
    for part in (
        "MongoDB.load",
        "MongoDB.activate",
        "Collection.insert_many by_client__",
        "Collection.rename",
        "Collection.update_one _medallion_active",
        "Database.command",
        "MongoDB.prune",
        "Database.drop_collection",
    ):
        assert part in named


def test_a_run_killed_at_random_moments(project: Project) -> None:
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    longest, cut = 0.5, 0
    while cut < KILLS:
        project.prepare()
        moment = chance.uniform(0.01, longest)
        if killing.run_killed_after(project.folder, moment):
            cut += 1
            longest = min(longest * 1.1, 10)
        else:  # it had ended by then: aim shorter
            longest = max(longest * 0.8, 0.1)
        in_a_child(partial(project.recover, f"killed after {moment:.3f} s, seed {seed}"))
    in_a_child(project.check_litter)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The folder of a mongod that a test starts, kills and starts again."""
    (tmp_path / "data").mkdir()
    try:
        yield tmp_path / "data"
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("point", [2, 5, 9, 12, 15, 18])
def test_a_server_killed_during_a_run_and_started_again(tmp_path: Path, data: Path, point: int) -> None:
    with mongod(data) as service:
        project = published(tmp_path / "project", f"{service.url}/shop?{IMPATIENT}")
        project.prepare()
        process = service.process
        assert process

        def run() -> None:
            killing.strike_at(point, lambda _: os.kill(process.pid, signal.SIGKILL), kinds=killing.SERVER)
            with pytest.raises(SinkError, match=f"{service.url}/shop: cannot be reached") as told:
                small.load(project.folder).run()
            assert "see that the server runs" in told.value.hint

        in_a_child(run)
        assert process.wait(20) == -signal.SIGKILL
        killing.tried.append(f"server, point {point}")
    with mongod(data) as service:
        project.store_at(f"{service.url}/shop?{IMPATIENT}")
        in_a_child(partial(project.recover, f"server killed at point {point}"))
        in_a_child(project.check_litter)


def test_what_was_published_outlives_its_server(data: Path) -> None:
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
