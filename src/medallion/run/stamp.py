"""The stamp of a lake: all that "up to date" depended on, so that the answer can be repeated.

`medallion run` writes it to `stamp.json` in the lake when nothing is left to do. While all of it
holds, the next run gives the same answer without loading the declaration and its plugins, which is
most of the work of such a run. Otherwise, and without a valid stamp, the run loads everything. What
cannot be compared cheaply and with certainty gets no stamp: see `stamp_writer`.

Uses only modules that load in a few milliseconds: no Pydantic, no plugins.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from importlib.machinery import all_suffixes
from pathlib import Path
from stat import S_ISREG
from typing import Any

from medallion.declaration import source_pattern
from medallion.declaration.variables import Variables, read_dotenv
from medallion.errors import MedallionError
from medallion.identifiers import now
from medallion.lake.lease import free_version, lease
from medallion.secrets import SECRETS, mask
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import read_record, write_record
from medallion.storage.sqlite_file import connect, read_active, read_recorded
from medallion.telemetry.environment import is_observed

PATH = "stamp.json"

_LAKE = re.compile(r"^lake:[ \t]+(\S.*?)[ \t]*(?:[ \t]#.*)?$", re.MULTILINE)
_PREFIXES = ("MEDALLION_", "PYTHON", "LC_", "LANG")
_SUFFIXES = all_suffixes()
_INSTALLED = (*_SUFFIXES, ".dist-info", ".egg-info", ".pth")
_ROUNDS = 2000  # a value that is easy to guess should not be easy to find by its digest
_ERRORS = (OSError, ValueError, KeyError, TypeError, sqlite3.Error, MedallionError)


@dataclass(frozen=True)
class Start:
    """What a command found when it started: what changes later was perhaps read before.

    `digests` are those of the declaration and its `.env`; for the others, see `Stamp`.
    """

    declaration: str
    moment: float
    interpreter: list[Any]
    digests: dict[str, str | None]
    modules: dict[str, str | None]

    @classmethod
    def of(cls, declaration: Path) -> Start:
        """The start of a command, before it reads the declaration. Raises OSError."""
        file = declaration.absolute()
        digests = {str(path): digest(str(path)) for path in (file, file.parent / ".env")}
        python = interpreter(file.parent)
        folders = {folder: modules(folder) for folder in python[-1]}
        return cls(str(file), time.time(), python, digests, folders)


@dataclass(frozen=True)
class Stamp:
    """All that the answer depended on, and the record of a run that gives it.

    - `environment`: the digest of the `variables` that the declaration names, and others.
    - `digests`: small files by their bytes; None is a file that does not exist.
    - `versions`: files of code by size, times and inode.
    - `modules`, `tables`: folders by the digest of the names in them.
    - `places`: locations with the folder that they are after symbolic links and mounts.
    - `stored`: files of the release by size, which is all that a run compares.
    - `sources`: of each source, folder, pattern and the tokens of its files.
    - `sinks`: SQLite files by the release that they show, and the digest of its record.
    - `runs`: the number of records of runs from which on old ones are removed.
    """

    declaration: str
    interpreter: list[Any]
    salt: str
    variables: list[str]
    environment: str
    digests: dict[str, str | None]
    versions: dict[str, str | None]
    modules: dict[str, str | None]
    tables: dict[str, str | None]
    places: dict[str, list[Any] | None]
    stored: dict[str, int | None]
    sources: list[list[Any]]
    sinks: dict[str, list[str] | None]
    runs: int
    record: dict[str, Any]

    def holds(self, lake: Path) -> bool:
        """Whether all of it is as it was."""
        folder = Path(self.declaration).parent
        return (
            self.interpreter == interpreter(folder)
            and self.environment == environment(self.variables, self.salt)
            and all(digest(path) == value for path, value in self.digests.items())
            and all(version(path) == value for path, value in self.versions.items())
            and all(modules(path) == value for path, value in self.modules.items())
            and all(names(path) == value for path, value in self.tables.items())
            and all(place(path) == value for path, value in self.places.items())
            and all(_is_stored(path, size) for path, size in self.stored.items())
            and all(listing(root, rest) == files for root, rest, files in self.sources)
            and all(shown(path) == release for path, release in self.sinks.items())
            and len(list(os.scandir(lake / "runs"))) < self.runs
        )


def repeat(declaration: Path) -> dict[str, Any] | None:
    """The record of a run with nothing new, if the stamp holds; otherwise None.

    The lease is taken only if no other writer has had it since before the stamp was compared. A run
    that others hear of loads everything.
    """
    if is_observed(declaration.parent):
        return None
    with suppress(*_ERRORS):
        storage = LocalStorage(_lake(declaration))
        stamp = Stamp(**read_record(storage, PATH)["stamp"])
        free = free_version(storage)
        if free and stamp.declaration == str(declaration.absolute()) and stamp.holds(storage.root):
            with lease(storage, free=free) as own:
                record = _record(stamp, own.run, declaration)
                body = json.dumps(record, indent=1, ensure_ascii=False)
                write_record(storage, f"runs/{own.run}.json", body.encode())
            return record
    return None


def write(storage: LocalStorage, stamp: Stamp) -> None:
    """Replace the stamp, if all of it holds, and it would show no secret."""
    text = json.dumps({"stamp": asdict(stamp)}, ensure_ascii=False)
    if stamp.holds(storage.root) and mask(text) == text:
        write_record(storage, PATH, text.encode())


def _lake(declaration: Path) -> Path:
    """Where the lake probably is: the stamp in it says whether it is the lake of the declaration.

    YAML has other ways to write it; then there is no stamp.
    """
    match = _LAKE.search(declaration.read_text(encoding="utf-8"))
    text = match[1].strip("\"'") if match else "lake"
    variables = Variables(_variables(declaration))
    return Path(declaration.absolute().parent, variables.fill(text, lambda _: None))


def _variables(declaration: Path) -> Mapping[str, str]:
    return {**read_dotenv(declaration.parent / ".env", lambda *_: None), **os.environ}


def _record(stamp: Stamp, run: str, declaration: Path) -> dict[str, Any]:
    """The record of this run. Its texts are masked again: there may be new secrets."""
    started = now()
    warnings = [step["warnings"] for step in stamp.record["steps"] if step["warnings"]]
    if warnings:
        SECRETS.add_variables(_variables(declaration))
    for texts in warnings:
        texts[:] = map(mask, texts)
    moments = {"started": started, "finished": now()}
    times = {key: moment.isoformat().replace("+00:00", "Z") for key, moment in moments.items()}
    return {**stamp.record, "id": run, **times}


# What a stamp compares


def interpreter(folder: Path) -> list[Any]:
    """The interpreter, its options, and where it looks for modules: first in a folder."""
    options = [sys.version, str(sys.flags), list(sys.warnoptions)]
    return [*options, [str(folder), *(path for path in sys.path if path != str(folder))]]


def environment(variables: Iterable[str], salt: str) -> str:
    """The digest of these variables, and of those that are read without being named."""
    others = (name for name in os.environ if name.startswith(_PREFIXES))
    values = {name: os.environ.get(name) for name in (*variables, *others)}
    text = json.dumps(values, sort_keys=True).encode()
    return hashlib.pbkdf2_hmac("sha256", text, salt.encode(), _ROUNDS).hex()


def digest(path: str) -> str | None:
    """The digest of a small file; None when there is no such file."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def version(path: str) -> str | None:
    """Size, times and inode of a file; None when there is none."""
    status = status_of(path)
    if status is None:
        return None
    times = f"{status.st_mtime_ns}-{status.st_ctime_ns}"
    return f"{status.st_size}-{times}-{status.st_dev}-{status.st_ino}"


def names(folder: str) -> str | None:
    """The digest of the names in a folder; None when there is no such folder."""
    try:
        return _digest_of(entry.name for entry in os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return None


def modules(folder: str) -> str | None:
    """The digest of the names that decide what is imported from a folder, or is installed in it.

    Of an archive, its version. A folder without `__init__` is only a package if no other folder has
    one of its name.
    """
    try:
        entries = list(os.scandir(folder or "."))
    except (FileNotFoundError, NotADirectoryError):
        return version(folder)
    return _digest_of(
        entry.name
        for entry in entries
        if entry.name.endswith(_INSTALLED) or ("." not in entry.name and _is_package(entry.path))
    )


def _is_package(folder: str) -> bool:
    return any(status_of(f"{folder}/__init__{suffix}") for suffix in _SUFFIXES)


def _digest_of(texts: Iterable[str]) -> str:
    text = "\0".join(sorted(texts))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def place(path: str) -> list[Any] | None:
    """The location after symbolic links and mounts; None when there is nothing."""
    status = status_of(path)
    return status and [os.path.realpath(path), status.st_dev, status.st_ino]


def listing(root: str, rest: str) -> dict[str, str]:
    """The tokens of the files of a source."""
    entries = source_pattern.matching(LocalStorage(Path(root)), rest)
    return {entry.path: entry.token for entry in entries}


def shown(path: str) -> list[str] | None:
    """The release that a SQLite file shows, and the digest of its record."""
    with closing(connect(Path(path), write=False)) as connection:
        active = read_active(connection)
        record = read_recorded(connection, active[0]) if active else None
    return [active[0], hashlib.sha256(record.encode()).hexdigest()] if active and record else None


def _is_stored(path: str, size: int | None) -> bool:
    """Whether a file is there, with its size if that is recorded."""
    status = status_of(path)
    return bool(status and S_ISREG(status.st_mode) and size in (None, status.st_size))


def status_of(path: str) -> os.stat_result | None:
    """What the system knows of a file or folder; None when there is none."""
    try:
        return os.stat(path)  # noqa: PTH116 (a path of pathlib costs more than the call)
    except (FileNotFoundError, NotADirectoryError):
        return None
