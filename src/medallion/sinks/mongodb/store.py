"""Reads the active release from MongoDB: every call sees one release, whatever is published meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeVar

from medallion.contracts import Page, Query, Store
from medallion.contracts.table_target import masked
from medallion.errors import OvertimeError, SinkError
from medallion.query.aggregation import Grouping, grouping
from medallion.query.cursor import CursorPosition, gone_error, read_cursor
from medallion.query.validation import ValidatedQuery, key_values, served_table, validate_query
from medallion.records import Release, Served
from medallion.sinks.mongodb.aggregation import FEW, group_rows, group_stages, overflowed
from medallion.sinks.mongodb.bson_decoder import read_rows
from medallion.sinks.mongodb.database import (
    ACTIVE,
    LOADS,
    POINTER,
    RELEASES,
    VANISHED,
    connect,
    told,
)
from medallion.sinks.mongodb.documents import columns_of, kept, rows_of
from medallion.sinks.mongodb.query import RANGES, beyond, conditions, order, projection, where

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession

    from medallion.sinks.mongodb.database import Client, Documents
    from medallion.sinks.mongodb.query import Condition

T = TypeVar("T")

_ATTEMPTS = 20
_BATCH = 1000


class MongoStore(Store):
    """The query side of a MongoDB sink: `url` with the database, `label` of the sink in the pipeline.

    A client is made on first use, one a process, for clients do not survive a fork.
    """

    def __init__(self, url: str, label: str) -> None:
        self._url = url
        self._label = label
        self._clients: dict[int, Client] = {}
        self._switches = -1
        self._releases: dict[str, Release] = {}
        self._nulls: dict[str, frozenset[str]] = {}
        self._pinned: Release | None = None
        self._seconds: float | None = None

    def at(self, release: Release | None, seconds: float | None = None) -> MongoStore:
        made = copy(self)
        made._pinned, made._seconds = release, seconds
        return made

    def release(self) -> Release:
        with told(self._url), self._bounded():
            return self._active()

    def tables(self) -> Mapping[str, Served]:
        return self.release().served.get(self._label, {})

    def find(self, table: str, query: Query) -> Page:
        place = read_cursor(query.cursor) if query.cursor else None

        def page(release: Release, served: Served) -> Page:
            checked = validate_query(served, query, place)
            condition = {
                "$and": [
                    where(checked, served.key),
                    beyond(checked, served.key, self._nulls_of(served.name)),
                ]
            }
            found = self._documents(served.name, condition, checked, served.key)
            cursor = None
            if len(found) > checked.limit:
                found.pop()
                last = columns_of([sort.field for sort in checked.order], checked.kinds, found[-1:])
                cursor = checked.cursor(release.id, [values[0] for values in last])
            return Page(rows_of(checked.fields, checked.kinds, found), release.id, cursor)

        return self._ask(table, page, empty=lambda page: not page.rows, place=place)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        def row(_: Release, served: Served) -> dict[str, Any] | None:
            values = key_values(served, key)
            checked = validate_query(served, Query())
            parts = {
                name: kept(checked.kinds[name], value)
                for name, value in zip(served.key, values, strict=True)
            }
            ident = parts if len(parts) > 1 else next(iter(parts.values()))
            found = self._database()[served.name].find_one({"_id": {"$eq": ident}})
            return rows_of(checked.fields, checked.kinds, [found])[0] if found else None

        return self._ask(table, row, empty=lambda row: row is None)

    def count(self, table: str, query: Query) -> int:
        def number(_: Release, served: Served) -> int:
            return self._database()[served.name].count_documents(
                where(validate_query(served, query), served.key)
            )

        return self._ask(table, number, empty=lambda number: number == 0)

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        def groups(_: Release, served: Served) -> tuple[bool, list[dict[str, Any]]]:
            asked = grouping(served, by, metrics, query)
            collection, hint = self._database()[served.name], self._hint(served, asked)
            nulls = self._nulls_of(served.name)
            stages = group_stages(asked, served.key, nulls)
            found = list(collection.aggregate(stages, allowDiskUse=True, **hint))
            if overflowed(asked, found):
                stages = group_stages(asked, served.key, nulls, wide=True)
                found = list(collection.aggregate(stages, allowDiskUse=True, **hint))
            return bool(found), group_rows(asked, found)

        return self._ask(table, groups, empty=lambda answer: not answer[0])[1]

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches; `limit` and `cursor` of the query are not used.

        Raises SinkError when the release is pruned while it is read.
        """
        with told(self._url), self._client().start_session() as session:
            release = self._active()
            served = served_table(release.served.get(self._label, {}), table)
            checked = validate_query(served, query)
            database = self._database()
            found = database[served.name].find_raw_batches(
                where(checked, served.key),
                projection(checked.fields),
                sort=order(checked, served.key),
                batch_size=_BATCH,
                allow_disk_use=True,
                session=session,
            )
            with found:
                batch: Any
                with self._killed_late(session):
                    batch = next(found, b"")
                if not batch and not self._is_there(served.name):
                    if self._pinned:
                        raise gone_error(release.id)
                    raise SinkError(
                        f"{masked(self._url)}: release {release.id} was removed while it was read"
                    )
                while batch:
                    yield read_rows(batch, checked.fields, checked.kinds, database.codec_options)
                    batch = next(found, b"")

    def close(self) -> None:
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _ask(
        self,
        table: str,
        work: Callable[[Release, Served], T],
        *,
        empty: Callable[[T], bool],
        place: CursorPosition | None = None,
    ) -> T:
        """The answer from one release. Nothing found may mean that it was pruned meanwhile: then ask the next."""
        from pymongo.errors import OperationFailure

        with told(self._url), self._bounded():
            for _ in range(_ATTEMPTS):
                release = self._at(place)
                served = served_table(release.served.get(self._label, {}), table)
                try:
                    answer = work(release, served)
                    if not empty(answer) or self._is_there(served.name):
                        return answer
                except OperationFailure as error:
                    if error.code not in VANISHED:
                        raise
                if place or self._pinned:
                    raise gone_error(release.id)
        raise SinkError(
            f"{masked(self._url)}: releases come and go faster than {table!r} can be read"
        )

    def _active(self) -> Release:
        """The active release, read anew only when one came or went; or the one this store is pinned to."""
        if self._pinned:
            return self._pinned
        found = self._database()[ACTIVE].find_one({"_id": POINTER}, {"release": 1, "switches": 1})
        if found is None or "release" not in found:
            raise SinkError(f"{masked(self._url)}: nothing was published yet", hint="medallion run")
        if found["switches"] != self._switches:
            self._releases, self._nulls, self._switches = {}, {}, found["switches"]
        return self._release(found["release"])

    def _at(self, place: CursorPosition | None) -> Release:
        """The release a cursor began with, the active one without a cursor. Raises GoneError when it is gone."""
        active = self._active()
        return self._release(place.release) if place and place.release != active.id else active

    def _release(self, ident: str) -> Release:
        known = {} if self._pinned else self._releases  # pinned, nobody looked whether one went
        if ident not in known:
            found = self._database()[RELEASES].find_one({"_id": ident})
            if found is None:
                raise gone_error(ident)
            known[ident] = Release.model_validate_json(found["body"])
        return known[ident]

    def _nulls_of(self, name: str) -> frozenset[str]:
        """The columns of a collection that hold a null."""
        known = self._nulls
        if name not in known:
            found = self._database()[LOADS].find_one({"_id": name})
            if found is None:
                return frozenset()
            known[name] = frozenset(found["nulls"])
        return known[name]

    def _hint(self, served: Served, asked: Grouping) -> dict[str, Any]:
        """Where ranges hold for more than a small part, reading the whole is faster than an index, row by row."""
        if not asked.filters or any(one.operator not in RANGES for one in asked.filters):
            return {}
        documents = self._database()[served.name]
        part = documents.estimated_document_count() // FEW
        met = part and documents.count_documents(
            conditions(asked.filters, asked.columns, served.key), limit=part
        )
        return {"hint": {"$natural": 1}} if part and met == part else {}

    def _is_there(self, name: str) -> bool:
        return (
            self._database()[LOADS].find_one({"_id": name, "rows": {"$ne": None}}, {"_id": 1})
            is not None
        )

    def _documents(
        self, name: str, condition: Condition, checked: ValidatedQuery, key: Sequence[str]
    ) -> list[dict[str, Any]]:
        """One more than the page asked for. As one plain command, which costs a fifth less than a cursor."""
        from pymongo.errors import AutoReconnect, NetworkTimeout

        database, limit = self._database(), checked.limit + 1
        shown, sort = projection(checked.reads), order(checked, key)
        command: dict[str, Any] = {
            "find": name,
            "filter": condition,
            "projection": shown,
            "sort": dict(sort),
        }
        command |= {"limit": limit, "batchSize": limit}
        try:
            found = database.command(
                command,
                read_preference=database.read_preference,
                codec_options=database.codec_options,
            )["cursor"]
            if not found["id"]:
                return found["firstBatch"]  # type: ignore[no-any-return]
            database.command(
                "killCursors", name, cursors=[found["id"]]
            )  # the rows are more than one message holds
        except NetworkTimeout:
            raise
        except AutoReconnect:
            pass  # a cursor tries again, where a command does not
        return list(database[name].find(condition, shown, sort=sort, limit=limit, batch_size=limit))

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        """Lets the server end what takes longer than it may; one that does not answer is given up."""
        if self._seconds is None:
            yield
            return
        import pymongo
        from pymongo.errors import ExecutionTimeout, NetworkTimeout

        try:
            with pymongo.timeout(self._seconds):
                yield
        except (ExecutionTimeout, NetworkTimeout):
            raise self._overtime() from None

    @contextmanager
    def _killed_late(self, session: ClientSession) -> Iterator[None]:
        """Lets the server end what a session does, when it takes longer than it may to begin to answer.

        A limit on the cursor itself would count the time of all its batches.
        """
        from pymongo.errors import OperationFailure

        if self._seconds is None:
            yield
            return
        client, late = self._client(), False

        def kill() -> None:
            nonlocal late
            late = True
            client.admin.command("killSessions", [session.session_id])

        timer = Timer(self._seconds, kill)
        timer.start()
        try:
            yield
        except OperationFailure:
            if late:
                raise self._overtime() from None
            raise
        finally:
            timer.cancel()

    def _overtime(self) -> OvertimeError:
        return OvertimeError(
            f"{masked(self._url)}: it took longer than {self._seconds} s, and was ended"
        )

    def _database(self) -> Documents:
        return self._client().get_default_database()

    def _client(self) -> Client:
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            made = connect(self._url)
            client = self._clients.setdefault(process, made)
            if (
                client is not made
            ):  # another thread was first; a lock instead could be held while forking
                made.close()
        return client
