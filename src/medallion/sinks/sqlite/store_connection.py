"""A connection of the SQLite store, and what it caches of releases."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from typing import Any, cast

from medallion.contracts import Kind, read_release
from medallion.errors import SinkError
from medallion.query.cursor import gone_error
from medallion.records import Release
from medallion.sinks.sqlite.aggregation import QuantileAggregate
from medallion.sinks.sqlite.database import LOADS, connect, path_of
from medallion.sinks.sqlite.dialect import QUANTILE
from medallion.sinks.sqlite.number_text import stored_kinds
from medallion.storage.sqlite_file import RELEASES, is_immutable, read_active


class StoreConnection:
    """One connection, with a cache of releases that a switch or a pruning empties.

    `former` is a connection inherited through a fork. It is referenced, and so not closed, because
    closing a connection of the parent process could drop the parent's locks.

    `in_use` is held by the thread that reads: SQLite crashes where another one closes the
    connection meanwhile.
    """

    def __init__(self, url: str, former: StoreConnection | None = None) -> None:
        self._url = url
        self._process = os.getpid()
        self._former = former if former and former._process != self._process else None
        self.in_use = threading.Lock()
        self.closed = False
        self._active = ""
        self._switches = -1
        self._releases: dict[str, Release] = {}
        self._nulls: dict[str, frozenset[str]] = {}
        self._kinds: dict[str, dict[str, Kind]] = {}
        if not path_of(url).exists():
            raise self._unpublished()
        self._immutable = is_immutable(path_of(url))
        self.connection = connect(path_of(url), write=False)
        self.connection.create_aggregate(QUANTILE, 2, cast("Any", QuantileAggregate))
        self._file = self._identity()

    def current(self) -> bool:
        """Whether it is open, and belongs to this process and to the file now at the path."""
        return not self.closed and self._process == os.getpid() and self._file == self._identity()

    def begin(self, *, active: bool) -> None:
        """Begin a transaction: one state of the file. With `active`, look up the active release."""
        self.connection.execute("begin")
        if not active:
            return
        pointer = read_active(self.connection)
        if pointer is None:
            raise self._unpublished()
        self._active, switches = pointer
        if switches != self._switches:
            self._switches = switches
            self._releases.clear()
            self._nulls.clear()
            self._kinds.clear()

    def active(self) -> Release:
        """The release that was active when the transaction began."""
        return self.kept(self._active)

    def kept(self, ident: str) -> Release:
        """A release by id, in a transaction that looked up the active one. Raises GoneError."""
        if ident not in self._releases:
            row = self.connection.execute(
                f"select body from {RELEASES} where id = ?", (ident,)
            ).fetchone()
            if row is None:
                raise gone_error(ident)
            self._releases[ident] = read_release(row[0])
        return self._releases[ident]

    def nulls(self, name: str) -> frozenset[str]:
        """The columns of a physical table with a null; none for a table that does not exist."""
        if name not in self._nulls:
            row = self.connection.execute(
                f"select nulls from {LOADS} where name = ?", (name,)
            ).fetchone()
            if row is None:
                return frozenset()
            self._nulls[name] = frozenset(json.loads(row[0]))
        return self._nulls[name]

    def kinds(self, name: str, kinds: Mapping[str, Kind]) -> Mapping[str, Kind]:
        """The kinds of a physical table's columns as it stores them."""
        stored = self._kinds.get(name)
        if stored is None:
            stored = stored_kinds(self.connection, name, kinds)
            exists = "select 1 from sqlite_master where name = ?"
            if self.connection.execute(exists, (name,)).fetchone():
                self._kinds[name] = stored
        return stored

    def close(self) -> None:
        """Close it when nobody reads; one of another process stays open."""
        if self._process != os.getpid():
            return
        with self.in_use:
            self.connection.close()
            self.closed = True

    def _identity(self) -> tuple[object, ...] | None:
        try:
            # On every call: `Path.stat` would cost twice as much.
            status = os.stat(path_of(self._url))  # noqa: PTH116
        except FileNotFoundError:
            return None
        if self._immutable:  # SQLite does not detect changes then
            return (
                status.st_dev,
                status.st_ino,
                status.st_mtime_ns,
                status.st_size,
                is_immutable(path_of(self._url)),
            )
        return status.st_dev, status.st_ino

    def _unpublished(self) -> SinkError:
        return SinkError(f"{self._url}: nothing was published yet", hint="medallion run")
