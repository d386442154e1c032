"""A power loss at any step leaves one complete release in lake and store; the next run recovers."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

import medallion as md
from tests.integration import killing, power, small

LOSSES = int(os.environ.get("MEDALLION_LOSSES", "120"))
"""The minimum number of power losses in a run that follows a published release."""

PARTS = 4


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one published release, and a source file for the next."""
    folder = tmp_path_factory.mktemp("published")
    small.write(folder)
    small.load(folder).run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    return folder


@pytest.fixture(scope="module")
def points(published: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of all points of its next run."""
    return steps_of(published, tmp_path_factory.mktemp("points"))


@pytest.mark.parametrize("part", range(PARTS))
def test_power_lost_at_every_step(
    published: Path, points: list[str], tmp_path: Path, part: int
) -> None:
    for number in range(part, max(LOSSES, 2 * len(points)), PARTS):
        after, point = divmod(number, len(points))
        where = f"seed {number}: {'after' if after % 2 else 'before'} {points[point]}"
        folder = tmp_path / f"{number}"
        shutil.copytree(published, folder)
        disk = power.run_until(folder, point + 1, after=bool(after % 2))
        power.lose(folder, disk, tmp_path / f"{number}-lost", random.Random(number))
        check(tmp_path / f"{number}-lost", where, full=number % 5 == 0)
        for path in (folder, tmp_path / f"{number}-lost"):
            shutil.rmtree(path)


def test_power_lost_after_a_run(published: Path, tmp_path: Path) -> None:
    """What a run has published survives, and nothing has to be recomputed."""
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    disk = power.run_until(folder, None, after=False)
    for seed in range(10):
        lost = tmp_path / f"{seed}"
        power.lose(folder, disk, lost, random.Random(seed))
        pipeline = small.load(lost)
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, seed
        assert pipeline.run().status == "unchanged", seed
        pipeline.run(md.Selection(full=True))
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, seed


def test_power_lost_in_the_first_run(tmp_path: Path) -> None:
    project = tmp_path / "project"
    small.write(project)
    points = steps_of(project, tmp_path)
    for point in range(0, len(points), 5):
        folder, lost = tmp_path / f"{point}", tmp_path / f"{point}-lost"
        shutil.copytree(project, folder)
        power.lose(
            folder, power.run_until(folder, point + 1, after=False), lost, random.Random(point)
        )
        pipeline = small.load(lost)
        pipeline.run()
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH, points[point]


def steps_of(project: Path, tmp_path: Path) -> list[str]:
    """The names of all points of a run."""
    folder = tmp_path / "steps"
    shutil.copytree(project, folder)
    return killing.writes_of(folder, power.POINTS)


def check(folder: Path, where: str, *, full: bool) -> None:
    pipeline = small.load(folder)
    assert small.in_lake(pipeline) in (small.BOTH, small.ALL), where
    assert small.in_store(pipeline) in (small.BOTH, small.ALL), where
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
    if full:
        pipeline.run(md.Selection(full=True))
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
