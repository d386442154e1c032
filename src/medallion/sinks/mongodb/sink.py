"""The MongoDB sink: a collection per table version, and a document that names the live ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from medallion.contracts import Flaw, Right, RowChanges, Sink, TableSpec, check_writer, read_release
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target, masked, require_loaded, target
from medallion.errors import SinkError
from medallion.mongodb_session import server_error
from medallion.records import LoadReport, Owner, Release, Served, Snapshot
from medallion.sinks.mongodb.database import (
    ACTIVE,
    LOADS,
    POINTER,
    RELEASES,
    connect,
    journaled,
    read_owner,
    sink_errors,
)
from medallion.sinks.mongodb.repair import check_history, flaws
from medallion.sinks.mongodb.store import MongoStore
from medallion.sinks.mongodb.table_changes import copy_table
from medallion.sinks.mongodb.table_load import check_names, drop_collections, drop_load, load_table
from medallion.sinks.mongodb.views import GRANT, point_views

if TYPE_CHECKING:
    from medallion.contracts import Batches
    from medallion.mongodb_session import Client
    from medallion.sinks.mongodb.database import Documents

_TRIAL = "_medallion_trial_"


class MongoDB(Sink):
    """Serves gold tables from MongoDB, a single server or a replica set.

    `url` is a MongoDB connection string with the name of the database; user, TLS, write concern and
    timeouts are set in it. Readers always see one complete release. Each table is also a view under
    its plain name, for mongo-express, Compass or Metabase. Timestamps have milliseconds. The user
    needs the role readWrite. Needs pymongo: `pip install 'medallion-lake[mongodb]'`.

    ```yaml
    sinks:
      serving:
        url: mongodb://${MONGO_USER}:${MONGO_PASSWORD}@localhost/shop?authSource=admin
        tables:
          clients_stats: {key: client_id, indexes: [country, -total_spent]}
    ```
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name = "mongodb"
    copies_tables = True

    url: str = Field(repr=False)
    _client: Client | None = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _names_a_database(cls, url: str) -> str:
        if not url.startswith(("mongodb://", "mongodb+srv://")) or not urlsplit(url).path.strip(
            "/"
        ):
            raise ValueError("write mongodb://host/database, with the name of the database")
        return url

    @contextmanager
    def connected(self) -> Iterator[Self]:
        """The same sink with one client for everything in the block."""
        with sink_errors(self.url):
            client = connect(self.url)
        with closing(client):
            connected = self.model_copy()
            connected._client = client
            yield connected

    def loaded(self) -> frozenset[str]:
        with self._database() as database:
            return _loaded(database)

    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Load into a temporary collection, index it, and rename it when it is complete.

        Raises SinkError when rows are missing, a key is null or not unique, a value does not fit,
        the server refuses a command, or is unreachable.
        """
        return self._load(table, snapshot, partial(load_table, rows=rows, token=self._token))

    def load_changes(
        self, table: TableSpec, snapshot: Snapshot, former: Served, changes: RowChanges
    ) -> LoadReport | None:
        """Let the server copy the former collection, and change documents of the copy."""
        work = partial(copy_table, former=former, changes=changes, token=self._token)
        try:
            return self._load(table, snapshot, work)
        except NotCopiedError:
            return None

    def _load(
        self, table: TableSpec, snapshot: Snapshot, work: Callable[[Documents, Target], int]
    ) -> LoadReport:
        start = perf_counter()
        destination = target(masked(self.url), self.version, table, snapshot)
        check_names(destination)
        with self._database() as database:
            self._check_writer(database)
            mark: dict[str, Any] = {
                "$setOnInsert": {"rows": None, "nulls": []},
                "$max": {"token": self._token},
            }
            former_mark = database[LOADS].find_one_and_update(
                {"_id": destination.name}, mark, upsert=True
            )
            incomplete = former_mark is None or former_mark["rows"] is None
            if former_mark and incomplete:  # left by a load that was interrupted
                drop_collections(database, destination.name, former_mark.get("token", 0))
            count = (
                former_mark["rows"]
                if former_mark and not incomplete
                else work(database, destination)
            )
        return destination.report(self.label, perf_counter() - start, count, loaded=incomplete)

    def activate(self, release: Release) -> None:
        """Switch the pointer, then the views. Raises SinkError when a table is not loaded."""
        served = release.served.get(self.label, {})
        body = release.model_dump_json()
        with self._database() as database:
            collections = _loaded(database)
            require_loaded(masked(self.url), release, served, collections)
            database[RELEASES].replace_one({"_id": release.id}, {"body": body}, upsert=True)
            self._switch(database, {"release": release.id, "body": body})
            point_views(database, served, collections)
            # Another writer may have switched since; its views must win.
            if (active := self.active()) and active.id != release.id:
                point_views(database, active.served.get(self.label, {}), _loaded(database))

    def active(self) -> Release | None:
        """The active release, or None before the first."""
        with self._database() as database:
            pointer = database[ACTIVE].find_one({"_id": POINTER})
        return read_release(pointer["body"]) if pointer and pointer.get("body") else None

    def owner(self) -> Owner | None:
        """The owner recorded by the last `activate` or `claim`, or None."""
        with self._database() as database:
            return read_owner(database)

    def claim(self, owner: Owner) -> None:
        """Record the owner in the document that names the active release."""
        with self._database() as database:
            change = {"$set": {"owner": owner.model_dump()}, "$inc": {"switches": 1}}
            journaled(database[ACTIVE]).update_one({"_id": POINTER}, change, upsert=True)

    def prune(self, keep: Sequence[Release]) -> int:
        """Drop collections that neither the active release nor one in `keep` serves."""
        with self._database() as database:
            release_ids = [document["_id"] for document in database[RELEASES].find({}, {"_id": 1})]
            # Read after the ids: a release that a newer writer adds meanwhile is in neither.
            active = self.active()
            releases = [*keep, active] if active else list(keep)
            expired = set(release_ids) - {release.id for release in releases}
            tables = [tables for release in releases for tables in release.served.values()]
            names = {served.name for served_tables in tables for served in served_tables.values()}
            self._check_writer(database)
            loads = [mark for mark in database[LOADS].find() if mark["_id"] not in names]
            dropped = [
                mark
                for mark in loads
                if drop_load(database, mark["_id"], mark.get("token", 0), self._token)
            ]
            database[RELEASES].delete_many({"_id": {"$in": sorted(expired)}})
            database[ACTIVE].update_one({"_id": POINTER}, {"$inc": {"switches": 1}})
        return len([mark for mark in dropped if mark["rows"] is not None])

    def rights(self) -> Iterator[Right]:
        """Try to write, to index and to create a view; drop what was created for it."""
        name = f"{_TRIAL}{uuid4().hex}"
        with self._database() as database:
            try:
                yield _right("writing", lambda: database[name].insert_one({"trial": True}))
                yield _right("indexes", lambda: database[name].create_index("trial"))
                view = _right(
                    "views",
                    lambda: database.command("create", f"{name}_view", viewOn=name, pipeline=[]),
                )
                yield replace(view, needed=False)
            finally:
                for collection in (f"{name}_view", name):
                    _right("removing", partial(database.drop_collection, collection))

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Count the documents of each table; the server verifies their checksums by itself."""
        del rows
        with self._database() as database:
            yield from flaws(database, release.served.get(self.label, {}))

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Drop the collections of tables, so that they are loaded again."""
        del mark
        served = release.served.get(self.label, {})
        names = list(served) if tables is None else tables
        with self._database() as database:
            self._check_writer(database)
            check_history(database, served, names, masked(self.url))
            for table in names:
                load = database[LOADS].find_one({"_id": served[table].name}) or {}
                drop_load(database, served[table].name, load.get("token", 0), self._token)
        return ""

    def store(self) -> MongoStore:
        """The query side; each process creates its client on first use."""
        return MongoStore(self.url, self.label)

    @property
    def _token(self) -> int:
        return self._writer.token if self._writer else 0

    def _check_writer(self, database: Documents) -> None:
        check_writer(masked(self.url), read_owner(database), self._writer)

    def _switch(self, database: Documents, live: dict[str, Any]) -> None:
        """Switch the pointer and record the owner in one document, unless a newer writer did."""
        from pymongo.errors import DuplicateKeyError

        allowed: dict[str, Any] = {"_id": POINTER}
        if self._writer:
            live = {**live, "owner": self._writer.model_dump()}
            older = {"owner.lake": self._writer.lake, "owner.token": {"$lt": self._writer.token}}
            same = {
                f"owner.{name}": getattr(self._writer, name) for name in ("lake", "token", "run")
            }
            allowed["$or"] = [{"owner": None}, older, same]
        change = {"$set": live, "$inc": {"switches": 1}}
        try:
            journaled(database[ACTIVE]).update_one(allowed, change, upsert=True)
        except DuplicateKeyError:  # the document exists, and another owner or a newer writer has it
            self._check_writer(database)
            raise

    @contextmanager
    def _database(self) -> Iterator[Documents]:
        with sink_errors(self.url):
            if self._client:
                yield self._client.get_default_database()
                return
            with closing(connect(self.url)) as client:
                yield client.get_default_database()


def _loaded(database: Documents) -> frozenset[str]:
    return frozenset(
        mark["_id"] for mark in database[LOADS].find({"rows": {"$ne": None}}, {"_id": 1})
    )


def _right(what: str, work: Callable[[], object]) -> Right:
    from pymongo.errors import OperationFailure

    try:
        work()
    except OperationFailure as error:
        return Right(what, SinkError(f"refused: {server_error(error)[0]}", hint=GRANT))
    return Right(what, None)
