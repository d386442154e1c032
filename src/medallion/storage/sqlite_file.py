"""A SQLite file that serves releases: how it is opened, and which release it shows.

Apart from the sink, so that a run with nothing new can compare both without loading the sink.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote as percent

RELEASES = "_medallion_releases"
ACTIVE = "_medallion_active"

_BUSY_TIMEOUT = 10.0


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file, without implicit transactions."""
    mode = "mode=rwc" if write else "immutable=1" if is_immutable(path) else "mode=ro"
    uri = f"file:{percent(str(path))}?{mode}"
    return sqlite3.connect(
        uri, uri=True, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )


def is_immutable(path: Path) -> bool:
    """Whether SQLite must open the file as immutable: in a read-only folder, and without a writer.

    Even to read a database in WAL mode, SQLite creates files next to it, unless it is immutable.
    """
    wal_files = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    effective = os.access in os.supports_effective_ids
    return not os.access(path.parent, os.W_OK, effective_ids=effective) and not any(
        file.exists() for file in wal_files
    )


def read_active(connection: sqlite3.Connection) -> tuple[str, int] | None:
    """The active release's id, and a number that each switch or pruning changes; or None."""
    try:
        row = connection.execute(f"select release, switches from {ACTIVE}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return (row[0], row[1]) if row else None


def read_recorded(connection: sqlite3.Connection, release: str) -> str | None:
    """The record of a release, as JSON; None when there is none."""
    row = connection.execute(f"select body from {RELEASES} where id = ?", (release,)).fetchone()
    return row[0] if row else None
