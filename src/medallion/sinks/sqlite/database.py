"""The file both sides of the SQLite sink open: its own tables, its connections, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote as percent

from pydantic import ValidationError

from medallion.errors import SinkError
from medallion.query.text_folding import fold
from medallion.records import Owner
from medallion.storage.digests import REPAIR
from medallion.storage.durability import make_folder

RELEASES = "_medallion_releases"
ACTIVE = "_medallion_active"
LOADS = "_medallion_loads"
FOLD = "medallion_fold"  # the function that takes case and accents away
OWNER = "_medallion_owner"

META = (
    f"create table if not exists {RELEASES} (id text primary key, body text not null)",
    f"create table if not exists {ACTIVE} (one integer primary key check (one = 1), release text, switches integer)",
    f"create table if not exists {LOADS} (name text primary key, rows integer not null, nulls text not null)",
    f"create table if not exists {OWNER} (one integer primary key check (one = 1), body text not null)",
)

_PATIENCE = 10.0
_WRITER_CACHE = "pragma cache_size = -65536"
_LOG_SIZE = (
    "pragma journal_size_limit = 67108864"  # what its write-ahead log keeps once it was emptied
)
_DURABLE = "pragma synchronous = full"  # in WAL mode, builds of SQLite differ in their default

_HINTS = {
    "SQLITE_BUSY": "another process is writing to it: wait until it is done, or end it",
    "SQLITE_CANTOPEN": "see that its folder is a folder that may be read and written, and that no folder has its name",
    "SQLITE_READONLY": "see that the file and its folder may be written",
    "SQLITE_FULL": "make room on the disk; what was published is still served",
    "SQLITE_IOERR": "see that the disk is well and has room; what was published is still served",
    "SQLITE_CORRUPT": REPAIR,
    "SQLITE_NOTADB": f"it is not a SQLite database: name another file, or run {REPAIR}",
}


def path_of(url: str) -> Path:
    """The file a URL such as `sqlite:lake/serving.db` names."""
    return Path(url.removeprefix("sqlite:"))


def unwritten(path: Path) -> bool:
    """Whether nobody is writing to the file and this process could not: SQLite must then be told not to try.

    A database in WAL mode is opened, even to be read, by way of files next to it, unless it is called immutable.
    """
    beside = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    effective = os.access in os.supports_effective_ids
    return not os.access(path.parent, os.W_OK, effective_ids=effective) and not any(
        file.exists() for file in beside
    )


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file; transactions begin and end only when told to."""
    mode = "mode=rwc" if write else "immutable=1" if unwritten(path) else "mode=ro"
    uri = f"file:{percent(str(path))}?{mode}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.create_function(FOLD, 1, _folded, deterministic=True)
    if write:
        try:
            connection.execute("pragma journal_mode = wal").fetchone()
            connection.execute(_DURABLE)
            connection.execute(_WRITER_CACHE)
            connection.execute(_LOG_SIZE)
        except sqlite3.Error:
            connection.close()
            raise
    return connection


class SharedConnection:
    """The connection of a writer, opened on first use, and again when the file was replaced by another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def opened(self) -> sqlite3.Connection | None:
        """The connection, when it is open and its file is still the one of this name."""
        return self._connection if self._file == self._named() else None

    def open(self) -> sqlite3.Connection:
        connection = self.opened()
        if connection is None:
            self.close()
            self._connection = connection = connect(self.path, write=True)
            self._file = self._named()
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _named(self) -> tuple[int, int] | None:
        """Which file has the name now."""
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return None
        return named.st_dev, named.st_ino


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


def read_active(connection: sqlite3.Connection) -> tuple[str, int] | None:
    """The active release's id, and a number that changes whenever a release comes or goes; None before the first."""
    try:
        found = connection.execute(f"select release, switches from {ACTIVE}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return (found[0], found[1]) if found else None


def read_owner(connection: sqlite3.Connection) -> Owner | None:
    """Whose database it is; None when nobody has written to it as an owner."""
    try:
        row = connection.execute(f"select body from {OWNER}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return Owner.model_validate_json(row[0]) if row else None


def write_owner(connection: sqlite3.Connection, owner: Owner) -> None:
    """Record whose database it is."""
    connection.execute(f"insert or replace into {OWNER} values (1, ?)", (owner.model_dump_json(),))


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what SQLite refuses into SinkError, with what to do about it."""
    try:
        yield
    except sqlite3.Error as error:
        code = (
            "SQLITE_CANTOPEN" if path_of(url).is_dir() else getattr(error, "sqlite_errorname", "")
        )
        hint = next(
            (hint for name, hint in _HINTS.items() if code.startswith(name)),
            REPAIR if "decode" in str(error) else "",
        )
        raise SinkError(f"{url}: {error}", hint=hint) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise SinkError(f"{url}: what it keeps of a release is damaged", hint=REPAIR) from error


def make_room(url: str) -> None:
    """Make the folder of the file where it is missing. Raises SinkError."""
    try:
        make_folder(path_of(url).parent)
    except OSError as error:
        raise SinkError(f"{url}: {error.strerror}", hint=_HINTS["SQLITE_CANTOPEN"]) from error
