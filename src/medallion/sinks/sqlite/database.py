"""What sink and store share: internal tables, connections, and hints for errors of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from medallion.errors import SinkError
from medallion.query.text_folding import fold
from medallion.records import Owner
from medallion.sinks.sqlite.number_text import create_functions
from medallion.storage import sqlite_file
from medallion.storage.digests import REPAIR
from medallion.storage.durability import make_folder
from medallion.storage.sqlite_file import ACTIVE, RELEASES

LOADS = "_medallion_loads"
FOLD = "medallion_fold"  # SQL function that removes case and accents
OWNER = "_medallion_owner"

_SINGLE_ROW = "one integer primary key check (one = 1)"
META = tuple(
    f"create table if not exists {name} ({columns})"
    for name, columns in {
        RELEASES: "id text primary key, body text not null",
        ACTIVE: f"{_SINGLE_ROW}, release text, switches integer",
        LOADS: "name text primary key, rows integer not null, nulls text not null",
        OWNER: f"{_SINGLE_ROW}, body text not null",
    }.items()
)

_WRITER_CACHE = "pragma cache_size = -65536"
# The write-ahead log is truncated to this size after a checkpoint.
_WAL_SIZE = "pragma journal_size_limit = 67108864"
_DURABLE = "pragma synchronous = full"  # in WAL mode the default depends on the build of SQLite

_HINTS = {
    "SQLITE_BUSY": "another process is writing to it: wait until it has finished, or end it",
    "SQLITE_CANTOPEN": (
        "check that its folder exists, is readable and writable, and that the file is not a folder"
    ),
    "SQLITE_READONLY": "check that the file and its folder are writable",
    "SQLITE_FULL": "free space on the disk; the published release is still served",
    "SQLITE_IOERR": "check the disk and its free space; the published release is still served",
    "SQLITE_CORRUPT": REPAIR,
    "SQLITE_NOTADB": f"it is not a SQLite database: name another file, or run {REPAIR}",
}


def path_of(url: str) -> Path:
    """The path of the file in a URL such as `sqlite:lake/serving.db`."""
    return Path(url.removeprefix("sqlite:"))


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file with the functions that queries use; to `write`, in WAL mode."""
    connection = sqlite_file.connect(path, write=write)
    connection.create_function(FOLD, 1, _folded, deterministic=True)
    create_functions(connection)
    if write:
        try:
            connection.execute("pragma journal_mode = wal").fetchone()
            connection.execute(_DURABLE)
            connection.execute(_WRITER_CACHE)
            connection.execute(_WAL_SIZE)
        except sqlite3.Error:
            connection.close()
            raise
    return connection


class SharedConnection:
    """The connection of a writer, opened on first use and reopened when the file was replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def opened(self) -> sqlite3.Connection | None:
        """The connection, if it is open and its file is still the one at the path."""
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
        """Device and inode of the file at the path."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


def read_owner(connection: sqlite3.Connection) -> Owner | None:
    """The recorded owner of the database, or None."""
    try:
        row = connection.execute(f"select body from {OWNER}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return Owner.model_validate_json(row[0]) if row else None


def write_owner(connection: sqlite3.Connection, owner: Owner) -> None:
    """Record the owner of the database."""
    connection.execute(f"insert or replace into {OWNER} values (1, ?)", (owner.model_dump_json(),))


@contextmanager
def sink_errors(url: str) -> Iterator[None]:
    """Turn errors of SQLite, and of reading its records, into SinkError with a hint."""
    try:
        yield
    except sqlite3.Error as error:
        code = (
            "SQLITE_CANTOPEN" if path_of(url).is_dir() else getattr(error, "sqlite_errorname", "")
        )
        hint = next(
            (hint for name, hint in _HINTS.items() if code.startswith(name)),
            # Text of another encoding; a value that a function of this package cannot read.
            REPAIR if any(word in str(error) for word in ("decode", "user-defined")) else "",
        )
        raise SinkError(f"{url}: {error}", hint=hint) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise SinkError(f"{url}: its record of a release is damaged", hint=REPAIR) from error


def make_parent_folder(url: str) -> None:
    """Create the folder of the file if it is missing. Raises SinkError."""
    try:
        make_folder(path_of(url).parent)
    except OSError as error:
        raise SinkError(f"{url}: {error.strerror}", hint=_HINTS["SQLITE_CANTOPEN"]) from error
