"""Files in an archive: `zip://MEMBERS::ARCHIVE` and `tar://MEMBERS::ARCHIVE`."""

from __future__ import annotations

import shutil
import tarfile
import threading
import zipfile
import zlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import IO, Any, cast

from medallion.errors import MissingError, StorageError
from medallion.secrets import mask
from medallion.storage import Entry, open_storage
from medallion.storage.chained_url import unchained
from medallion.storage.download_cache import copies
from medallion.storage.source_storage import SourceStorage

CHUNK = 1 << 20
# A file beyond both is taken for an attack: it may be this large, or this much larger than packed.
MOST_BYTES, MOST_RATIO = 1 << 30, 200

_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError)
_unpacking = threading.Lock()  # one archive at a time, so that no file is unpacked twice


@dataclass(frozen=True)
class Member:
    """A file in an archive: its path, size in bytes, and what shows that its bytes are others."""

    path: str
    size: int
    token: str
    modified: float
    open: Callable[[], IO[bytes]]


class ArchiveStorage(SourceStorage):
    """The files in one archive, which may be in any other storage.

    Parameters: `url` is `SCHEME://::ARCHIVE`; `options` are those of the archive's storage.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = url
        _, archive = unchained(url)
        self.archive = mask(archive)
        # A query is that of a web server, and no part of the archive's name.
        place, question, query = archive.partition("?") if "://" in archive else (archive, "", "")
        folder, _, self._name = place.rpartition("/")
        self._storage = open_storage(f"{folder or '.'}{question}{query}", options=options)
        self._entries: tuple[str, dict[str, Entry]] = ("", {})  # of a version of the archive

    @property
    def is_remote(self) -> bool:
        return self._storage.is_remote

    @abstractmethod
    def members(self, file: Path) -> Iterator[Member]:
        """The files in an archive. Raises StorageError for what is no regular file."""

    def local(self, path: str) -> Path:
        # Of the archive as it was listed: to look at it again for each file may take a request.
        entry = self._entries[1].get(path) or self.known(path)
        copy = self._copy(entry)
        with _unpacking:
            if not copies().use(copy):
                self._unpack()
                if not copies().use(copy):
                    raise StorageError(
                        f"{self.archive} changed while it was read", hint="run again"
                    )
        return copy

    def info(self, path: str) -> Entry | None:
        return self._known().get(path)

    def list(self, folder: str) -> list[Entry]:
        below, entries = f"{folder}/" if folder else "", self._known()
        return [entries[path] for path in sorted(entries) if path.startswith(below)]

    def _known(self) -> dict[str, Entry]:
        archive = self._storage.info(self._name)
        if archive is None:
            raise MissingError(
                f"{self.archive}: no such archive", hint="correct `source`, or put the file there"
            )
        version, entries = self._entries
        if version != archive.token:
            with self._errors():
                members = list(self.members(self._file()))
            self._check([member.path for member in members])
            entries = {
                member.path: Entry(
                    member.path,
                    member.size,
                    f"{archive.token}-{member.token}",
                    archive.modified,
                    member.modified,
                )
                for member in members
            }
            self._entries = archive.token, entries
        return entries

    def _check(self, paths: Sequence[str]) -> None:
        for path, count in Counter(paths).items():
            if path.startswith("/") or ".." in PurePosixPath(path).parts or "\\" in path:
                raise StorageError(f"{self.archive}: {path!r} would be outside of its folder")
            if count > 1:
                raise StorageError(f"{self.archive}: {path!r} is in it {count} times")

    def _unpack(self) -> None:
        """Unpack all files in one pass: a compressed archive is read from its beginning."""
        entries = self._known()
        with self._errors():
            for member in self.members(self._file()):
                copy = self._copy(entries[member.path])
                if copies().use(copy):
                    continue
                part = copies().part()
                with member.open() as packed, part.open("wb") as out:
                    shutil.copyfileobj(packed, out, CHUNK)
                copies().add(part, copy)

    def _copy(self, entry: Entry) -> Path:
        return copies().path(f"{self.url}/{entry.path}", entry.token)

    def _file(self) -> Path:
        return self._storage.local(self._name)

    def _check_size(self, path: str, size: int, packed: int) -> None:
        if size > MOST_BYTES and size > MOST_RATIO * max(packed, 1):
            raise StorageError(
                f"{self.archive}: {path} would unpack to {size:,} bytes, from {packed:,}",
                hint="if it is not an attack, unpack it yourself and declare its folder",
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise StorageError(
                f"{self.archive} cannot be unpacked: {error}", hint="check that it is complete"
            ) from error


class ZipStorage(ArchiveStorage):
    """The files in a ZIP archive."""

    def members(self, file: Path) -> Iterator[Member]:
        with zipfile.ZipFile(file) as archive:
            for each in archive.infolist():
                if each.is_dir():
                    continue
                if S_ISLNK(each.external_attr >> 16):
                    raise StorageError(f"{self.archive}: {each.filename} is a link")
                if each.flag_bits & 1:
                    raise StorageError(
                        f"{self.archive}: {each.filename} is encrypted",
                        hint="unpack it yourself and declare its folder",
                    )
                self._check_size(each.filename, each.file_size, each.compress_size)
                moment = datetime(*each.date_time, tzinfo=UTC).timestamp()
                token = f"{each.CRC:08x}"
                yield Member(
                    each.filename, each.file_size, token, moment, partial(archive.open, each)
                )


class TarStorage(ArchiveStorage):
    """The files in a tar archive, which may be compressed by gzip, bzip2 or xz."""

    def members(self, file: Path) -> Iterator[Member]:
        packed = file.stat().st_size
        with tarfile.open(file) as archive:
            for each in archive:
                if each.isdir():
                    continue
                if not each.isfile():
                    raise StorageError(f"{self.archive}: {each.name} is a link or a device")
                self._check_size(each.name, each.size, packed)
                path, moment = each.name.removeprefix("./"), float(each.mtime)
                content = partial(archive.extractfile, each)
                yield Member(path, each.size, "", moment, cast("Callable[[], IO[bytes]]", content))
