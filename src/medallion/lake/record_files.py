"""The records of a lake: JSON objects with a checksum, read and written by path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePosixPath
from threading import Lock
from typing import TypeVar

from medallion.errors import DamagedError, MissingError
from medallion.lake.journal import FOLDER, JOURNAL_NAME
from medallion.records import Moment, Record, Release, Run, Snapshot
from medallion.storage import Storage, for_each
from medallion.storage.sealed_records import damaged, is_older, unseal, write_record

R = TypeVar("R", bound=Record)

ASIDE = "damaged"  # the folder that damaged objects are moved to
HEADS = 200  # heads of releases kept in memory
KEY_LENGTH = 16  # hexadecimal digits of a fingerprint that name its snapshot


_NAMES = {
    "releases": re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}\.json"),
    "runs": re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}\.json"),
    "corrections": re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}\.json"),
    "candidates": re.compile(r"[a-z][a-z0-9_-]{0,59}\.json"),
    "snapshots": re.compile(rf"[^/]+/[0-9a-f]{{{KEY_LENGTH}}}\.json"),
    FOLDER: JOURNAL_NAME,
}


class TableRows(Record):
    """The number of rows of a table."""

    rows: int


class ReleaseHead(Record):
    """The fields of a release for a long list: of its tables, only the number of rows."""

    id: str
    run: str
    created: Moment
    previous: str | None
    tables: dict[str, TableRows]


class LakeRecords:
    """The records in a storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._heads: dict[str, ReleaseHead] = {}
        self._reading_heads = Lock()

    def put(self, path: str, record: Record) -> None:
        """Write a record with its checksum."""
        write_record(self.storage, path, record.model_dump_json(indent=1).encode())

    def read(self, path: str, kind: type[R]) -> R:
        """A record by its path. Raises MissingError, and DamagedError when its checksum differs."""
        data, _ = self.storage.read(path)
        try:
            return kind.model_validate_json(unseal(data))
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(self.storage, path) from error

    def all(
        self,
        folder: str,
        kind: type[R],
        limit: int | None = None,
        unreadable: list[str] | None = None,
    ) -> list[R]:
        """The newest records of a folder, by default all, newest first; without those of older
        lakes.

        Raises DamagedError, unless `unreadable` is given: it then receives the paths of damaged
        records.
        """
        paths = sorted(self.paths(folder), reverse=True)[:limit]
        records = for_each(
            self.storage, lambda path: self._read_or_note(path, kind, unreadable), paths
        )
        return [record for record in records if record]

    def paths(self, folder: str) -> list[str]:
        """The paths of the records in a folder; files of other programs are left out."""
        return [entry.path for entry in self.storage.list(folder) if _is_record(entry.path)]

    def foreign(self) -> list[str]:
        """JSON files in the folders of records that are not named like records: other programs'
        files.
        """
        entries = (entry for folder in _NAMES for entry in self.storage.list(folder))
        return [
            entry.path
            for entry in entries
            if entry.path.endswith(".json") and not _is_record(entry.path)
        ]

    def ids(self, folder: str) -> list[str]:
        """The ids of the records in a folder, newest first."""
        return sorted(map(record_id, self.paths(folder)), reverse=True)

    def release_heads(self, ids: Iterable[str]) -> list[ReleaseHead]:
        """The heads of releases, without those removed meanwhile; they are cached in memory."""
        return [head for head in for_each(self.storage, self._head, ids) if head]

    def _head(self, release: str) -> ReleaseHead | None:
        """The head of a release, from the cache or the lake; one read at a time.

        A release of many files is large while it is parsed, and its head is small.
        """
        with self._reading_heads:
            head = self._heads.get(release) or self._read_if_there(
                f"releases/{release}.json", ReleaseHead
            )
            if head:
                self._heads[release] = head
                while len(self._heads) > HEADS:
                    del self._heads[next(iter(self._heads))]
            return head

    def _read_or_note(self, path: str, kind: type[R], unreadable: list[str] | None) -> R | None:
        try:
            return self._read_if_there(path, kind)
        except DamagedError:
            if unreadable is None:
                raise
            unreadable.append(path)
            return None

    def _read_if_there(self, path: str, kind: type[R]) -> R | None:
        try:
            return self.read(path, kind)
        except MissingError:  # removed by a writer since it was listed
            return None
        except DamagedError:
            if self.is_older(path):
                return None
            raise

    def has_published(self) -> bool:
        """Whether a release of a lake without a pointer was published.

        A release that the killed first run wrote was not.
        """
        releases = self.all("releases", Release)
        if not releases:
            return False
        ids = {run.release for run in self.all("runs", Run)}
        return any(release.previous or release.id in ids for release in releases)

    def is_older(self, path: str) -> bool:
        """Whether a record that cannot be read is not damaged: it has an older format.

        Its checksum matches; or it has none, in a lake of format 0.
        """
        with suppress(ValueError, MissingError):
            data, _ = self.storage.read(path)
            return is_older(data) or bool(unseal(data))
        return False


def record_id(path: str) -> str:
    """The id of the run or release whose record has this path."""
    return PurePosixPath(path).stem


def snapshot_path(snapshot: Snapshot) -> str:
    """The path of a snapshot's record in the lake."""
    return f"snapshots/{snapshot.table}/{snapshot.fingerprint[:KEY_LENGTH]}.json"


def _is_record(path: str) -> bool:
    """Whether a path is a record's: other programs and people put files into folders, too."""
    folder, _, name = path.partition("/")
    return _NAMES[folder].fullmatch(name) is not None


def set_aside(lake: Storage, storage: Storage, path: str, mark: str) -> str | None:
    """Move an object to `damaged/MARK/` in the lake, where it can be inspected.

    Returns its new path, or None when there is no such object.
    """
    try:
        local = storage.local(path)
    except MissingError:
        return None
    aside = f"{ASIDE}/{mark}/{path}"
    lake.put_file(aside, local)
    lake.sync([aside])
    storage.delete(path)
    return aside
