"""Digests of stored files: recorded when they are written, checked before they are read.

A file is hashed once per process: its digest is cached while inode, size and time are the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from medallion.errors import DamagedError
from medallion.records import File
from medallion.storage import Entry, Storage, for_each

REPAIR = "medallion repair"
HASHERS = 4
SMALL = 1 << 16  # bytes that are hashed as fast as they are handed to another thread
LISTED = 16  # remote objects above which one listing is cheaper than a request for each

_Key = tuple[int, int, int, int]
_digests: dict[_Key, str] = {}


@dataclass(frozen=True)
class Stored:
    """One object as it was written.

    A record carries its own checksum, and has neither `bytes` nor `sha256` here.
    """

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
    """Move a local file to `path` of a storage; its size and digest, to be recorded."""
    stat = file.stat()
    if sha256:
        _digests[_key(stat)] = sha256
    item = Stored(path, stat.st_size, digest_of(file, stat))
    storage.put_file(path, file)  # a moved file is the same inode: its digest remains cached
    return item


def verified(storage: Storage, items: Iterable[Stored]) -> list[Path]:
    """Local files with the bytes that were written.

    Raises DamagedError naming the first object that differs, and MissingError.
    """
    objects = list(items)
    files = for_each(storage, storage.local, [item.path for item in objects])
    pairs = list(zip(objects, files, strict=True))
    if len(pairs) == 1 or sum(item.bytes or 0 for item in objects) < SMALL * len(pairs):
        for item, file in pairs:
            _check(storage, item, file)
        return files
    with ThreadPoolExecutor(HASHERS) as pool:
        list(pool.map(lambda pair: _check(storage, *pair), pairs))
    return files


def lost(storage: Storage, items: Iterable[Stored]) -> list[str]:
    """The paths that are missing or have another size: what is known without reading."""
    objects = list(items)
    if storage.root is None and len(objects) > LISTED:
        folders = {item.path.rpartition("/")[0] for item in objects}
        entries = {
            entry.path: entry
            for listing in for_each(storage, storage.list, sorted(folders))
            for entry in listing
        }
        return [item.path for item in objects if not item.matches(entries.get(item.path))]
    looks: Sequence[Entry | None] = for_each(storage, storage.info, [item.path for item in objects])
    return [
        item.path for item, entry in zip(objects, looks, strict=True) if not item.matches(entry)
    ]


def digest_of(file: Path, stat: os.stat_result | None = None) -> str:
    """The SHA-256 of a local file; `stat` is what the system says of it, if that is known."""
    key = _key(stat or file.stat())
    digest = _digests.get(key)
    if digest is None:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        _digests[key] = digest
    return digest


def forget_digests() -> None:
    """Clear the cache, so that everything is hashed again."""
    _digests.clear()


def _check(storage: Storage, item: Stored, file: Path) -> None:
    if item.bytes is None:
        return
    stat = file.stat()
    if stat.st_size != item.bytes or digest_of(file, stat) != item.sha256:
        raise DamagedError(
            f"{storage.url}/{item.path}: its bytes are not those that were written", hint=REPAIR
        )


def _key(stat: os.stat_result) -> _Key:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
