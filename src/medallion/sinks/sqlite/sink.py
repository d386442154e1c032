"""The SQLite sink: one file, written by one run at a time, while others read it.

What loads, repairs and queries tables is imported on first use: most runs have nothing new.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from pydantic import PrivateAttr, field_validator

from medallion.contracts import Flaw, Right, RowChanges, Sink, TableSpec, check_writer, read_release
from medallion.contracts.table_target import Target, lost_rows, require_loaded, target
from medallion.errors import SinkError
from medallion.records import LoadReport, Owner, Release, Served, Snapshot
from medallion.sinks.sqlite.database import (
    LOADS,
    META,
    SharedConnection,
    connect,
    make_parent_folder,
    path_of,
    read_owner,
    sink_errors,
    write_owner,
)
from medallion.storage.sqlite_file import ACTIVE, RELEASES, read_active, read_recorded

if TYPE_CHECKING:
    from medallion.contracts import Batches
    from medallion.sinks.sqlite.store import SqliteStore

# A table named `sqlite` would be stored as `sqlite__…`, a prefix that SQLite reserves; a view named
# `json_each` would hide the function that `prune` calls.
_RESERVED = ("sqlite", "json_each")


class Sqlite(Sink):
    """Serves gold tables from one SQLite file; it needs no server and no installation.

    `url` is `sqlite:` and the path of the file. Readers are never blocked and always see one
    complete release. Each table is also a view under its plain name, for any SQLite tool; there,
    decimals are shown as floating point. Decimals and whole numbers are stored as 64-bit integers.
    A column with a larger number is stored as text that sorts like the numbers: medallion returns,
    filters and sums it exactly, but more slowly, and its view shows floating point.

    ```yaml
    sinks:
      serving:
        url: sqlite:lake/serving.db
        tables:
          clients_stats: {key: client_id, indexes: [country, -total_spent]}
    ```
    """

    name = "sqlite"
    copies_tables = True

    _shared: SharedConnection | None = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _names_a_file(cls, url: str) -> str:
        if not url.startswith("sqlite:") or str(path_of(url)) in (".", ":memory:"):
            raise ValueError(
                "write `sqlite:` and the path of a file, such as sqlite:lake/serving.db"
            )
        return url

    def located(self, base: Path) -> Sqlite:
        """The same sink, with a relative path resolved against `base`."""
        return self.model_copy(update={"url": f"sqlite:{base / path_of(self.url)}"})

    def file(self) -> Path:
        return path_of(self.url)

    @contextmanager
    def connected(self) -> Iterator[Self]:
        """The same sink with one connection for everything in the block, opened on the first write.

        SQLite reads the definitions of all tables when it opens a file. Doing that for each table
        of a release would be most of the time of loading it.
        """
        connected = self.model_copy()
        with closing(SharedConnection(path_of(self.url))) as connected._shared:
            yield connected

    def unfit_names(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Names that SQLite reserves, and names that differ only in case, which it ignores."""
        names_by_folded: dict[str, str] = {}
        for name in names:
            folded = name.lower()
            former = names_by_folded.setdefault(folded, name)
            if former != name:
                yield (
                    name,
                    f"SQLite does not distinguish {former!r} and {name!r}; rename one of them",
                )
            elif folded.startswith("sqlite_") or folded in _RESERVED:
                yield name, f"SQLite reserves the name {name!r}; rename the table"

    def loaded(self) -> frozenset[str]:
        if not path_of(self.url).exists():
            return frozenset()
        with self._reading() as connection:
            if read_active(connection) is None:
                return frozenset()
            return frozenset(name for (name,) in connection.execute(f"select name from {LOADS}"))

    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Load and index in one transaction, so that a table is loaded completely or not at all.

        Raises SinkError when rows are missing, a key is null or not unique, a value does not fit,
        or the file is not writable.
        """
        from medallion.sinks.sqlite.table_load import load_table

        return self._load(table, snapshot, partial(load_table, rows=rows))

    def load_changes(
        self, table: TableSpec, snapshot: Snapshot, former: Served, changes: RowChanges
    ) -> LoadReport | None:
        """Copy the former table, change rows and index it, in one transaction."""
        from medallion.contracts.row_changes import NotCopiedError
        from medallion.sinks.sqlite.table_changes import copy_table

        try:
            return self._load(table, snapshot, partial(copy_table, former=former, changes=changes))
        except NotCopiedError:
            return None

    def _load(
        self,
        table: TableSpec,
        snapshot: Snapshot,
        work: Callable[[sqlite3.Connection, Target], int],
    ) -> LoadReport:
        start = perf_counter()
        destination = target(self.url, self.version, table, snapshot)
        with self._transaction() as connection:
            row = connection.execute(
                f"select rows from {LOADS} where name = ?", (destination.name,)
            ).fetchone()
            count = row[0] if row else work(connection, destination)
        return destination.report(self.label, perf_counter() - start, count, loaded=row is None)

    def activate(self, release: Release) -> None:
        """Switch the pointer and the views in one transaction.

        Raises SinkError when a table is not loaded.
        """
        from medallion.sinks.sqlite.table_digest import record_release
        from medallion.sinks.sqlite.views import point_views

        served = release.served.get(self.label, {})
        with self._transaction() as connection:
            tables = {name for (name,) in connection.execute(f"select name from {LOADS}")}
            require_loaded(self.url, release, served, tables)
            connection.execute(
                f"insert or replace into {RELEASES} values (?, ?)",
                (release.id, release.model_dump_json()),
            )
            connection.execute(
                f"insert into {ACTIVE} values (1, ?, 1) on conflict do update "
                "set release = excluded.release, switches = switches + 1",
                (release.id,),
            )
            record_release(connection, release.id)
            if self._writer:
                write_owner(connection, self._writer)
            point_views(connection, release, served)

    def active(self) -> Release | None:
        """The active release, or None before the first. Does not create the file."""
        if not path_of(self.url).exists():
            return None
        with self._reading() as connection:
            active = read_active(connection)
            if active is None:
                return None
            record = read_recorded(connection, active[0])
            if record is None:
                raise SinkError(
                    f"{self.url}: release {active[0]} is active, but not recorded",
                    hint="medallion repair",
                )
            return read_release(record)

    def owner(self) -> Owner | None:
        """The owner recorded by the last `activate` or `claim`. Does not create the file."""
        if not path_of(self.url).exists():
            return None
        with self._reading() as connection:
            return read_owner(connection)

    def claim(self, owner: Owner) -> None:
        """Record the owner in the file."""
        with self._transaction(checked=False) as connection:
            write_owner(connection, owner)

    def prune(self, keep: Sequence[Release]) -> int:
        """Drop the tables that neither the active release nor one in `keep` serves."""
        from medallion.sinks.sqlite.repair import prune_tables

        active = self.active()
        with self._transaction() as connection:
            return prune_tables(connection, [*keep, active] if active else keep)

    def rights(self) -> Iterator[Right]:
        """Try to write to the file, if it exists."""
        if not path_of(self.url).exists():
            return
        try:
            with (
                sink_errors(self.url),
                closing(connect(path_of(self.url), write=True)) as connection,
            ):
                connection.execute("begin immediate")
                connection.execute("create table _medallion_trial (trial)")
                connection.execute("rollback")
        except SinkError as error:
            yield Right("writing", error)
        else:
            yield Right("writing", None)

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Compare tables with their recorded digests, and check the structure of the file."""
        from medallion.sinks.sqlite.repair import flaws

        served = {table: entry.name for table, entry in release.served.get(self.label, {}).items()}
        yield from flaws(self.url, served, rows)

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Drop tables; or move the file aside and create a new one with its undamaged tables."""
        from medallion.sinks.sqlite.repair import discard_tables, rebuild

        if tables is None:
            return f"the damaged file is now {rebuild(self.url, mark)}"
        served = release.served.get(self.label, {})
        with self._transaction() as connection:
            loaded_names = {name for (name,) in connection.execute(f"select name from {LOADS}")}
            for table in tables:
                former = served[table].former
                if former and former.name not in loaded_names:
                    raise lost_rows(f"{self.url}: table {table!r}", served[table])
            discard_tables(connection, [served[table].name for table in tables])
        return ""

    def store(self) -> SqliteStore:
        """The query side; its connections are opened on first use, one per thread."""
        from medallion.sinks.sqlite.store import SqliteStore

        return SqliteStore(self.url, self.label)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with sink_errors(self.url):
            if self._shared and (shared := self._shared.opened()):
                yield shared
            else:
                with closing(connect(path_of(self.url), write=False)) as connection:
                    yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        make_parent_folder(self.url)
        with sink_errors(self.url):
            if self._shared:
                yield self._shared.open()
            else:
                with closing(connect(path_of(self.url), write=True)) as connection:
                    yield connection

    @contextmanager
    def _transaction(self, *, checked: bool = True) -> Iterator[sqlite3.Connection]:
        with self._writing() as connection:
            connection.execute("begin immediate")
            try:
                for statement in META:
                    connection.execute(statement)
                if checked:
                    check_writer(self.url, read_owner(connection), self._writer)
                yield connection
                connection.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):  # what is reported is why it failed
                    connection.rollback()
                raise
