"""Storage: objects in a local folder or an object store, with the same guarantees.

Objects appear whole or not at all. Leases and the release pointer rely on `create` and `swap`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, TypeVar

from medallion.entry_points import load, registered
from medallion.errors import NotInstalledError, PluginError, did_you_mean
from medallion.secrets import SECRETS
from medallion.storage.chained_url import unchained

A = TypeVar("A")
T = TypeVar("T")

STORAGES = "medallion.storages"  # the entry points of storages, named by URL scheme
AT_ONCE = 16  # parallel requests to a remote storage


@dataclass(frozen=True)
class Entry:
    """What is known of one object without reading it.

    `path` is relative to its storage, `bytes` its size; `token` changes when the object does;
    `modified` is the time of its last change in seconds since 1970 UTC; `mtime` is its modification
    time, which users can set.
    """

    path: str
    bytes: int
    token: str
    modified: float
    mtime: float


class Storage(ABC):
    """Objects below one URL, by relative path. Every error is a StorageError naming the object.

    A plugin is registered by the scheme of its URLs in the group `medallion.storages`. Its class is
    called with a URL and with `options`, how to reach it where the environment does not say. It can
    be pickled, and used after a fork. The storage at `URL/folder` has the objects below `folder` of
    the storage at `URL`: a lake opens one for each layer.

    `root` is the local folder whose files are the objects, if there is one; otherwise None.
    `keeps_lakes` is False for storage that sources are only read from, and `lists` for one that
    gives an object by its name, but no list of them.
    """

    keeps_lakes: ClassVar[bool] = True
    lists: ClassVar[bool] = True

    url: str
    root: Path | None = None

    @property
    def is_remote(self) -> bool:
        """Whether reading an object may need a network."""
        return self.root is None

    @abstractmethod
    def read(self, path: str) -> tuple[bytes, str]:
        """An object's bytes and its version for `swap`. Raises MissingError."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO:
        """An object as a stream. Raises MissingError."""

    @abstractmethod
    def local(self, path: str) -> Path:
        """A local file with the object's bytes, downloaded once if the storage is remote.

        Raises MissingError.
        """

    @abstractmethod
    def info(self, path: str) -> Entry | None:
        """What is known of an object without reading it; None when there is no such object."""

    @abstractmethod
    def list(self, folder: str) -> list[Entry]:
        """All objects below a folder, sorted by path; empty when there is no such folder."""

    @abstractmethod
    def put(self, path: str, data: bytes) -> None:
        """Write an object whole, replacing an existing one."""

    @abstractmethod
    def put_file(self, path: str, file: Path) -> None:
        """Write an object whole from a local file, which is moved if that saves a copy."""

    @abstractmethod
    def sync(self, paths: Iterable[str]) -> None:
        """Return when these objects survive a power loss.

        Until then the name of a written record may be lost, and the name and bytes of a file.
        """

    def note(self, paths: Iterable[str]) -> None:  # noqa: B027 (most storages have no journal)
        """These objects are about to be written: a lake records the names of what a run writes."""

    @abstractmethod
    def create(self, path: str, data: bytes) -> str:
        """Write an object if there is none, and return its version. Raises ExistsError."""

    @abstractmethod
    def swap(self, path: str, data: bytes, expected: str) -> str:
        """Replace an object if it still is the `expected` version, and return the new one.

        Raises ConflictError, and MissingError.
        """

    @abstractmethod
    def delete(self, path: str, until: float | None = None) -> bool:
        """Delete an object unless it was written after the time `until`. Idempotent.

        Returns False when it was written later, and stays.
        """

    @abstractmethod
    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        """Delete the partial files of killed writers, below these folders and directly in the root.

        Parameters: `until` spares younger ones; without it, no other writer may be at work. Returns
        how many were deleted.
        """


def open_storage(
    url: str, base: Path | None = None, options: Mapping[str, Any] | None = None
) -> Storage:
    """The storage at a URL or a local folder; a relative one starts from `base`.

    Parameters: `options` are passed to the storage of a URL (`endpoint_url`, `key`, `secret`, …).
    Raises PluginError naming what to install.
    """
    SECRETS.add_url(url)
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        from medallion.storage.local import LocalStorage

        return LocalStorage(Path(base or ".", rest if separator else url).absolute())
    if not is_known(url):
        raise unknown_storage(url)
    members, archive = unchained(url)
    if archive and "://" not in archive:
        url = f"{members}::{Path(base or '.', archive).absolute()}"
    storage: Storage = load(STORAGES, scheme, Storage)(url, options or {})
    return storage


def keeps_lakes(url: str) -> bool:
    """Whether a lake, or a layer of it, can be kept at this path or URL of a known storage."""
    scheme, separator, _ = url.partition("://")
    return not separator or scheme == "file" or load(STORAGES, scheme, Storage).keeps_lakes


def is_known(url: str) -> bool:
    """Whether this is a local path, or a URL of a storage that is installed."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        return True
    _, archive = unchained(url)
    return scheme in registered(STORAGES) and bool(rest.strip("/:")) and is_known(archive)


def require_packages(url: str, extra: str, *packages: str) -> None:
    """Raise NotInstalledError unless the packages of an extra are installed. Loads none."""
    for package in packages:
        if not _is_installed(package):
            raise NotInstalledError(
                f"{url} needs {package}, which is not installed",
                hint=f"pip install 'medallion-lake[{extra}]'",
            )


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # a package around it is not installed
        return False


def unknown_storage(url: str, what: str = "folder") -> PluginError:
    """The error for a URL that no installed storage can open."""
    scheme, schemes = url.partition("://")[0], sorted({*registered(STORAGES)} - {"file"})
    return PluginError(
        f"{url} is neither a {what} nor a URL of a storage that is installed"
        f"{did_you_mean(scheme, schemes)}",
        hint=f"install a package that registers {scheme!r} in the group {STORAGES}",
    )


def for_each(storage: Storage, ask: Callable[[A], T], items: Iterable[A]) -> list[T]:
    """The result of `ask` for each item, in their order; in parallel if the storage is remote."""
    if storage.root is not None:
        return [ask(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, items))
