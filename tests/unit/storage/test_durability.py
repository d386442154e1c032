"""What is synced, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medallion.storage.durability import make_folder, sync_all


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files and folders that are synced, in order."""
    paths: list[Path] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: paths.append(Path(f"/proc/self/fd/{handle}").readlink())
    )
    return paths


def test_files_are_synced_before_the_folders_that_name_them(
    tmp_path: Path, synced: list[Path]
) -> None:
    root = tmp_path / "lake"
    files = [root / "a/b/one", root / "a/b/two", root / "c/three"]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    sync_all([*files, files[0]], root)
    assert set(synced[:3]) == set(files)
    assert sorted(synced[3:]) == [root, root / "a", root / "a/b", root / "c"]


def test_one_file_is_synced_with_the_folders_up_to_the_root(
    tmp_path: Path, synced: list[Path]
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").touch()
    sync_all([tmp_path / "a/b"], tmp_path / "a")
    assert synced == [tmp_path / "a/b", tmp_path / "a"]


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "one").touch()
    with pytest.raises(FileNotFoundError):
        sync_all([tmp_path / "one", tmp_path / "gone"], tmp_path)


def test_the_folder_above_each_new_one_is_synced(tmp_path: Path, synced: list[Path]) -> None:
    make_folder(tmp_path / "new/deep/er")
    assert (tmp_path / "new/deep/er").is_dir()
    assert synced == [tmp_path, tmp_path / "new", tmp_path / "new/deep"]
    synced.clear()
    make_folder(tmp_path / "new/deep")
    assert synced == []
    make_folder(tmp_path / "new/other")
    assert synced == [tmp_path / "new"]
