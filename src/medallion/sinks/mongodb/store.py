"""The MongoDB store: each call reads one release, whatever is published meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from medallion.contracts import Page, Store, read_release
from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.query.aggregation import Grouping
from medallion.query.cursor import gone_error
from medallion.query.validation import ValidatedQuery
from medallion.records import Release, Served
from medallion.secrets import mask
from medallion.sinks.mongodb.aggregation import (
    SELECTIVE_SHARE,
    group_rows,
    group_stages,
    has_overflowed,
)
from medallion.sinks.mongodb.bson_decoder import read_rows
from medallion.sinks.mongodb.database import (
    ACTIVE,
    GONE_CODES,
    LOADS,
    POINTER,
    RELEASES,
    ProcessClients,
    sink_errors,
)
from medallion.sinks.mongodb.documents import columns_of, rows_of
from medallion.sinks.mongodb.query import RANGES, after_cursor, conditions, order, projection, where
from medallion.sinks.mongodb.time_limit import TimeLimit

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

T = TypeVar("T")
_BATCH = 1000


class MongoStore(Store):
    """The query side of a MongoDB sink.

    Parameters: `url` with the name of the database; `label` of the sink in the declaration. Each
    process creates its client on first use, because clients do not survive a fork.
    """

    def __init__(self, url: str, label: str) -> None:
        self._url = url
        self.label = label
        self._clients = ProcessClients(url)
        self._switches = -1
        self._releases: dict[str, Release] = {}
        self._nulls: dict[str, frozenset[str]] = {}

    def __repr__(self) -> str:
        return f"<MongoStore {mask(self._url)}>"

    def active(self) -> Release:
        with sink_errors(self._url), self._time_limit.of_query():
            return self._release(self._active_id())

    def kept(self, ident: str) -> Release:
        with sink_errors(self._url), self._time_limit.of_query():
            self._active_id()
            return self._release(ident)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        def page() -> Page:
            documents, cursor = self._documents(query), None
            if len(documents) > query.limit:
                documents.pop()
                last = columns_of([sort.field for sort in query.order], query.kinds, documents[-1:])
                cursor = query.cursor(release.id, [values[0] for values in last])
            return Page(rows_of(query.fields, query.kinds, documents), release.id, cursor)

        return self._ask(release, query.served, page, empty=lambda page: not page.rows)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        def number() -> int:
            return self._database()[query.served.name].count_documents(where(query))

        return self._ask(release, query.served, number, empty=lambda number: number == 0)

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        key = query.served.key

        def groups() -> tuple[bool, list[dict[str, Any]]]:
            collection, hint = self._database()[query.served.name], self._hint(query)
            nulls = self._nulls_of(query.served.name)
            stages = group_stages(query, key, nulls)
            documents = list(collection.aggregate(stages, allowDiskUse=True, **hint))
            if has_overflowed(query, documents):
                stages = group_stages(query, key, nulls, wide=True)
                documents = list(collection.aggregate(stages, allowDiskUse=True, **hint))
            return bool(documents), group_rows(query, documents)

        return self._ask(release, query.served, groups, empty=lambda answer: not answer[0])[1]

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        with sink_errors(self._url), self._clients.client().start_session() as session:
            database = self._database()
            cursor = database[query.served.name].find_raw_batches(
                where(query),
                projection(query.fields),
                sort=order(query),
                batch_size=_BATCH,
                allow_disk_use=True,
                session=session,
            )
            with cursor:
                batch: Any
                with self._time_limit.of_first_batch(session):
                    batch = next(cursor, b"")
                if not batch and not self._is_loaded(query.served.name):
                    raise gone_error(release.id)
                while batch:
                    yield read_rows(batch, query.fields, query.kinds, database.codec_options)
                    batch = next(cursor, b"")

    def close(self) -> None:
        self._clients.close()

    def _ask(
        self, release: Release, served: Served, work: Callable[[], T], *, empty: Callable[[T], bool]
    ) -> T:
        """The answer of `work`. Raises GoneError when the table was pruned meanwhile."""
        from pymongo.errors import OperationFailure

        with sink_errors(self._url), self._time_limit.of_query():
            try:
                answer = work()
                if not empty(answer) or self._is_loaded(served.name):
                    return answer
            except OperationFailure as error:
                if error.code not in GONE_CODES:
                    raise
        raise gone_error(release.id)

    @property
    def _time_limit(self) -> TimeLimit:
        return TimeLimit(self._url, self.seconds)

    def _active_id(self) -> str:
        """The id of the active release; what is cached is dropped after a switch or a pruning."""
        pointer = self._database()[ACTIVE].find_one({"_id": POINTER}, {"release": 1, "switches": 1})
        if pointer is None or "release" not in pointer:
            raise SinkError(f"{masked(self._url)}: nothing was published yet", hint="medallion run")
        if pointer["switches"] != self._switches:
            self._releases, self._nulls, self._switches = {}, {}, pointer["switches"]
        return str(pointer["release"])

    def _release(self, ident: str) -> Release:
        if ident not in self._releases:
            document = self._database()[RELEASES].find_one({"_id": ident})
            if document is None:
                raise gone_error(ident)
            self._releases[ident] = read_release(document["body"])
        return self._releases[ident]

    def _nulls_of(self, name: str) -> frozenset[str]:
        """The columns of a collection with a null."""
        nulls = self._nulls
        if name not in nulls:
            mark = self._database()[LOADS].find_one({"_id": name})
            if mark is None:
                return frozenset()
            nulls[name] = frozenset(mark["nulls"])
        return nulls[name]

    def _hint(self, query: Grouping) -> dict[str, Any]:
        """A hint to scan the collection if ranges match too many documents for an index."""
        if not query.filters or any(one.operator not in RANGES for one in query.filters):
            return {}
        documents = self._database()[query.served.name]
        share = documents.estimated_document_count() // SELECTIVE_SHARE
        matches = share and documents.count_documents(
            conditions(query.filters, query.columns, query.served.key), limit=share
        )
        return {"hint": {"$natural": 1}} if share and matches == share else {}

    def _is_loaded(self, name: str) -> bool:
        return (
            self._database()[LOADS].find_one({"_id": name, "rows": {"$ne": None}}, {"_id": 1})
            is not None
        )

    def _documents(self, query: ValidatedQuery) -> list[dict[str, Any]]:
        """The page's documents and one more; as a command it costs a fifth less than a cursor."""
        from pymongo.errors import AutoReconnect, NetworkTimeout

        database, name, limit = self._database(), query.served.name, query.limit + 1
        condition = {"$and": [where(query), after_cursor(query, self._nulls_of(name))]}
        columns, sort = projection(query.reads), order(query)
        command: dict[str, Any] = {
            "find": name,
            "filter": condition,
            "projection": columns,
            "sort": dict(sort),
        }
        command |= {"limit": limit, "batchSize": limit}
        try:
            reply = database.command(
                command,
                read_preference=database.read_preference,
                codec_options=database.codec_options,
            )["cursor"]
            if not reply["id"]:
                return reply["firstBatch"]  # type: ignore[no-any-return]
            # The rows are more than fit into one message.
            database.command("killCursors", name, cursors=[reply["id"]])
        except NetworkTimeout:
            raise
        except AutoReconnect:
            pass  # a cursor retries, a command does not
        return list(
            database[name].find(condition, columns, sort=sort, limit=limit, batch_size=limit)
        )

    def _database(self) -> Documents:
        return self._clients.client().get_default_database()
