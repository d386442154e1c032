"""Files in the memory of this process, where fsspec keeps them: `memory://FOLDER/PATH`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medallion.errors import MissingError
from medallion.storage import Entry, require_packages
from medallion.storage.download_cache import copies
from medallion.storage.source_storage import SourceStorage


class MemoryStorage(SourceStorage):
    """Files that a notebook or a test has put into fsspec's memory filesystem.

    Other processes do not see them. A file is known by the hash of its bytes, since two of its
    versions may be of the same moment. Raises PluginError when the extra `memory` is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        require_packages(url, "memory", "fsspec")
        self._folder = f"/{url.partition('://')[2].strip('/')}"
        self.url = f"memory:/{self._folder}"

    def local(self, path: str) -> Path:
        data = self._bytes(path)
        return copies().get(f"{self.url}/{path}", _hash(data), lambda part: part.write_bytes(data))

    def info(self, path: str) -> Entry | None:
        try:
            data = self._bytes(path)
        except MissingError:
            return None
        modified = _files().modified(f"{self._folder}/{path}").timestamp()
        return Entry(path, len(data), _hash(data), modified, modified)

    def list(self, folder: str) -> list[Entry]:
        names = _files().find(f"{self._folder}/{folder}".rstrip("/"))
        below = [name.removeprefix(f"{self._folder}/") for name in names if name != self._folder]
        entries = (self.info(path) for path in sorted(below) if path != folder)
        return [entry for entry in entries if entry]

    def _bytes(self, path: str) -> bytes:
        try:
            data: bytes = _files().cat_file(f"{self._folder}/{path}")
        except FileNotFoundError as error:
            raise MissingError(f"{self.url}/{path}: no such file in this process") from error
        return data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _files() -> Any:
    from fsspec import filesystem

    return filesystem("memory")
