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

from medallion.contracts import Flaw, Right, Sink, TableSpec
from medallion.errors import LoadError, SinkError
from medallion.records import LoadReport, Release, Served, Snapshot
from medallion.secrets import masked_logger
from medallion.sinks.loading import Target, masked, target
from medallion.sinks.mongodb_database import ACTIVE, LOADS, NOT_ALLOWED, POINTER, RELEASES, connect, reply, told
from medallion.sinks.mongodb_documents import schema_of
from medallion.sinks.mongodb_insert import insert
from medallion.sinks.mongodb_query import stored_name
from medallion.sinks.mongodb_repair import check_history, flaws
from medallion.sinks.mongodb_store import MongoStore

if TYPE_CHECKING:
    from pymongo import IndexModel
    from pymongo.collection import Collection

    from medallion.contracts import Batches
    from medallion.sinks.mongodb_database import Client, Documents

_LOADING = "__loading"
_TRIAL = "_medallion_trial_"
_GRANT = "grant it the role readWrite on the database"

_log = masked_logger(__name__)


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
        if not url.startswith(("mongodb://", "mongodb+srv://")) or not urlsplit(url).path.strip("/"):
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
        _check_names(wanted)
        with self._database() as database:
            begun: dict[str, Any] = {"$setOnInsert": {"rows": None, "nulls": []}}
            found = database[LOADS].find_one_and_update({"_id": wanted.name}, begun, upsert=True)
            loaded = found is None or found["rows"] is None
            if found and loaded:  # begun by a load that did not come to its end
                _drop(database, wanted.name)
            count = found["rows"] if found and not loaded else _fill(database, wanted, rows)
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
            change = {"$set": {"release": release.id, "body": body}, "$inc": {"switches": 1}}
            _journaled(database[ACTIVE]).update_one({"_id": POINTER}, change, upsert=True)
            _point_views(database, served, loaded)

    def active(self) -> Release | None:
        """The release readers see, or None before the first."""
        with self._database() as database:
            found = database[ACTIVE].find_one({"_id": POINTER})
        return Release.model_validate_json(found["body"]) if found else None

    def prune(self, keep: Sequence[Release]) -> int:
        """Drop the collections that neither the active release nor one in `keep` serves; how many went."""
        active = self.active()
        kept = [*keep, active] if active else list(keep)
        names = {served.name for release in kept for tables in release.served.values() for served in tables.values()}
        with self._database() as database:
            gone = [found for found in database[LOADS].find() if found["_id"] not in names]
            for found in gone:
                _forget(database, found["_id"])
            database[RELEASES].delete_many({"_id": {"$nin": [release.id for release in kept]}})
            database[ACTIVE].update_one({"_id": POINTER}, {"$inc": {"switches": 1}})
        return len([found for found in gone if found["rows"] is not None])

    def rights(self) -> Iterator[Right]:
        """Try to write, to index and to make a view, in collections of one's own that go again."""
        name = f"{_TRIAL}{uuid4().hex}"
        with self._database() as database:
            try:
                yield _tried("writing", lambda: database[name].insert_one({"trial": True}))
                yield _tried("indexes", lambda: database[name].create_index("trial"))
                view = _tried("views", lambda: database.command("create", f"{name}_view", viewOn=name, pipeline=[]))
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
            check_history(database, served, names, masked(self.url))
            for table in names:
                _forget(database, served[table].name)
        return ""

    def store(self) -> MongoStore:
        """The query side; each process makes its client on first use."""
        return MongoStore(self.url, self.label)

    @contextmanager
    def _database(self) -> Iterator[Documents]:
        with told(self.url):
            if self._client:
                yield self._client.get_default_database()
                return
            with closing(connect(self.url)) as client:
                yield client.get_default_database()


def _loaded(database: Documents) -> frozenset[str]:
    return frozenset(found["_id"] for found in database[LOADS].find({"rows": {"$ne": None}}, {"_id": 1}))


def _tried(what: str, work: Callable[[], object]) -> Right:
    from pymongo.errors import OperationFailure

    try:
        work()
    except OperationFailure as error:
        return Right(what, SinkError(f"refused: {reply(error)[0]}", hint=_GRANT))
    return Right(what, None)


def _check_names(wanted: Target) -> None:
    for name in wanted.kinds:
        if "." in name or name.startswith("$") or name == "_id" or "\0" in name:
            raise LoadError(
                f"{wanted.place}: MongoDB cannot query a column named {name!r}", hint="rename it in its table"
            )


def _fill(database: Documents, wanted: Target, rows: Batches) -> int:
    """Load under a name of its own, which becomes the served one in one step at the end; how many rows it has."""
    name = wanted.name + _LOADING
    nulls = insert(database[name], wanted, rows)
    count = database[name].count_documents({})
    wanted.reconcile(count)
    if not count:  # else the first rows have made it
        database.create_collection(name, check_exists=False)
    if wanted.spec.former:
        nulls |= _join_former(database, name, wanted, wanted.spec.former)
        count = database[name].count_documents({})
    if indexes := _indexes(wanted):
        database[name].create_indexes(indexes)
    database.command("collMod", name, validator={"$jsonSchema": schema_of(wanted.spec)})
    database[name].rename(wanted.name)
    database[LOADS].replace_one({"_id": wanted.name}, {"rows": count, "nulls": sorted(nulls)}, upsert=True)
    return count


def _indexes(wanted: Target) -> list[IndexModel]:
    """Each index once: the server refuses one that is asked for twice in one command."""
    from pymongo import IndexModel

    key = wanted.spec.key
    indexes = [
        tuple((stored_name(column, key), -1 if descending else 1) for column, descending in index)
        for index in wanted.indexes()
    ]
    if len(key) > 1:
        indexes.append(tuple((column, 1) for column in key))
    return [IndexModel(index) for index in dict.fromkeys(indexes)]


def _join_former(database: Documents, name: str, wanted: Target, former: Served) -> set[str]:
    """Let the server bring in the documents served before; the columns in which they may hold a null."""
    mark = database[LOADS].find_one({"_id": former.name, "rows": {"$ne": None}})
    if mark is None:
        raise wanted.lost(former)
    carried = wanted.carried(former)
    missing = set(wanted.kinds) - set(carried)
    stages: list[dict[str, Any]] = []
    if carried != [column.name for column in former.columns]:
        shape = {column: f"${column}" if column in carried else {"$literal": None} for column in wanted.kinds}
        stages.append({"$project": shape})
    matched = "keepExisting" if wanted.spec.mode == "merge" else "replace"
    stages.append({"$merge": {"into": name, "on": "_id", "whenMatched": matched, "whenNotMatched": "insert"}})
    database[former.name].aggregate(stages)
    return {column for column in mark["nulls"] if column in carried} | missing


def _journaled(collection: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """The collection, each write on disk before it is answered, with all writes before it: what was said to be
    published outlives the server's end."""
    from pymongo import WriteConcern

    asked = collection.write_concern
    if not asked.acknowledged:
        return collection
    return collection.with_options(write_concern=WriteConcern(**{**asked.document, "j": True}))


def _forget(database: Documents, name: str) -> None:
    """Drop a load. Its mark is emptied first, for a reader that finds the rows gone looks there; it goes last, so
    that what a kill leaves behind is found again."""
    database[LOADS].update_one({"_id": name}, {"$set": {"rows": None}})
    _drop(database, name)
    database[LOADS].delete_one({"_id": name})


def _drop(database: Documents, name: str) -> None:
    database.drop_collection(name)
    database.drop_collection(name + _LOADING)


def _point_views(database: Documents, served: dict[str, Served], loaded: frozenset[str]) -> None:
    """Make the plain names views; what they cannot be is told, for the store does without them."""
    from pymongo.errors import OperationFailure

    try:
        there = {found["name"]: found for found in database.list_collections()}
        ours = {name for name, found in there.items() if found.get("options", {}).get("viewOn") in loaded}
        for name in ours - set(served):
            database.drop_collection(name)
        for table, entry in served.items():
            if table in ours:
                database.command("collMod", table, viewOn=entry.name, pipeline=[])
            elif table in there:
                _log.warning("the name %r is taken in the database, so there is no view for people on it", table)
            else:
                database.command("create", table, viewOn=entry.name, pipeline=[])
    except OperationFailure as error:
        if error.code != NOT_ALLOWED:
            raise
        _log.warning("this user may not make views, so the plain names are missing: %s", _GRANT)
