"""The embedded serving database: one SQLite file, written by one run at a time, read by anybody meanwhile."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from pydantic import PrivateAttr, field_validator

from medallion.contracts import Flaw, Right, Sink, TableSpec, check_writer, quote
from medallion.contracts.table_target import lost_rows, target
from medallion.errors import SinkError
from medallion.query.column_types import kind_of
from medallion.records import LoadReport, Owner, Release, Served, Snapshot
from medallion.secrets import masked_logger
from medallion.sinks.sqlite.database import (
    ACTIVE,
    LOADS,
    META,
    RELEASES,
    SharedConnection,
    connect,
    make_room,
    path_of,
    read_active,
    read_owner,
    told,
    write_owner,
)
from medallion.sinks.sqlite.repair import discard_tables, flaws, rebuild
from medallion.sinks.sqlite.store import SqliteStore
from medallion.sinks.sqlite.table_digest import record_release
from medallion.sinks.sqlite.table_load import fill

if TYPE_CHECKING:
    from medallion.contracts import Batches

_RESERVED = (
    "sqlite",
    "json_each",
)  # a served table is `NAME__…`; a view would hide the function that `prune` calls
_VIEW_MARK = "/* made by medallion */"

_log = masked_logger(__name__)


class Sqlite(Sink):
    """Serves gold tables from one SQLite file; nothing has to be installed or running.

    `url` is `sqlite:` and the path of the file. Readers are never blocked and never see half a
    release. Every table also stands in the file as a view of its plain name, for any SQLite tool;
    there, decimals are shown as floating point. Values outside 64 bits are refused with SinkError.

    ```yaml
    sinks:
      serving:
        url: sqlite:lake/serving.db
        tables:
          clients_stats: {key: client_id, indexes: [country, -total_spent]}
    ```
    """

    name = "sqlite"

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
        """The same sink, a relative path being taken from `base`."""
        return self.model_copy(update={"url": f"sqlite:{base / path_of(self.url)}"})

    def file(self) -> Path:
        return path_of(self.url)

    @contextmanager
    def connected(self) -> Iterator[Self]:
        """The same sink with one connection for all that is done in the block, opened when something is written.

        Opening one reads the names of all tables in the file: for each table of a release, that would be most of the
        time it takes to load them.
        """
        connected = self.model_copy()
        with closing(SharedConnection(path_of(self.url))) as connected._shared:
            yield connected

    def unfit_names(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Names that SQLite keeps for itself, and names that only case tells apart."""
        known: dict[str, str] = {}
        for name in names:
            folded = name.lower()
            other = known.setdefault(folded, name)
            if other != name:
                yield (
                    name,
                    f"SQLite does not tell the names {other!r} and {name!r} apart; rename one of them",
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
        """Load and index in one transaction, so that a load is there whole or not at all.

        Raises SinkError when rows are missing, a key is null or not unique, a value does not fit, or
        the file cannot be written.
        """
        started = perf_counter()
        wanted = target(self.url, self.version, table, snapshot)
        with self._transaction() as connection:
            found = connection.execute(
                f"select rows from {LOADS} where name = ?", (wanted.name,)
            ).fetchone()
            count = found[0] if found else fill(connection, wanted, rows)
        return wanted.report(self.label, perf_counter() - started, count, loaded=found is None)

    def activate(self, release: Release) -> None:
        """Switch pointer and plain-name views in one transaction. Raises SinkError when a table is not loaded."""
        served = release.served.get(self.label, {})
        with self._transaction() as connection:
            loaded = {name for (name,) in connection.execute(f"select name from {LOADS}")}
            for table, entry in served.items():
                if entry.name not in loaded:
                    raise SinkError(
                        f"{self.url}: release {release.id} serves {table!r} from {entry.name}, which is not there",
                        hint="load its tables first: publish it again",
                    )
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
            _point_views(connection, served)

    def active(self) -> Release | None:
        """The release readers see, or None before the first; asking makes no file."""
        if not path_of(self.url).exists():
            return None
        with self._reading() as connection:
            found = read_active(connection)
            if found is None:
                return None
            row = connection.execute(
                f"select body from {RELEASES} where id = ?", (found[0],)
            ).fetchone()
            if row is None:
                raise SinkError(
                    f"{self.url}: release {found[0]} is active, but not recorded",
                    hint="medallion repair",
                )
            return Release.model_validate_json(row[0])

    def owner(self) -> Owner | None:
        """Who last switched or took over the file; asking makes no file."""
        if not path_of(self.url).exists():
            return None
        with self._reading() as connection:
            return read_owner(connection)

    def claim(self, owner: Owner) -> None:
        """Record the owner in the file."""
        with self._transaction(checked=False) as connection:
            write_owner(connection, owner)

    def prune(self, keep: Sequence[Release]) -> int:
        """Drop the tables that neither the active release nor one in `keep` serves; how many went."""
        active = self.active()
        kept = [*keep, active] if active else list(keep)
        names = {
            served.name
            for release in kept
            for tables in release.served.values()
            for served in tables.values()
        }
        with self._transaction() as connection:
            gone = [
                name
                for (name,) in connection.execute(f"select name from {LOADS}")
                if name not in names
            ]
            discard_tables(connection, gone)
            ids = json.dumps([release.id for release in kept])
            connection.execute(
                f"delete from {RELEASES} where id not in (select value from json_each(?))", (ids,)
            )
            connection.execute(f"update {ACTIVE} set switches = switches + 1")
        return len(gone)

    def rights(self) -> Iterator[Right]:
        """Try to write to the file, where there is one."""
        if not path_of(self.url).exists():
            return
        try:
            with told(self.url), closing(connect(path_of(self.url), write=True)) as connection:
                connection.execute("begin immediate")
                connection.execute("create table _medallion_trial (trial)")
                connection.execute("rollback")
        except SinkError as error:
            yield Right("writing", error)
        else:
            yield Right("writing", None)

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Compare the digests of tables with those recorded as they were loaded, and check the file's structure."""
        served = {table: entry.name for table, entry in release.served.get(self.label, {}).items()}
        yield from flaws(self.url, served, rows)

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Drop tables, or make a new file with the whole tables of the damaged one, which is moved aside."""
        if tables is None:
            return f"the damaged file is now {rebuild(self.url, mark)}"
        served = release.served.get(self.label, {})
        with self._transaction() as connection:
            loaded = {name for (name,) in connection.execute(f"select name from {LOADS}")}
            for table in tables:
                former = served[table].former
                if former and former.name not in loaded:
                    raise lost_rows(f"{self.url}: table {table!r}", served[table])
            discard_tables(connection, [served[table].name for table in tables])
        return ""

    def store(self) -> SqliteStore:
        """The query side; its connections are opened on first use, one a thread."""
        return SqliteStore(self.url, self.label)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with told(self.url):
            if self._shared and (shared := self._shared.opened()):
                yield shared
            else:
                with closing(connect(path_of(self.url), write=False)) as connection:
                    yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        make_room(self.url)
        with told(self.url):
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


def _point_views(connection: sqlite3.Connection, served: dict[str, Served]) -> None:
    """Make the plain names views on the served tables; a name somebody else took is left to them."""
    for name, sql in connection.execute(
        "select name, sql from sqlite_master where type = 'view'"
    ).fetchall():
        if _VIEW_MARK in sql:
            connection.execute(f"drop view {quote(name)}")
    taken = {name.lower() for (name,) in connection.execute("select name from sqlite_master")}
    for table, entry in served.items():
        if table.lower() in taken:
            _log.warning(
                "the name %r is taken in the database, so there is no view for people on that table",
                table,
            )
            continue
        columns = ", ".join(_for_people(column.name, column.type) for column in entry.columns)
        connection.execute(
            f"create view {quote(table)} as {_VIEW_MARK} select {columns} from {quote(entry.name)}"
        )


def _for_people(name: str, type_: str) -> str:
    kind = kind_of(type_)
    if kind.name == "timestamp" and not kind.zoned:
        return f"rtrim({quote(name)}, 'Z') as {quote(name)}"
    if kind.name != "decimal":
        return quote(name)
    return f"{quote(name)} / {10**kind.scale}.0 as {quote(name)}"
