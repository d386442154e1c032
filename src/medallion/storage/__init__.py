"""Where bytes lie: a local folder, or any object store that keeps the same promises.

Objects appear whole or not at all. `create` and `swap` are what leases and the release pointer stand on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from medallion.secrets import SECRETS

A = TypeVar("A")
T = TypeVar("T")

AT_ONCE = 16  # requests on their way to a remote storage


@dataclass(frozen=True)
class Entry:
    """One object: `path` relative to its storage, size in bytes, a `token` that changes when the
    object does, and the time of its last change in seconds since 1970 UTC. `mtime` is the time it is dated, which
    may have been set."""

    path: str
    bytes: int
    token: str
    modified: float
    mtime: float


class Storage(ABC):
    """Objects below one URL, by relative path. Every fault is a StorageError that names the object."""

    url: str

    @abstractmethod
    def read(self, path: str) -> tuple[bytes, str]:
        """An object's bytes and its version for `swap`. Raises MissingError."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO:
        """An object as a stream. Raises MissingError."""

    @abstractmethod
    def local(self, path: str) -> Path:
        """A local file with the object's bytes, fetched once where the storage is remote. Raises MissingError."""

    @abstractmethod
    def info(self, path: str) -> Entry | None:
        """What is known of an object without reading it; None when it is not there."""

    @abstractmethod
    def list(self, folder: str) -> list[Entry]:
        """All objects below a folder, sorted by path; empty when there is no such folder."""

    @abstractmethod
    def put(self, path: str, data: bytes) -> None:
        """Write an object whole, replacing what was there."""

    @abstractmethod
    def put_file(self, path: str, file: Path) -> None:
        """Write an object whole from a local file, which is moved where that saves a copy."""

    @abstractmethod
    def sync(self, paths: Iterable[str]) -> None:
        """Return when these objects survive a power loss. A written record does by itself, but not its name; a file
        does neither before this."""

    @abstractmethod
    def create(self, path: str, data: bytes) -> str:
        """Write an object only if there is none, and give its version. Raises ExistsError."""

    @abstractmethod
    def swap(self, path: str, data: bytes, expected: str) -> str:
        """Replace an object only if it still is the `expected` version, and give the new one. Raises ConflictError."""

    @abstractmethod
    def delete(self, path: str, until: float | None = None) -> bool:
        """Remove an object, if it was not written after the time `until`; whether it is gone. One that is not there
        is no error."""

    @abstractmethod
    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        """Remove what writers killed half-way left below these folders and directly in the root, if it is not younger
        than `until`; how many. Without `until`, only while no writer works."""


def open_storage(
    url: str, base: Path | None = None, options: Mapping[str, Any] | None = None
) -> Storage:
    """The storage at a URL or a local folder, a relative one being taken from `base`.

    Parameters: `options` go to the remote filesystem as they are (`endpoint_url`, `key`, `secret`, …).
    Raises PluginError naming the extra that brings a filesystem that is not installed.
    """
    SECRETS.add_url(url)
    scheme, separator, rest = url.partition("://")
    if separator and scheme != "file":
        from medallion.storage.object_store import RemoteStorage

        return RemoteStorage(url, options or {})
    from medallion.storage.local import LocalStorage

    return LocalStorage(Path(base or ".", rest if separator else url).absolute())


def local_root(storage: Storage) -> Path | None:
    """The folder of a local storage, where a file can be moved into place without a copy; None for a remote one."""
    return getattr(storage, "root", None)


def for_each(storage: Storage, ask: Callable[[A], T], items: Iterable[A]) -> list[T]:
    """What is answered for each item, in their order; asked side by side where an answer takes its time to travel."""
    if local_root(storage) is not None:
        return [ask(item) for item in items]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, items))
