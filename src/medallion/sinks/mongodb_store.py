"""Reads the active release from MongoDB: every call sees one release, whatever is published meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from medallion.contracts import Page, Query, Store
from medallion.errors import SinkError
from medallion.grouping import Grouping, grouping
from medallion.paging import Place, Plan, gone, key_values, plan, read_cursor, table_of
from medallion.records import Release, Served
from medallion.sinks.loading import masked
from medallion.sinks.mongodb_database import ACTIVE, LOADS, POINTER, RELEASES, VANISHED, connect, told
from medallion.sinks.mongodb_documents import kept, restored
from medallion.sinks.mongodb_group import FEW, group_rows, group_stages
from medallion.sinks.mongodb_query import RANGES, beyond, conditions, order, stored_name, where

if TYPE_CHECKING:
    from medallion.sinks.mongodb_database import Client, Documents

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

    def release(self) -> Release:
        with told(self._url):
            return self._active()

    def tables(self) -> Mapping[str, Served]:
        return self.release().served.get(self._label, {})

    def find(self, table: str, query: Query) -> Page:
        place = read_cursor(query.cursor) if query.cursor else None

        def page(release: Release, served: Served) -> Page:
            checked = plan(served, query, place)
            condition = {"$and": [where(checked, served.key), beyond(checked, served.key, self._nulls_of(served.name))]}
            found = list(
                self._database()[served.name].find(
                    condition,
                    _projection(checked.reads, served.key),
                    sort=order(checked, served.key),
                    limit=checked.limit + 1,
                    batch_size=checked.limit + 1,
                )
            )
            cursor = None
            if len(found) > checked.limit:
                found.pop()
                last = _columns(checked, served.key, [sort.field for sort in checked.order], found[-1:])
                cursor = checked.cursor(release.id, [values[0] for values in last])
            return Page(_rows(checked, served.key, found), release.id, cursor)

        return self._ask(table, page, empty=lambda page: not page.rows, place=place)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        def row(_: Release, served: Served) -> dict[str, Any] | None:
            values = key_values(served, key)
            checked = plan(served, Query())
            parts = {name: kept(checked.kinds[name], value) for name, value in zip(served.key, values, strict=True)}
            ident = parts if len(parts) > 1 else next(iter(parts.values()))
            found = self._database()[served.name].find_one({"_id": {"$eq": ident}})
            return _rows(checked, served.key, [found])[0] if found else None

        return self._ask(table, row, empty=lambda row: row is None)

    def count(self, table: str, query: Query) -> int:
        def number(_: Release, served: Served) -> int:
            return self._database()[served.name].count_documents(where(plan(served, query), served.key))

        return self._ask(table, number, empty=lambda number: number == 0)

    def group(self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query) -> list[dict[str, Any]]:
        def groups(_: Release, served: Served) -> tuple[bool, list[dict[str, Any]]]:
            asked = grouping(served, by, metrics, query)
            stages = group_stages(asked, served.key, self._nulls_of(served.name))
            hint = self._hint(served, asked)
            found = list(self._database()[served.name].aggregate(stages, allowDiskUse=True, **hint))
            return bool(found), group_rows(asked, found)

        return self._ask(table, groups, empty=lambda answer: not answer[0])[1]

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches; `limit` and `cursor` of the query are not used.

        Raises SinkError when the release is pruned while it is read.
        """
        with told(self._url):
            release = self._active()
            served = table_of(release.served.get(self._label, {}), table)
            checked = plan(served, query)
            found = self._database()[served.name].find(
                where(checked, served.key),
                _projection(checked.fields, served.key),
                sort=order(checked, served.key),
                batch_size=_BATCH,
                allow_disk_use=True,
            )
            with found:
                batch: list[dict[str, Any]] = []
                for document in found:
                    batch.append(document)
                    if len(batch) == _BATCH:
                        yield _rows(checked, served.key, batch)
                        batch = []
                if batch:
                    yield _rows(checked, served.key, batch)
                elif not self._is_there(served.name):
                    raise SinkError(f"{masked(self._url)}: release {release.id} was removed while it was read")

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
        place: Place | None = None,
    ) -> T:
        """The answer from one release. Nothing found may mean that it was pruned meanwhile: then ask the next."""
        from pymongo.errors import OperationFailure

        with told(self._url):
            for _ in range(_ATTEMPTS):
                release = self._at(place)
                served = table_of(release.served.get(self._label, {}), table)
                try:
                    answer = work(release, served)
                    if not empty(answer) or self._is_there(served.name):
                        return answer
                except OperationFailure as error:
                    if error.code not in VANISHED:
                        raise
                if place:
                    raise gone(place.release)
        raise SinkError(f"{masked(self._url)}: releases come and go faster than {table!r} can be read")

    def _active(self) -> Release:
        """The active release, read anew only when one came or went."""
        found = self._database()[ACTIVE].find_one({"_id": POINTER}, {"release": 1, "switches": 1})
        if found is None:
            raise SinkError(f"{masked(self._url)}: nothing was published yet", hint="medallion run")
        if found["switches"] != self._switches:
            self._releases, self._nulls, self._switches = {}, {}, found["switches"]
        return self._release(found["release"])

    def _at(self, place: Place | None) -> Release:
        """The release a cursor began with, the active one without a cursor. Raises CallError when it is gone."""
        active = self._active()
        return self._release(place.release) if place else active

    def _release(self, ident: str) -> Release:
        known = self._releases
        if ident not in known:
            found = self._database()[RELEASES].find_one({"_id": ident})
            if found is None:
                raise gone(ident)
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
        met = part and documents.count_documents(conditions(asked.filters, asked.columns, served.key), limit=part)
        return {"hint": {"$natural": 1}} if part and met == part else {}

    def _is_there(self, name: str) -> bool:
        return self._database()[LOADS].find_one({"_id": name, "rows": {"$ne": None}}, {"_id": 1}) is not None

    def _database(self) -> Documents:
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            made = connect(self._url)
            client = self._clients.setdefault(process, made)
            if client is not made:  # another thread was first; a lock instead could be held while forking
                made.close()
        return client.get_default_database()


def _projection(fields: Sequence[str], key: Sequence[str]) -> dict[str, int]:
    return {"_id": 0, **{stored_name(name, key): 1 for name in fields}}


def _columns(
    checked: Plan, key: Sequence[str], fields: Sequence[str], found: Sequence[Mapping[str, Any]]
) -> list[list[Any]]:
    """The values of documents as Python's own, column by column."""
    columns = []
    for name in fields:
        stored, kind = stored_name(name, key), checked.kinds[name]
        columns.append([restored(kind, document.get(stored)) for document in found])
    return columns


def _rows(checked: Plan, key: Sequence[str], found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    columns = _columns(checked, key, checked.fields, found)
    return [dict(zip(checked.fields, row, strict=True)) for row in zip(*columns, strict=True)]
