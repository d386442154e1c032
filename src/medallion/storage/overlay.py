"""A storage over another one: what is written goes to a folder of its own, the rest is read below.

For computing what a run would write without writing it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from medallion.storage import Entry, Storage
from medallion.storage.local import LocalStorage


class OverlayStorage(Storage):
    """The objects of `below`, and those written here, which are files in `folder`.

    Nothing is written to `below`: deleting an object of it has no effect.
    """

    def __init__(self, below: Storage, folder: Path) -> None:
        self.below = below
        self.own = LocalStorage(folder)
        self.url = below.url

    def _of(self, path: str) -> Storage:
        return self.below if self.own.info(path) is None else self.own

    def read(self, path: str) -> tuple[bytes, str]:
        return self._of(path).read(path)

    def open(self, path: str) -> BinaryIO:
        return self._of(path).open(path)

    def local(self, path: str) -> Path:
        return self._of(path).local(path)

    def info(self, path: str) -> Entry | None:
        return self.own.info(path) or self.below.info(path)

    def list(self, folder: str) -> list[Entry]:
        entries = {entry.path: entry for entry in self.below.list(folder)}
        entries |= {entry.path: entry for entry in self.own.list(folder)}
        return [entries[path] for path in sorted(entries)]

    def put(self, path: str, data: bytes) -> None:
        self.own.put(path, data)

    def put_file(self, path: str, file: Path) -> None:
        self.own.put_file(path, file)

    def sync(self, paths: Iterable[str]) -> None:
        """Do nothing: the folder need not survive."""

    def create(self, path: str, data: bytes) -> str:
        return self._copied(path).create(path, data)

    def swap(self, path: str, data: bytes, expected: str) -> str:
        return self._copied(path).swap(path, data, expected)

    def _copied(self, path: str) -> LocalStorage:
        """The folder, with the object if there is one."""
        if self.own.info(path) is None and self.below.info(path) is not None:
            self.own.put(path, self.below.read(path)[0])
        return self.own

    def delete(self, path: str, until: float | None = None) -> bool:
        return self.own.delete(path, until)

    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        return self.own.sweep(folders, until)
