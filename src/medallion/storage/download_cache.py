"""Download cache: local copies of remote objects, in a folder that lives as long as the process."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from uuid import uuid4

_PREFIX = "medallion-copies-"
_LOCK = ".lock"
# The names of everything that is written into the folder.
_OWN = re.compile(r"[0-9a-f]{64}(\..+)?|[0-9a-f]{32}|\.lock|scratch-\w{8}")
_creating: dict[int, Lock] = {}  # by process: several threads may ask for its copies first
_GRACE = 60.0  # seconds during which a new folder may not be locked yet


class Copy(NamedTuple):
    """The time of a copy's last use, by the monotonic clock, and its size."""

    used: float
    bytes: int


class Copies:
    """A folder of copies below the system's temporary folder (set `TMPDIR` to move it).

    A killed process leaves its folder; the next process removes it when its lock is free.
    """

    def __init__(self) -> None:
        _clear(Path(tempfile.gettempdir()))
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # The lock is never released: it ends with the process.
        _lock(os.open(self.folder / _LOCK, os.O_CREAT | os.O_WRONLY), wait=True)
        weakref.finalize(self, _remove, self.folder, os.getpid())
        self._changing = Lock()
        self._copies: dict[Path, Copy] = {}
        self._begun: list[float] = []  # when the blocks of `trimmed` began that have not ended

    def path(self, url: str, version: str) -> Path:
        """The path of the copy of one version of an object, with the object's suffix."""
        name = hashlib.sha256(f"{url}\n{version}".encode()).hexdigest()
        return self.folder / f"{name}{''.join(Path(url).suffixes[-2:])}"

    def use(self, path: Path) -> bool:
        """Whether there is a copy at this path, which is used now."""
        with self._changing:
            if not path.exists():
                self._copies.pop(path, None)
                return False
            self._copies[path] = Copy(time.monotonic(), path.stat().st_size)
            return True

    def add(self, file: Path, path: Path) -> None:
        """Move a file to the path of a copy, which is used now."""
        shutil.move(file, path)
        self.use(path)

    def get(self, url: str, version: str, write: Callable[[Path], object]) -> Path:
        """The copy of one version of an object: what `write` writes to a file, if there is none."""
        copy = self.path(url, version)
        if not self.use(copy):
            part = self.part()
            try:
                write(part)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            self.add(part, copy)
        return copy

    @contextmanager
    def trimmed(self) -> Iterator[None]:
        """After the block, remove the copies used least recently, to leave half of the disk free.

        Those that were used since another block began stay: it may still read them.
        """
        began = time.monotonic()
        with self._changing:
            self._begun.append(began)
        try:
            yield
        finally:
            with self._changing:
                self._begun.remove(began)
                self._trim(min(self._begun, default=time.monotonic()))

    def _trim(self, until: float) -> None:
        size = sum(copy.bytes for copy in self._copies.values())
        limit = (size + shutil.disk_usage(self.folder).free) // 2
        for path, copy in sorted(self._copies.items(), key=lambda item: item[1].used):
            if size <= limit or copy.used >= until:
                return
            path.unlink(missing_ok=True)
            size -= copy.bytes
            del self._copies[path]

    def part(self) -> Path:
        """A new name for a partial file."""
        return self.folder / uuid4().hex

    def scratch(self) -> Path:
        """A new empty folder."""
        return Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder))


def copies() -> Copies:
    """The copies of this process; a fork gets its own."""
    process = os.getpid()
    # A fork does not inherit the lock, which another thread may have.
    with _creating.setdefault(process, Lock()):
        return _copies(process)


@cache
def _copies(process: int) -> Copies:
    del process
    return Copies()


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # a fork inherits the finalizer, but not the folder
        _empty(folder)


def _empty(folder: Path) -> None:
    """Remove the cache's files from a folder, and the folder if nothing else is in it."""
    with suppress(OSError):
        for path in folder.iterdir():
            if _OWN.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(
                    missing_ok=True
                )
        folder.rmdir()


def _lock(file: int, *, wait: bool) -> bool:
    """Lock a file. False where the system has no such locks (Windows).

    Raises OSError when another process has the lock, unless it is to `wait`.
    """
    try:
        import fcntl
    except ImportError:
        return False
    fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


def _clear(root: Path) -> None:
    """Remove the folders of killed processes, where locks distinguish them from those in use."""
    for folder in root.glob(f"{_PREFIX}*"):
        try:
            with (folder / _LOCK).open("rb") as lock:
                if not _lock(lock.fileno(), wait=False):
                    return
                if time.time() - folder.stat().st_mtime > _GRACE:
                    _empty(folder)
        except OSError:  # in use, another user's, or just gone
            continue
