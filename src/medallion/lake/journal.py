"""The write journal: the names of what a run is about to write, recorded before it is written.

A killed run leaves objects that no snapshot and no release names. Retention removes nothing that no
record names, so the names are recorded first: `writes/RUN-N.json` lists them by layer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import randbits
from threading import Lock
from typing import BinaryIO
from uuid import uuid4

from medallion.errors import DamagedError, MissingError
from medallion.storage import Entry, Storage, for_each
from medallion.storage.sealed_records import read_record, write_record

FOLDER = "writes"
REMOVAL = "-removal"  # suffix of the run's id for objects that are about to be removed
LAKE = ""  # the key of the lake itself where names are listed by layer
JOURNAL_NAME = re.compile(r"(\d{8}-\d{6}-[0-9a-f]{6})(-removal)?-\d+\.json")  # group 1: run id
SEGMENT = 1000  # approximate number of names in one object of the journal
SEGMENTS = 1_000_000  # more than one process writes in a run

Names = dict[str, set[str]]


class WriteJournal:
    """The names of what one run writes.

    Call `note` before writing, and `close` when other records name everything.
    """

    def __init__(self, storage: Storage, run: str, first: int = 0) -> None:
        self._storage = storage
        self._run = run
        self._first = first  # the number of its first segment
        self._shared = False  # whether other processes write journals of the same run
        self._lock = Lock()
        self._segment: Names = {}
        self._closed_segments: list[Names] = []

    def __reduce__(self) -> tuple[Callable[[Storage, str], WriteJournal], tuple[Storage, str]]:
        self._shared = True
        return _in_another_process, (self._storage, self._run)

    def note(self, layer: str, paths: Iterable[str]) -> None:
        """Record paths that are about to be written in a layer, or in the lake itself (`LAKE`)."""
        with self._lock:
            former = [*self._closed_segments, self._segment]
            fresh = {
                path for path in paths if not any(path in names.get(layer, ()) for names in former)
            }
            if not fresh:
                return
            if sum(map(len, self._segment.values())) >= SEGMENT:
                self._closed_segments.append(self._segment)
                self._segment = {}
            names = {**self._segment, layer: self._segment.get(layer, set()) | fresh}
            write_record(
                self._storage, self._path(len(self._closed_segments)), _encoded(self._run, names)
            )
            self._segment = names

    def storage(self, layer: str, storage: Storage) -> Storage:
        """A layer's storage that records each path before it is written."""
        return JournaledStorage(storage, self, layer)

    def close(self, needed: Names | None = None) -> None:
        """Delete the journal, unless it names what is not `needed`, by layer.

        Retention removes that first, such as what was written for a table before a step failed.
        """
        with self._lock:
            segments = [*self._closed_segments, self._segment]
            paths = [self._path(number) for number, names in enumerate(segments) if names]
            if self._shared:
                every = journal_paths(self._storage)
                paths = [path for path in every if run_of(path) == self._run]
                segments = [names for path in paths if (names := read_journal(self._storage, path))]
            if needed is not None and any(_has_more(names, needed) for names in segments):
                return
            for path in paths:
                self._storage.delete(path)
            self._segment, self._closed_segments = {}, []

    def _path(self, number: int) -> str:
        return f"{FOLDER}/{self._run}-{self._first + number}.json"


def _in_another_process(storage: Storage, run: str) -> WriteJournal:
    """A journal of the same run, whose segments no other process and no other attempt has."""
    return WriteJournal(storage, run, SEGMENTS + randbits(60))


def _has_more(names: Names, needed: Names) -> bool:
    return any(paths - needed.get(layer, set()) for layer, paths in names.items())


def journal_paths(storage: Storage) -> list[str]:
    """The journal objects of a lake, without files of other programs."""
    return [
        entry.path
        for entry in storage.list(FOLDER)
        if JOURNAL_NAME.fullmatch(entry.path.rpartition("/")[2])
    ]


def read_journals(storage: Storage, unreadable: list[str]) -> dict[str, Names]:
    """The names in each journal object, by its path; paths of damaged ones go to `unreadable`."""

    def read(path: str) -> Names | None:
        try:
            return read_journal(storage, path)
        except DamagedError:
            unreadable.append(path)
            return None

    paths = journal_paths(storage)
    journals = for_each(storage, read, paths)
    return {path: names for path, names in zip(paths, journals, strict=True) if names is not None}


def run_of(path: str) -> str | None:
    """The run whose writes a journal object lists; None for the list of a removal."""
    name = JOURNAL_NAME.fullmatch(path.rpartition("/")[2])
    return name[1] if name and not name[2] else None


def read_journal(storage: Storage, path: str) -> Names | None:
    """The names in one journal object; None when it does not exist. Raises DamagedError."""
    try:
        body = read_record(storage, path)
        return {str(layer): set(names) for layer, names in body["names"].items()}
    except MissingError:
        return None
    except DamagedError as error:
        hint = "medallion repair moves it to damaged/; objects that it listed stay in the lake"
        raise DamagedError(error.message, hint=hint) from error


def _encoded(run: str, names: Names) -> bytes:
    return json.dumps(
        {"run": run, "names": {layer: sorted(paths) for layer, paths in names.items()}}
    ).encode()


class _Delegate(Storage):
    """A storage that forwards every call to another one."""

    def __init__(self, storage: Storage) -> None:
        self._to = storage
        self.url = storage.url
        self.root = storage.root

    def read(self, path: str) -> tuple[bytes, str]:
        return self._to.read(path)

    def open(self, path: str) -> BinaryIO:
        return self._to.open(path)

    def local(self, path: str) -> Path:
        return self._to.local(path)

    def info(self, path: str) -> Entry | None:
        return self._to.info(path)

    def list(self, folder: str) -> list[Entry]:
        return self._to.list(folder)

    def note(self, paths: Iterable[str]) -> None:
        self._to.note(paths)

    def put(self, path: str, data: bytes) -> None:
        self._to.put(path, data)

    def put_file(self, path: str, file: Path) -> None:
        self._to.put_file(path, file)

    def sync(self, paths: Iterable[str]) -> None:
        self._to.sync(paths)

    def create(self, path: str, data: bytes) -> str:
        return self._to.create(path, data)

    def swap(self, path: str, data: bytes, expected: str) -> str:
        return self._to.swap(path, data, expected)

    def delete(self, path: str, until: float | None = None) -> bool:
        return self._to.delete(path, until)

    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        return self._to.sweep(folders, until)


class JournaledStorage(_Delegate):
    """A layer's storage during a run: the journal names every object before it is written."""

    def __init__(self, storage: Storage, journal: WriteJournal, layer: str) -> None:
        super().__init__(storage)
        self._journal = journal
        self._layer = layer

    def note(self, paths: Iterable[str]) -> None:
        """Record many paths in one write, instead of one write for each."""
        self._journal.note(self._layer, paths)

    def put(self, path: str, data: bytes) -> None:
        self.note([path])
        super().put(path, data)

    def put_file(self, path: str, file: Path) -> None:
        self.note([path])
        super().put_file(path, file)

    def create(self, path: str, data: bytes) -> str:
        self.note([path])
        return super().create(path, data)


class StagedStorage(_Delegate):
    """Collects files in a local folder; `flush` records their names at once, then writes them."""

    def __init__(self, storage: Storage, scratch: Path) -> None:
        super().__init__(storage)
        self._scratch = scratch
        self._staged: dict[str, Path] = {}

    def put_file(self, path: str, file: Path) -> None:
        staged = self._scratch / uuid4().hex
        file.replace(staged)
        self._staged[path] = staged

    def flush(self, pool: ThreadPoolExecutor) -> None:
        """Write the collected files, in the threads of a pool."""
        staged, self._staged = self._staged, {}
        self._to.note(staged)
        for _ in pool.map(self._to.put_file, staged, staged.values()):
            pass
