"""A run killed at any instant keeps the published release; the next run recovers and cleans up."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests import instants
from tests.integration import killing, small


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one published release, and a source file for the next."""
    folder = tmp_path_factory.mktemp("published")
    small.write(folder)
    small.load(folder).run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    return folder


@pytest.fixture(scope="module")
def tidy(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """The number of files in each folder of the lake after an undisturbed second run."""
    folder = tmp_path_factory.mktemp("tidy") / "project"
    shutil.copytree(published, folder)
    small.load(folder).run()
    return shape(folder)


def shape(folder: Path) -> Counter[str]:
    counts = Counter[str]()
    for file in (folder / "lake").rglob("*"):
        relative = file.relative_to(folder / "lake")
        if (
            file.is_file()
            and relative.parts[0] != "runs"
            and not relative.name.startswith("serving.db")
        ):
            counts["/".join(relative.parts[:-1][:2])] += 1
    return counts


def check(folder: Path, tidy: Counter[str], where: str) -> None:
    """Assert one complete release in lake and store, then recovery, then no leftover files."""
    pipeline = small.load(folder)
    assert small.in_lake(pipeline) in (small.BOTH, small.ALL), where
    assert small.in_store(pipeline) in (small.BOTH, small.ALL), where
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
    pipeline.collect()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
    assert shape(folder) == tidy, where
    assert not list((folder / "lake").rglob("*.part")), where
    assert not (folder / "lake/.medallion-scratch").exists(), where


PARTS = (
    *("swap lease.json", "put_file", "releases/", "swap current.json"),
    *("Sqlite.load", "Sqlite.activate", "plain.json"),
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_every_point_of_the_protocol(
    published: Path, tidy: Counter[str], tmp_path: Path, after: bool
) -> None:
    """Before each write, which is after the one before it; or after each third."""
    points = []
    stride = 3 if after and instants.KILLS <= instants.FEWEST else 1
    for number in count(1, stride):
        folder = tmp_path / f"{number}"
        shutil.copytree(published, folder)
        point = killing.run_killed_at(folder, number, after=after)
        if point is None:
            break
        points.append(point)
        check(folder, tidy, f"killed {'after' if after else 'before'} point {number}: {point}")
        shutil.rmtree(folder)
    print(f"{len(points)} points:", *points, sep="\n  ")
    assert number > 40
    named = " ".join(points)
    for part in PARTS if stride == 1 else ():
        assert part in named


def test_killed_while_only_differences_are_computed_and_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each write of a table of which one group, and one row, differ."""
    small.as_large(monkeypatch)
    published = tmp_path / "published"
    small.write(published, small.MEDIANS)
    small.load(published).run()
    before = small.clients(small.load(published))
    (published / "data/orders/2024-03.csv").write_text(small.MARCH)
    whole = shutil.copytree(published, tmp_path / "whole")
    small.load(whole).run(full=True)
    after = small.clients(small.load(whole))
    assert len(before) == len(after) == 2
    names = killing.writes_of(shutil.copytree(published, tmp_path / "named"), tuple(killing.WRITES))
    assert sum(name.startswith("Sqlite.load_changes") for name in names) == 2
    points = [n for n, name in enumerate(names, 1) if "by_client" in name or "Sqlite" in name]
    assert len(points) > 5
    for point in points:
        for late in (False, True):
            folder = shutil.copytree(published, tmp_path / f"{point}-{late}")
            name = killing.run_killed_at(folder, point, after=late)
            where = f"killed {'after' if late else 'before'} point {point}: {name}"
            assert name, where
            pipeline = small.load(folder)
            assert small.clients(pipeline) in (before, after), where
            pipeline.run()
            assert small.clients(pipeline) == after, where
            assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, where
            release = pipeline.lake.current()
            assert release, where
            assert not list(pipeline.context.sinks["serving"].flaws(release)), where
            shutil.rmtree(folder)


def test_killed_at_random_moments(published: Path, tidy: Counter[str], tmp_path: Path) -> None:
    folder = tmp_path / "project"

    def prepared() -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(published, folder)
        return folder

    killing.at_random_moments(0.6, prepared, lambda where: check(folder, tidy, where))


def test_killed_in_the_first_run(tmp_path: Path) -> None:
    for point in range(1, 200, 7):
        folder = tmp_path / f"{point}"
        small.write(folder)
        (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
        if killing.run_killed_at(folder, point, after=False) is None:
            break
        pipeline = small.load(folder)
        pipeline.run()
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, point
        shutil.rmtree(folder)
    else:
        pytest.fail("the run never ended by itself")
