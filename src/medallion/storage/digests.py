"""Digests of what is stored: recorded as it is written, checked before anything is read from it.

A file is hashed once per process: the digest is kept for as long as its inode, size and time of change are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from medallion.errors import DamagedError
from medallion.records import File
from medallion.storage import Entry, Storage, for_each, local_root

REPAIR = "medallion repair"
HASHERS = 4
LISTED = 16  # objects of a remote folder, from which on one listing is cheaper than a look at each

_Key = tuple[int, int, int, int]
_digests: dict[_Key, str] = {}


@dataclass(frozen=True)
class Stored:
    """One object as it was written. A record, which carries its own checksum, has neither `bytes` nor `sha256`."""

    path: str
    bytes: int | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, file: File) -> Stored:
        """A file as its record describes it."""
        return cls(file.path, file.bytes, file.sha256)

    def matches(self, entry: Entry | None) -> bool:
        """Whether what is known without reading agrees."""
        return entry is not None and self.bytes in (None, entry.bytes)


def store_file(storage: Storage, path: str, file: Path, sha256: str | None = None) -> Stored:
    """Move a local file to `path` of a storage; its size and digest as recorded from now on."""
    size, digest = file.stat().st_size, sha256 or digest_of(file)
    _digests[_key(file)] = digest  # a moved file is the same inode
    storage.put_file(path, file)
    return Stored(path, size, digest)


def verified(storage: Storage, wanted: Iterable[Stored]) -> list[Path]:
    """Local files with the bytes that were written. Raises DamagedError naming the first that differs, MissingError."""
    objects = list(wanted)
    files = for_each(storage, storage.local, [item.path for item in objects])
    if len(files) == 1:
        _check(storage, objects[0], files[0])
        return files
    with ThreadPoolExecutor(HASHERS) as pool:
        list(pool.map(lambda pair: _check(storage, *pair), zip(objects, files, strict=True)))
    return files


def lost(storage: Storage, wanted: Iterable[Stored]) -> list[str]:
    """The paths that are not there, or not in their size: what can be known without reading."""
    objects = list(wanted)
    if local_root(storage) is None and len(objects) > LISTED:
        folders = {item.path.rpartition("/")[0] for item in objects}
        entries = {
            entry.path: entry
            for found in for_each(storage, storage.list, sorted(folders))
            for entry in found
        }
        return [item.path for item in objects if not item.matches(entries.get(item.path))]
    looks: Sequence[Entry | None] = for_each(storage, storage.info, [item.path for item in objects])
    return [
        item.path for item, entry in zip(objects, looks, strict=True) if not item.matches(entry)
    ]


def digest_of(file: Path) -> str:
    """The SHA-256 of a local file."""
    key = _key(file)
    digest = _digests.get(key)
    if digest is None:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        _digests[key] = digest
    return digest


def forget_digests() -> None:
    """Hash everything again from now on, as `verify` does."""
    _digests.clear()


def _check(storage: Storage, item: Stored, file: Path) -> None:
    if item.bytes is not None and (
        file.stat().st_size != item.bytes or digest_of(file) != item.sha256
    ):
        raise DamagedError(
            f"{storage.url}/{item.path}: its bytes are not those that were written", hint=REPAIR
        )


def _key(file: Path) -> _Key:
    found = file.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
