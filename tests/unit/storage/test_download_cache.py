"""The download cache: a folder per process, removed when the process is gone."""

from __future__ import annotations

import os
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from medallion.storage import download_cache
from medallion.storage.download_cache import Copies, copies

Usage = namedtuple("Usage", ("total", "used", "free"))
KILLED = "medallion-copies-12345678"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def killed(root: Path) -> Path:
    """The folder of a process that was killed an age ago."""
    folder = root / KILLED
    (folder / "scratch-abcdefgh").mkdir(parents=True)
    for name in (".lock", "0" * 64 + ".parquet"):
        (folder / name).touch()
    os.utime(folder, (0, 0))
    return folder


@pytest.mark.usefixtures("root")
def test_threads_that_ask_for_the_copies_of_a_process_first_get_the_same() -> None:
    download_cache._copies.cache_clear()
    start = Barrier(8)

    def ask(_: int) -> Copies:
        start.wait()
        return copies()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    download_cache._copies.cache_clear()


@pytest.mark.usefixtures("root")
def test_each_version_of_an_object_has_a_path_of_its_own_with_its_suffixes() -> None:
    cache = Copies()
    path = cache.path("s3://bucket/a/b.csv.gz", "v1")
    assert path == cache.path("s3://bucket/a/b.csv.gz", "v1")
    assert path.parent == cache.folder
    assert path.name.endswith(".csv.gz")
    others = [("s3://bucket/a/b.csv.gz", "v2"), ("s3://bucket/a/c.csv.gz", "v1")]
    assert len({path, *(cache.path(url, version) for url, version in others)}) == 3
    assert cache.path("s3://bucket/a/b", "v1").suffix == ""


@pytest.mark.usefixtures("root")
def test_parts_and_scratch_folders_are_new() -> None:
    cache = Copies()
    assert cache.part() != cache.part()
    assert not cache.part().exists()
    folder = cache.scratch()
    assert list(folder.iterdir()) == []
    assert cache.scratch() != folder


def test_the_folder_is_removed_at_the_end_with_its_copies(root: Path) -> None:
    cache = Copies()
    cache.path("s3://bucket/a", "v1").touch()
    (cache.scratch() / "spill").touch()
    del cache
    assert list(root.iterdir()) == []


def test_the_folder_of_a_killed_process_is_removed(root: Path) -> None:
    folder = killed(root)
    cache = Copies()
    assert not folder.exists()
    assert cache.folder.is_dir()


def test_the_folder_of_a_living_or_a_young_process_is_left(root: Path) -> None:
    living = Copies()
    os.utime(living.folder, (0, 0))
    young = killed(root)
    os.utime(young)
    Copies()
    assert living.folder.is_dir()
    assert young.is_dir()


class Disk:
    """What is free on the disk of the copies: `size` bytes without them."""

    def __init__(self, cache: Copies, size: int) -> None:
        self.cache, self.size = cache, size

    def usage(self, folder: Path) -> Usage:
        used = sum(path.stat().st_size for path in folder.iterdir() if path.name != ".lock")
        return Usage(self.size, used, self.size - used)

    def add(self, name: str, size: int = 10) -> Path:
        part, copy = self.cache.part(), self.cache.path(f"s3://bucket/{name}", "v1")
        part.write_bytes(b"x" * size)
        self.cache.add(part, copy)
        return copy

    def names(self, *paths: Path) -> list[bool]:
        return [path.exists() for path in paths]


@pytest.fixture
def disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk of 100 bytes, of which copies may have 50."""
    assert root
    disk = Disk(Copies(), 100)
    monkeypatch.setattr("medallion.storage.download_cache.shutil.disk_usage", disk.usage)
    return disk


def test_the_copies_used_least_recently_are_removed(disk: Disk) -> None:
    with disk.cache.trimmed():
        paths = [disk.add(str(number)) for number in range(7)]
        assert disk.cache.use(paths[0])
        assert all(disk.names(*paths))
    assert disk.names(*paths) == [True, False, False, True, True, True, True]
    assert not disk.cache.use(paths[1])
    with disk.cache.trimmed():
        assert disk.cache.use(disk.add("1"))
    assert disk.names(*paths) == [True, True, False, False, True, True, True]


def test_copies_that_another_block_may_read_stay(disk: Disk) -> None:
    before = disk.add("before", 30)
    with disk.cache.trimmed():
        read = disk.add("read", 40)
        with disk.cache.trimmed():
            other = disk.add("other", 25)
        assert disk.names(before, read, other) == [False, True, True]
    assert disk.names(before, read, other) == [False, False, True]


def test_copies_are_trimmed_after_an_error(disk: Disk) -> None:
    def fail() -> None:
        with disk.cache.trimmed():
            disk.add("large", 60)
            raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        fail()
    assert disk.usage(disk.cache.folder).used == 0


def test_a_copy_that_somebody_else_removed_is_gone(disk: Disk) -> None:
    copy = disk.add("a")
    copy.unlink()
    assert not disk.cache.use(copy)
    with disk.cache.trimmed():
        disk.add("b", 60)
    assert disk.usage(disk.cache.folder).used == 0


def test_a_process_has_one_cache() -> None:
    assert copies() is copies()
    assert copies().folder.is_dir()


def test_files_of_others_in_folders_of_copies_are_left(root: Path) -> None:
    folder = root / KILLED
    for name in (
        ".lock",
        f"{'0' * 64}.csv.gz",
        "1" * 32,
        "scratch-abcdefgh/spill/x",
        "notes.txt",
        "mine/notes.txt",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    os.utime(folder, (0, 0))
    Copies()
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert names == ["mine", "mine/notes.txt", "notes.txt"]
