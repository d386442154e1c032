"""Durable local files: `fsync` of files and folders, so that a power loss loses nothing synced."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

AT_ONCE = 16  # file systems write one journal entry for files that are synced in parallel


def sync_all(files: Iterable[str | Path], root: Path) -> None:
    """Return when the files, and the folders above them up to `root`, survive a power loss."""
    contents = {str(file) for file in files}
    folders: set[str] = set()
    for parent in {file.rpartition("/")[0] for file in contents}:
        folder = Path(parent)
        while str(folder) not in folders and folder.is_relative_to(root):
            folders.add(str(folder))
            folder = folder.parent
    _sync_each(contents)
    _sync_each(folders)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, and sync the folder above each."""
    if folder.is_dir():
        return
    above = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for parent in reversed(above):
        _sync(parent.parent)


def _sync_each(paths: Collection[str]) -> None:
    if len(paths) == 1:  # often; starting a thread would take longer
        _sync(*paths)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_sync, sorted(paths)))


def _sync(path: str | Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
