"""The MongoDB serving database: versioned collections, and one document that says which are live."""

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

from medallion.contracts import Flaw, Right, Sink, TableSpec, check_writer
from medallion.contracts.table_target import masked, target
from medallion.errors import SinkError
from medallion.records import LoadReport, Owner, Release, Snapshot
from medallion.sinks.mongodb.database import (
    ACTIVE,
    LOADS,
    POINTER,
    RELEASES,
    connect,
    journaled,
    read_owner,
    reply,
    told,
)
from medallion.sinks.mongodb.repair import check_history, flaws
from medallion.sinks.mongodb.store import MongoStore
from medallion.sinks.mongodb.table_load import check_names, drop, fill, forget
from medallion.sinks.mongodb.views import GRANT, point_views

if TYPE_CHECKING:
    from medallion.contracts import Batches
    from medallion.sinks.mongodb.database import Client, Documents

_TRIAL = "_medallion_trial_"


class MongoDB(Sink):
    """Serves gold tables from MongoDB, a single server or a replica set.

    `url` is a MongoDB connection string with the name of the database; user, TLS, write concern and
    timeouts are set in it. Readers never see half a release. Every table also stands as a view of its
    plain name, for mongo-express, Compass or Metabase. Timestamps keep milliseconds. The user needs the
    role readWrite. Needs pymongo: `pip install 'medallion-lake[mongodb]'`.

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
        """The same sink with one client for all that is done in the block."""
        with told(self.url):
            client = connect(self.url)
        with closing(client):
            made = self.model_copy()
            made._client = client
            yield made

    def loaded(self) -> frozenset[str]:
        with self._database() as database:
            return _loaded(database)

    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Load into a collection nobody reads, index it, and give it its name when it is whole.

        Raises SinkError when rows are missing, a key is null or not unique, a value does not fit, or the
        server refuses or cannot be reached.
        """
        started = perf_counter()
        wanted = target(masked(self.url), self.version, table, snapshot)
        check_names(wanted)
        with self._database() as database:
            self._check_writer(database)
            begun: dict[str, Any] = {
                "$setOnInsert": {"rows": None, "nulls": []},
                "$max": {"token": self._token},
            }
            found = database[LOADS].find_one_and_update({"_id": wanted.name}, begun, upsert=True)
            loaded = found is None or found["rows"] is None
            if found and loaded:  # begun by a load that did not come to its end
                drop(database, wanted.name, found.get("token", 0))
            count = (
                found["rows"] if found and not loaded else fill(database, wanted, rows, self._token)
            )
        return wanted.report(self.label, perf_counter() - started, count, loaded=loaded)

    def activate(self, release: Release) -> None:
        """Switch the pointer, then the views. Raises SinkError when a table is not loaded."""
        served = release.served.get(self.label, {})
        body = release.model_dump_json()
        with self._database() as database:
            loaded = _loaded(database)
            for table, entry in served.items():
                if entry.name not in loaded:
                    raise SinkError(
                        f"{masked(self.url)}: release {release.id} serves {table!r} from {entry.name}, "
                        "which is not there",
                        hint="load its tables first: publish it again",
                    )
            database[RELEASES].replace_one({"_id": release.id}, {"body": body}, upsert=True)
            self._switch(database, {"release": release.id, "body": body})
            point_views(database, served, loaded)
            if (active := self.active()) and active.id != release.id:  # overtaken since the switch
                point_views(database, active.served.get(self.label, {}), _loaded(database))

    def active(self) -> Release | None:
        """The release readers see, or None before the first."""
        with self._database() as database:
            found = database[ACTIVE].find_one({"_id": POINTER})
        return Release.model_validate_json(found["body"]) if found and found.get("body") else None

    def owner(self) -> Owner | None:
        """Who last switched or took over the database."""
        with self._database() as database:
            return read_owner(database)

    def claim(self, owner: Owner) -> None:
        """Record the owner in the document that says which collections are live."""
        with self._database() as database:
            change = {"$set": {"owner": owner.model_dump()}, "$inc": {"switches": 1}}
            journaled(database[ACTIVE]).update_one({"_id": POINTER}, change, upsert=True)

    def prune(self, keep: Sequence[Release]) -> int:
        """Drop the collections that neither the active release nor one in `keep` serves; how many went."""
        with self._database() as database:
            known = [found["_id"] for found in database[RELEASES].find({}, {"_id": 1})]
            active = (
                self.active()
            )  # read after them: a release that a newer writer adds is in neither
            kept = [*keep, active] if active else list(keep)
            old = set(known) - {release.id for release in kept}
            tables = [tables for release in kept for tables in release.served.values()]
            names = {served.name for served_tables in tables for served in served_tables.values()}
            self._check_writer(database)
            loads = [found for found in database[LOADS].find() if found["_id"] not in names]
            gone = [
                found
                for found in loads
                if forget(database, found["_id"], found.get("token", 0), self._token)
            ]
            database[RELEASES].delete_many({"_id": {"$in": sorted(old)}})
            database[ACTIVE].update_one({"_id": POINTER}, {"$inc": {"switches": 1}})
        return len([found for found in gone if found["rows"] is not None])

    def rights(self) -> Iterator[Right]:
        """Try to write, to index and to make a view, in collections of one's own that go again."""
        name = f"{_TRIAL}{uuid4().hex}"
        with self._database() as database:
            try:
                yield _tried("writing", lambda: database[name].insert_one({"trial": True}))
                yield _tried("indexes", lambda: database[name].create_index("trial"))
                view = _tried(
                    "views",
                    lambda: database.command("create", f"{name}_view", viewOn=name, pipeline=[]),
                )
                yield replace(view, needed=False)
            finally:
                for each in (f"{name}_view", name):
                    _tried("removing", partial(database.drop_collection, each))

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Count the documents of each table; the server has checksums of its own for what is in them."""
        del rows
        with self._database() as database:
            yield from flaws(database, release.served.get(self.label, {}))

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Drop collections."""
        del mark
        served = release.served.get(self.label, {})
        names = list(served) if tables is None else tables
        with self._database() as database:
            self._check_writer(database)
            check_history(database, served, names, masked(self.url))
            for table in names:
                load = database[LOADS].find_one({"_id": served[table].name}) or {}
                forget(database, served[table].name, load.get("token", 0), self._token)
        return ""

    def store(self) -> MongoStore:
        """The query side; each process makes its client on first use."""
        return MongoStore(self.url, self.label)

    @property
    def _token(self) -> int:
        return self._writer.token if self._writer else 0

    def _check_writer(self, database: Documents) -> None:
        check_writer(masked(self.url), read_owner(database), self._writer)

    def _switch(self, database: Documents, live: dict[str, Any]) -> None:
        """Switch the pointer and record the owner, in one document and only while no newer writer has."""
        from pymongo.errors import DuplicateKeyError

        allowed: dict[str, Any] = {"_id": POINTER}
        if self._writer:
            live = {**live, "owner": self._writer.model_dump()}
            ours = {"owner.lake": self._writer.lake, "owner.token": {"$lt": self._writer.token}}
            again = {
                f"owner.{name}": getattr(self._writer, name) for name in ("lake", "token", "run")
            }
            allowed["$or"] = [{"owner": None}, ours, again]
        change = {"$set": live, "$inc": {"switches": 1}}
        try:
            journaled(database[ACTIVE]).update_one(allowed, change, upsert=True)
        except DuplicateKeyError:  # the document is there, and is not allowed to be changed
            self._check_writer(database)
            raise

    @contextmanager
    def _database(self) -> Iterator[Documents]:
        with told(self.url):
            if self._client:
                yield self._client.get_default_database()
                return
            with closing(connect(self.url)) as client:
                yield client.get_default_database()


def _loaded(database: Documents) -> frozenset[str]:
    return frozenset(
        found["_id"] for found in database[LOADS].find({"rows": {"$ne": None}}, {"_id": 1})
    )


def _tried(what: str, work: Callable[[], object]) -> Right:
    from pymongo.errors import OperationFailure

    try:
        work()
    except OperationFailure as error:
        return Right(what, SinkError(f"refused: {reply(error)[0]}", hint=GRANT))
    return Right(what, None)
