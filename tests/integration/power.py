"""A power loss: of what a run wrote, only what `fsync` was asked for is sure to be there afterwards.

A run in a process of its own notes at each `fsync` what then is durable: a file's bytes, or a folder's names. At a
named point of the protocol the process ends, and the folder is made again as a file system may find it: a name that
was not synced may be there or not, a file that was not synced may be whole, cut, empty, or zeros. SQLite's files are
left as they are: it syncs them by itself, out of sight of Python.
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
    handles: list[int] = field(default_factory=list)  # open, so that no inode is used again

    def sync(self, handle: int) -> None:
        """What `fsync` makes durable."""
        found = os.fstat(handle)
        self.handles.append(os.dup(handle))
        here = Path(f"/proc/self/fd/{handle}")
        if stat.S_ISDIR(found.st_mode):
            self.folders[found.st_ino] = _names(here)
            for entry in os.scandir(here):
                if entry.is_dir() and entry.inode() not in self.folders:
                    self.folders[entry.inode()] = {}  # empty until it is synced itself
                    self.handles.append(os.open(entry.path, os.O_RDONLY))
        else:
            self.files[found.st_ino] = here.read_bytes()

    def sync_tree(self, folder: Path) -> None:
        """Make all below a folder durable."""
        for path in (folder, *folder.rglob("*")):
            handle = os.open(path, os.O_RDONLY)
            self.sync(handle)
            os.close(handle)


def run_until(folder: Path, point: int | None, *, after: bool) -> Disk:
    """Run the pipeline in a child up to a point, or to its end; what was durable then."""
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
    """Write the folder as a power loss may leave it to `target`."""
    paths = {path.stat().st_ino: path for path in folder.rglob("*")}
    share = chance.choice([0.0, 0.5, 0.9])  # of the names that survive without being synced

    def survivor(
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
            kept = survivor(path, durable, current, name)
            if kept is None:
                continue
            here = paths.get(kept)
            if kept in disk.folders or (here and here.is_dir()):
                rebuild(here or path / name, kept, copy / name)
            elif name.startswith(SQLITE) and here:
                shutil.copy(here, copy / name)
            else:
                (copy / name).write_bytes(
                    _bytes(disk.files.get(kept), here.read_bytes() if here else None, chance)
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
