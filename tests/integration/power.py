"""Simulates a power loss, after which only what was synced by `fsync` is certain to exist.

A run in a child process records at each `fsync` what is durable: the bytes of a file, or the names
in a folder. At a named point of the protocol the process ends, and the folder is rebuilt as a file
system may leave it: a name that was not synced may exist or not; a file that was not synced may be
complete, truncated, empty, or zeros. SQLite's files are kept as they are, because SQLite syncs them
itself, where Python cannot see it.
"""

from __future__ import annotations

import os
import pickle
import random
import shutil
import stat
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from medallion.storage.local import LocalStorage
from medallion.testing.processes import fork
from tests.integration import killing, small

SQLITE = "serving.db"
POINTS = (LocalStorage, killing.Sqlite)


@dataclass
class Disk:
    """What is durable below a folder, by inode: the bytes of files, and the names in folders."""

    files: dict[int, bytes] = field(default_factory=dict)
    folders: dict[int, dict[str, int]] = field(default_factory=dict)
    handles: list[int] = field(default_factory=list)  # kept open, so that no inode is reused

    def sync(self, handle: int) -> None:
        """Record what `fsync` makes durable."""
        status = os.fstat(handle)
        self.handles.append(os.dup(handle))
        path = Path(f"/proc/self/fd/{handle}")
        if stat.S_ISDIR(status.st_mode):
            self.folders[status.st_ino] = _names(path)
            for entry in os.scandir(path):
                if entry.is_dir() and entry.inode() not in self.folders:
                    self.folders[entry.inode()] = {}  # empty until it is synced itself
                    self.handles.append(os.open(entry.path, os.O_RDONLY))
        else:
            self.files[status.st_ino] = path.read_bytes()

    def sync_tree(self, folder: Path) -> None:
        """Record everything below a folder as durable."""
        for path in (folder, *folder.rglob("*")):
            handle = os.open(path, os.O_RDONLY)
            self.sync(handle)
            os.close(handle)


def run_until(folder: Path, point: int | None, *, after: bool) -> Disk:
    """Run the pipeline in a child up to a point, or to its end; return what was durable then."""
    ledger = folder.with_suffix(".disk")
    child = fork()
    if child == 0:  # pragma: no cover - the child never returns
        disk = Disk()
        disk.sync_tree(folder)
        os.fsync = disk.sync  # type: ignore[assignment]
        end = partial(_end, disk, ledger)
        killing.strike_at(point or 0, lambda _: end(), after=after, kinds=POINTS)
        try:
            small.load(folder).run()
            end(0 if point is None else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    disk = pickle.loads(ledger.read_bytes())  # noqa: S301 - written by the child
    ledger.unlink()
    return disk


def lose(folder: Path, disk: Disk, target: Path, chance: random.Random) -> None:
    """Copy the folder to `target` as a power loss may leave it."""
    paths = {path.stat().st_ino: path for path in folder.rglob("*")}
    share = chance.choice([0.0, 0.5, 0.9])  # of names that survive although they were not synced

    def surviving_inode(
        path: Path, durable: dict[str, int], current: dict[str, int], name: str
    ) -> int | None:
        if (
            (path == folder and name != "lake")
            or name.startswith(SQLITE)
            or durable.get(name) == current.get(name)
        ):
            return current.get(name)
        return (current if chance.random() < share else durable).get(name)

    def rebuild(path: Path, inode: int, copy: Path) -> None:
        copy.mkdir()
        durable, current = disk.folders.get(inode, {}), _names(path) if path.is_dir() else {}
        for name in sorted(durable.keys() | current.keys()):
            child_inode = surviving_inode(path, durable, current, name)
            if child_inode is None:
                continue
            source = paths.get(child_inode)
            if child_inode in disk.folders or (source and source.is_dir()):
                rebuild(source or path / name, child_inode, copy / name)
            elif name.startswith(SQLITE) and source:
                shutil.copy(source, copy / name)
            else:
                (copy / name).write_bytes(
                    _bytes(
                        disk.files.get(child_inode), source.read_bytes() if source else None, chance
                    )
                )

    rebuild(folder, folder.stat().st_ino, target)


def _bytes(durable: bytes | None, current: bytes | None, chance: random.Random) -> bytes:
    if durable is not None and current in (None, durable):
        return durable
    current = current or b""
    damaged = [b"", current[: len(current) // 2], bytes(len(current)), current]
    return chance.choice(damaged if durable is None else [*damaged, durable])


def _names(folder: Path) -> dict[str, int]:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}


def _end(disk: Disk, ledger: Path, code: int = 0) -> None:
    ledger.write_bytes(pickle.dumps(Disk(dict(disk.files), dict(disk.folders))))
    os._exit(code)
