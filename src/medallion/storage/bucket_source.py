"""Files in buckets that sources are only read from: those of Google Cloud and of Azure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

from medallion.storage import Entry, require_packages
from medallion.storage.download_cache import copies
from medallion.storage.source_storage import SourceStorage, url_parts

ATTEMPTS_SECONDS = 20  # for how long transient errors are retried


class BucketSource(SourceStorage):
    """Objects below `SCHEME://BUCKET/PREFIX`, known by the version that the server gives each.

    Raises PluginError when `packages`, of the extra `extra`, are not installed.
    """

    extra: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        require_packages(url, self.extra, *self.packages)
        parts = url_parts(url)
        folders = "/".join(part for part in parts.path.split("/") if part)
        self.place = f"{parts.scheme}://{parts.netloc}"
        self.bucket = parts.netloc.partition("@")[0]
        self.url = f"{self.place}/{folders}".rstrip("/")
        self._prefix = f"{folders}/" if folders else ""

    @abstractmethod
    def objects(self, prefix: str) -> Iterator[Entry]:
        """The objects whose keys begin with a prefix; their paths are their keys."""

    @abstractmethod
    def head(self, key: str) -> Entry | None:
        """What is known of an object; None when the bucket has no such object."""

    @abstractmethod
    def download(self, entry: Entry, file: Path) -> None:
        """Fetch the version of an object that the entry describes."""

    @abstractmethod
    def errors(self, path: str) -> AbstractContextManager[None]:
        """Raise the errors of the server's client as StorageError or MissingError."""

    def local(self, path: str) -> Path:
        entry = self.known(path)
        stored = self._at(entry, f"{self._prefix}{path}")
        with self.errors(path):
            return copies().get(
                f"{self.url}/{path}", entry.token, lambda part: self.download(stored, part)
            )

    def info(self, path: str) -> Entry | None:
        with self.errors(path):
            entry = self.head(f"{self._prefix}{path}")
        return self._at(entry, path) if entry else None

    def list(self, folder: str) -> list[Entry]:
        below = f"{self._prefix}{folder}/" if folder else self._prefix
        with self.errors(folder):
            entries = [
                self._at(entry, entry.path[len(self._prefix) :])
                for entry in self.objects(below)
                if not entry.path.endswith("/")  # a web console's mark of an empty folder
            ]
        return sorted(entries, key=lambda entry: entry.path)

    def _at(self, entry: Entry, path: str) -> Entry:
        return Entry(path, entry.bytes, entry.token, entry.modified, entry.mtime)
