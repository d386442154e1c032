"""Candidates, publications, discards and holds that are killed at any point of the protocol."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import medallion as md
from medallion.lake.candidates import candidates
from medallion.ops.verify import Inspection
from tests.integration import killing, small
from tests.integration.test_killed import shape

Work = Callable[[md.Pipeline], object]

COMPLETE = (small.BOTH, small.ALL)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one published release, and a source file for the next."""
    folder = tmp_path_factory.mktemp("published")
    small.write(folder)
    small.load(folder).run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    return folder


@pytest.fixture(scope="module")
def march(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a candidate of the next release."""
    return prepared(published, tmp_path_factory.mktemp("march") / "project", computed)


def prepared(project: Path, folder: Path, *steps: Work) -> Path:
    """A copy of a project on which some work was done."""
    shutil.copytree(project, folder)
    for step in steps:
        step(small.load(folder))
    return folder


def tidy(project: Path, folder: Path, *steps: Work) -> Counter[str]:
    """The files of a project after undisturbed work and the removal of what is not needed."""
    return shape(prepared(project, folder, *steps, md.Pipeline.collect))


def computed(pipeline: md.Pipeline) -> None:
    pipeline.run(candidate="march")


def publish(pipeline: md.Pipeline) -> None:
    """Publish the candidate, unless a killed publication has completed it."""
    if candidates(pipeline.lake):
        pipeline.publish("march")
    pipeline.run()


def discard(pipeline: md.Pipeline) -> None:
    if candidates(pipeline.lake):
        pipeline.discard("march")


def each_point(
    project: Path, folder: Path, work: Work, check: Callable[[md.Pipeline, str], object], step: int
) -> list[str]:
    """Kill the work at every n-th point, before and after it in turn, and check the project."""
    points: list[str] = []
    number = 1
    while True:
        copy, after = folder / f"{number}", number % 2 == 0
        shutil.copytree(project, copy)
        point = killing.run_killed_at(copy, number, after=after, work=work)
        if point is None:
            return points
        points.append(point)
        check(small.load(copy), f"killed {'after' if after else 'before'} {number}: {point}")
        shutil.rmtree(copy)
        number += step


def test_a_candidate_that_is_killed_is_computed_again(published: Path, tmp_path: Path) -> None:
    files = tidy(published, tmp_path / "tidy", computed)

    def check(pipeline: md.Pipeline, where: str) -> None:
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH, where
        assert Inspection(pipeline).damages == [], where
        computed(pipeline)
        pipeline.collect()
        assert shape(pipeline.base) == files, where
        pipeline.publish("march")
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where

    points = each_point(published, tmp_path, computed, check, 5)
    assert len(points) > 5


def test_a_publication_that_is_killed_has_happened_or_not(march: Path, tmp_path: Path) -> None:
    files = tidy(march, tmp_path / "tidy", publish)

    def check(pipeline: md.Pipeline, where: str) -> None:
        assert small.in_lake(pipeline) in COMPLETE, where
        assert small.in_store(pipeline) in COMPLETE, where
        if where.endswith("current.json"):
            happened = "killed after" in where
            assert small.in_lake(pipeline) == (small.ALL if happened else small.BOTH), where
        publish(pipeline)
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
        pipeline.collect()
        assert candidates(pipeline.lake) == [], where
        assert shape(pipeline.base) == files, where
        assert Inspection(pipeline).damages == [], where

    points = " ".join(each_point(march, tmp_path, publish_once, check, 1))
    for part in ("candidates/march.json", "releases/", "swap current.json", "Sqlite.activate"):
        assert part in points
    assert "Sqlite.load" not in points  # only pointers move


def publish_once(pipeline: md.Pipeline) -> None:
    pipeline.publish("march")


def test_after_a_killed_publication_the_next_run_completes_it(march: Path, tmp_path: Path) -> None:
    def check(pipeline: md.Pipeline, where: str) -> None:
        pipeline.run()
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
        pipeline.collect()
        assert Inspection(pipeline).damages == [], where

    each_point(march, tmp_path, publish_once, check, 3)


def test_a_discard_that_is_killed_is_finished_later(march: Path, tmp_path: Path) -> None:
    files = tidy(march, tmp_path / "tidy", discard)

    def check(pipeline: md.Pipeline, where: str) -> None:
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH, where
        discard(pipeline)
        pipeline.collect()
        assert shape(pipeline.base) == files, where
        assert Inspection(pipeline).damages == [], where
        pipeline.run()
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where

    assert each_point(march, tmp_path, partial(md.Pipeline.discard, candidate="march"), check, 3)


def test_a_rollback_is_on_hold_if_and_only_if_it_happened(march: Path, tmp_path: Path) -> None:
    project = prepared(march, tmp_path / "all", publish)
    (newest, first) = small.load(project).lake.release_ids()

    def check(pipeline: md.Pipeline, where: str) -> None:
        pointer = pipeline.lake.pointer()
        assert pointer.release == (first if pointer.held else newest), where
        if pointer.held is None:
            pipeline.roll_back(hold=True)
        run = pipeline.run()
        assert (run.release, run.candidate) == (None, "next"), where
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH, where

    points = each_point(project, tmp_path, partial(md.Pipeline.roll_back, hold=True), check, 1)
    assert "LocalStorage.swap current.json" in points


def test_runs_publish_again_if_and_only_if_they_were_resumed(march: Path, tmp_path: Path) -> None:
    hold = partial(md.Pipeline.roll_back, hold=True)
    project = prepared(march, tmp_path / "held", publish, hold, md.Pipeline.run)

    def check(pipeline: md.Pipeline, where: str) -> None:
        held = pipeline.lake.pointer().held
        pipeline.run()
        shown = small.BOTH if held else small.ALL
        assert small.in_lake(pipeline) == small.in_store(pipeline) == shown, where
        pipeline.resume()
        pipeline.run()
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where

    points = each_point(project, tmp_path, md.Pipeline.resume, check, 1)
    assert "LocalStorage.swap current.json" in points
