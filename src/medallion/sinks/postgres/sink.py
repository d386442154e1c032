"""The PostgreSQL sink: a table per version, and one transaction that switches to a release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from medallion.contracts import Flaw, Right, RowChanges, Sink, TableSpec, check_writer
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target, masked, target
from medallion.records import LoadReport, Owner, Release, Served, Snapshot
from medallion.sinks.postgres.database import (
    LOADS,
    check_tables,
    connect,
    execute,
    lock_name,
    prepare,
    qualified,
    read_active,
    read_loaded,
    read_owner,
    sink_errors,
)
from medallion.sinks.postgres.lock_waits import retry_on_locks
from medallion.sinks.postgres.pruning import drop_load, drop_unused
from medallion.sinks.postgres.release_switch import forget_releases, record_owner, switch
from medallion.sinks.postgres.repair import check_history, flaws
from medallion.sinks.postgres.rights import rights
from medallion.sinks.postgres.sink_connection import SinkConnection
from medallion.sinks.postgres.store import PostgresStore
from medallion.sinks.postgres.table_changes import copy_table
from medallion.sinks.postgres.table_load import LONGEST_NAME, check_names, load_table
from medallion.sinks.postgres.views import drop_view

if TYPE_CHECKING:
    from psycopg import Connection

    from medallion.contracts import Batches

T = TypeVar("T")

_LONGEST_SUFFIX = len("__0123456789") + len("__key")


class Postgres(Sink):
    """Serves gold tables from PostgreSQL, version 14 or later, to any BI tool.

    `url` is a PostgreSQL connection string with the name of the database. Each table is a view
    under its plain name in the schema `schema`; one transaction switches all views to a release.
    The role `reader`, if there is one, may read the views. Types are native: decimals are exact at
    any precision, lists and structs are `jsonb`. Needs psycopg:
    `pip install 'medallion-lake[postgres]'`.

    ```yaml
    sinks:
      serving:
        url: postgresql://${PG_USER}:${PG_PASSWORD}@localhost/shop
        schema: serving
        reader: grafana
        tables:
          clients_stats: {key: client_id, indexes: [country, -total_spent]}
    ```
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name = "postgresql"
    copies_tables = True

    url: str = Field(repr=False)
    database_schema: str = Field(default="public", alias="schema")
    reader: str | None = None
    _connection: SinkConnection | None = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _names_a_database(cls, url: str) -> str:
        if not url.startswith("postgresql://") or not urlsplit(url).path.strip("/"):
            raise ValueError("write postgresql://host/database, with the name of the database")
        return url

    @field_validator("database_schema")
    @classmethod
    def _is_a_schema(cls, schema: str) -> str:
        if not schema or "\0" in schema or len(schema.encode()) > LONGEST_NAME:
            raise ValueError(f"write a name of at most {LONGEST_NAME} bytes")
        if schema.startswith("pg_") or schema == "information_schema":
            raise ValueError(f"PostgreSQL reserves the schema {schema}")
        return schema

    @contextmanager
    def connected(self) -> Iterator[Self]:
        """The same sink with one connection for everything in the block."""
        with closing(SinkConnection(self.url)) as connection:
            connected = self.model_copy()
            connected._connection = connection
            yield connected

    def unfit_names(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Names whose tables and indexes would have more than the 63 bytes of PostgreSQL."""
        longest = LONGEST_NAME - _LONGEST_SUFFIX
        for name in names:
            if len(name) > longest:
                most = f"PostgreSQL holds table names of at most {longest} characters"
                yield name, f"{most}; {name!r} has {len(name)}"

    def loaded(self) -> frozenset[str]:
        return self._read(lambda connection: read_loaded(connection, self._schema), frozenset())

    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Copy and index in one transaction, so that a table is loaded completely or not at all.

        Raises SinkError when rows are missing, a key is null or not unique, a value does not fit,
        the server refuses a command, or is unreachable.
        """
        return self._load(table, snapshot, partial(load_table, rows=rows, token=self._token))

    def load_changes(
        self, table: TableSpec, snapshot: Snapshot, former: Served, changes: RowChanges
    ) -> LoadReport | None:
        """Let the server copy the rows of the former table that stay, and copy the others to it."""
        work = partial(copy_table, former=former, changes=changes, token=self._token)
        try:
            return self._load(table, snapshot, work)
        except NotCopiedError:
            return None

    def _load(
        self,
        table: TableSpec,
        snapshot: Snapshot,
        work: Callable[[Connection, str, Target], int],
    ) -> LoadReport:
        start = perf_counter()
        destination = target(self._place, self.version, table, snapshot)
        check_names(destination)
        with self._transaction() as connection:
            lock_name(connection, qualified(self._schema, destination.name))
            row = execute(
                connection,
                f"update {qualified(self._schema, LOADS)} set token = greatest(token, ?) "
                "where name = ? returning rows",
                [self._token, destination.name],
            ).fetchone()
            count = row[0] if row else work(connection, self._schema, destination)
        return destination.report(self.label, perf_counter() - start, count, loaded=row is None)

    def activate(self, release: Release) -> None:
        """Switch the pointer and the views in one transaction, and again while readers hold a view.

        Raises SinkError when a table is not loaded, or when readers hold a view for too long.
        """
        served = release.served.get(self.label, {})

        def switch_all(connection: Connection) -> None:
            switch(connection, self._schema, release, served, self.reader, self._place)
            if self._writer:
                record_owner(connection, self._schema, self._writer)

        self._replace(switch_all)

    def active(self) -> Release | None:
        """The active release, or None before the first."""
        return self._read(lambda connection: read_active(connection, self._schema), None)

    def owner(self) -> Owner | None:
        """The owner recorded by the last `activate` or `claim`, or None."""
        return self._read(lambda connection: read_owner(connection, self._schema), None)

    def claim(self, owner: Owner) -> None:
        """Record the owner next to the pointer."""
        with self._transaction(checked=False) as connection:
            record_owner(connection, self._schema, owner)

    def prune(self, keep: Sequence[Release]) -> int:
        """Drop the tables that neither the active release nor one in `keep` serves.

        A table that a reader uses is dropped by a later run.
        """
        with self._transaction(lock=True) as connection:
            active = read_active(connection, self._schema)
            releases = [*keep, active] if active else list(keep)
            loaded_names = read_loaded(connection, self._schema)
            forget_releases(connection, self._schema, releases)
        names = {
            served.name
            for release in releases
            for tables in release.served.values()
            for served in tables.values()
        }
        token = self._writer.token if self._writer else None
        with self._open() as connection:
            return sum(
                drop_unused(connection, self._schema, name, token, self._check_writer)
                for name in sorted(loaded_names - names)
            )

    def rights(self) -> Iterator[Right]:
        """Try to create a table, an index and a view, and to grant; nothing of it remains."""
        with self._open() as connection:
            yield from rights(connection, self._schema, self.reader, self._place)

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Count the rows of each table."""
        with self._open() as connection:
            yield from flaws(connection, self._schema, release.served.get(self.label, {}), rows)

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Drop tables and their views, so that they are loaded again."""
        del mark
        served = release.served.get(self.label, {})
        names = list(served) if tables is None else tables

        def drop_all(connection: Connection) -> None:
            check_history(connection, self._schema, served, names, self._place)
            for table in names:
                drop_view(connection, self._schema, table, self._place)
                drop_load(connection, self._schema, served[table].name, None, wait=True)

        self._replace(drop_all)
        return ""

    def store(self) -> PostgresStore:
        """The query side; its connections are opened on first use."""
        return PostgresStore(self.url, self._schema, self.label)

    @property
    def _schema(self) -> str:
        return self.database_schema

    @property
    def _place(self) -> str:
        return masked(self.url)

    @property
    def _token(self) -> int:
        return self._writer.token if self._writer else 0

    def _check_writer(self, connection: Connection, *, lock: bool = True) -> None:
        """Raise unless this writer may write; with `lock`, until the transaction ends."""
        owner = read_owner(connection, self._schema, lock=lock)
        check_writer(self._place, owner, self._writer)

    def _read(self, work: Callable[[Connection], T], default: T) -> T:
        """The answer of `work`; `default` before the first load."""
        from psycopg.errors import UndefinedTable

        with self._open() as connection:
            check_tables(connection, self._schema, self._place)
            try:
                return work(connection)
            except UndefinedTable:
                return default

    @contextmanager
    def _transaction(self, *, checked: bool = True, lock: bool = False) -> Iterator[Connection]:
        """A transaction of a writer; with `lock`, no other one switches or prunes meanwhile."""
        with self._open() as connection:
            prepare(connection, self._schema, self._place)
            with connection.transaction():
                if checked:
                    self._check_writer(connection, lock=lock)
                yield connection

    def _replace(self, work: Callable[[Connection], None]) -> None:
        """Do `work` in a transaction of this writer, again while readers hold what it replaces."""

        def checked_work() -> None:
            self._check_writer(connection)
            work(connection)

        with self._open() as connection:
            prepare(connection, self._schema, self._place)
            retry_on_locks(connection, checked_work)

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        with sink_errors(self.url):
            if self._connection:
                yield self._connection.get()
                return
            with closing(connect(self.url)) as connection:
                yield connection
