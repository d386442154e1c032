"""The MongoDB store: each call reads one release, whatever is published meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from medallion.contracts import Page, Query, Store
from medallion.contracts.table_target import masked
from medallion.errors import SinkError
from medallion.query.aggregation import Grouping, grouping
from medallion.query.cursor import CursorPosition, gone_error, read_cursor
from medallion.query.validation import ValidatedQuery, key_values, served_table, validate_query
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
from medallion.sinks.mongodb.documents import columns_of, rows_of, stored_value
from medallion.sinks.mongodb.query import RANGES, after_cursor, conditions, order, projection, where
from medallion.sinks.mongodb.time_limit import TimeLimit

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents
    from medallion.sinks.mongodb.query import Condition

T = TypeVar("T")
_ATTEMPTS = 20
_BATCH = 1000


class MongoStore(Store):
    """The query side of a MongoDB sink.

    Parameters: `url` with the name of the database; `label` of the sink in the declaration. Each
    process creates its client on first use, because clients do not survive a fork.
    """

    def __init__(self, url: str, label: str) -> None:
        self._url = url
        self._label = label
        self._clients = ProcessClients(url)
        self._switches = -1
        self._releases: dict[str, Release] = {}
        self._nulls: dict[str, frozenset[str]] = {}
        self._pinned: Release | None = None
        self._time_limit = TimeLimit(url)

    def __repr__(self) -> str:
        return f"<MongoStore {mask(self._url)}>"

    def at(self, release: Release | None, seconds: float | None = None) -> MongoStore:
        store = copy(self)
        store._pinned, store._time_limit = release, TimeLimit(self._url, seconds)
        return store

    def release(self) -> Release:
        with sink_errors(self._url), self._time_limit.of_query():
            return self._active()

    def tables(self) -> Mapping[str, Served]:
        return self.release().served.get(self._label, {})

    def find(self, table: str, query: Query) -> Page:
        position = read_cursor(query.cursor) if query.cursor else None

        def page(release: Release, served: Served) -> Page:
            checked = validate_query(served, query, position)
            condition = {
                "$and": [
                    where(checked, served.key),
                    after_cursor(checked, served.key, self._nulls_of(served.name)),
                ]
            }
            documents = self._documents(served.name, condition, checked, served.key)
            cursor = None
            if len(documents) > checked.limit:
                documents.pop()
                last = columns_of(
                    [sort.field for sort in checked.order], checked.kinds, documents[-1:]
                )
                cursor = checked.cursor(release.id, [values[0] for values in last])
            return Page(rows_of(checked.fields, checked.kinds, documents), release.id, cursor)

        return self._ask(table, page, empty=lambda page: not page.rows, position=position)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        def row(_: Release, served: Served) -> dict[str, Any] | None:
            values = key_values(served, key)
            checked = validate_query(served, Query())
            key_fields = {
                name: stored_value(checked.kinds[name], value)
                for name, value in zip(served.key, values, strict=True)
            }
            ident = key_fields if len(key_fields) > 1 else next(iter(key_fields.values()))
            document = self._database()[served.name].find_one({"_id": {"$eq": ident}})
            return rows_of(checked.fields, checked.kinds, [document])[0] if document else None

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
            checked = grouping(served, by, metrics, query)
            collection, hint = self._database()[served.name], self._hint(served, checked)
            nulls = self._nulls_of(served.name)
            stages = group_stages(checked, served.key, nulls)
            documents = list(collection.aggregate(stages, allowDiskUse=True, **hint))
            if has_overflowed(checked, documents):
                stages = group_stages(checked, served.key, nulls, wide=True)
                documents = list(collection.aggregate(stages, allowDiskUse=True, **hint))
            return bool(documents), group_rows(checked, documents)

        return self._ask(table, groups, empty=lambda answer: not answer[0])[1]

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches; `limit` and `cursor` of the query are not used.

        Raises SinkError when the release is pruned while it is read.
        """
        with sink_errors(self._url), self._clients.client().start_session() as session:
            release = self._active()
            served = served_table(release.served.get(self._label, {}), table)
            checked = validate_query(served, query)
            database = self._database()
            cursor = database[served.name].find_raw_batches(
                where(checked, served.key),
                projection(checked.fields),
                sort=order(checked, served.key),
                batch_size=_BATCH,
                allow_disk_use=True,
                session=session,
            )
            with cursor:
                batch: Any
                with self._time_limit.of_first_batch(session):
                    batch = next(cursor, b"")
                if not batch and not self._is_loaded(served.name):
                    if self._pinned:
                        raise gone_error(release.id)
                    raise SinkError(
                        f"{masked(self._url)}: release {release.id} was removed while it was read"
                    )
                while batch:
                    yield read_rows(batch, checked.fields, checked.kinds, database.codec_options)
                    batch = next(cursor, b"")

    def close(self) -> None:
        self._clients.close()

    def _ask(
        self,
        table: str,
        work: Callable[[Release, Served], T],
        *,
        empty: Callable[[T], bool],
        position: CursorPosition | None = None,
    ) -> T:
        """The answer from one release; if that was pruned meanwhile, from the next one."""
        from pymongo.errors import OperationFailure

        with sink_errors(self._url), self._time_limit.of_query():
            for _ in range(_ATTEMPTS):
                release = self._at(position)
                served = served_table(release.served.get(self._label, {}), table)
                try:
                    answer = work(release, served)
                    if not empty(answer) or self._is_loaded(served.name):
                        return answer
                except OperationFailure as error:
                    if error.code not in GONE_CODES:
                        raise
                if position or self._pinned:
                    raise gone_error(release.id)
        raise SinkError(
            f"{masked(self._url)}: releases are pruned faster than {table!r} can be read"
        )

    def _active(self) -> Release:
        """The pinned or the active release, read again only after a switch or a pruning."""
        if self._pinned:
            return self._pinned
        pointer = self._database()[ACTIVE].find_one({"_id": POINTER}, {"release": 1, "switches": 1})
        if pointer is None or "release" not in pointer:
            raise SinkError(f"{masked(self._url)}: nothing was published yet", hint="medallion run")
        if pointer["switches"] != self._switches:
            self._releases, self._nulls, self._switches = {}, {}, pointer["switches"]
        return self._release(pointer["release"])

    def _at(self, position: CursorPosition | None) -> Release:
        """The release of a cursor, else the active one. Raises GoneError when it was pruned."""
        active = self._active()
        return (
            self._release(position.release)
            if position and position.release != active.id
            else active
        )

    def _release(self, ident: str) -> Release:
        releases = {} if self._pinned else self._releases  # a pinned store does not notice pruning
        if ident not in releases:
            document = self._database()[RELEASES].find_one({"_id": ident})
            if document is None:
                raise gone_error(ident)
            releases[ident] = Release.model_validate_json(document["body"])
        return releases[ident]

    def _nulls_of(self, name: str) -> frozenset[str]:
        """The columns of a collection with a null."""
        nulls = self._nulls
        if name not in nulls:
            mark = self._database()[LOADS].find_one({"_id": name})
            if mark is None:
                return frozenset()
            nulls[name] = frozenset(mark["nulls"])
        return nulls[name]

    def _hint(self, served: Served, checked: Grouping) -> dict[str, Any]:
        """A hint to scan the collection if ranges match too many documents for an index."""
        if not checked.filters or any(
            condition.operator not in RANGES for condition in checked.filters
        ):
            return {}
        documents = self._database()[served.name]
        share = documents.estimated_document_count() // SELECTIVE_SHARE
        matches = share and documents.count_documents(
            conditions(checked.filters, checked.columns, served.key), limit=share
        )
        return {"hint": {"$natural": 1}} if share and matches == share else {}

    def _is_loaded(self, name: str) -> bool:
        return (
            self._database()[LOADS].find_one({"_id": name, "rows": {"$ne": None}}, {"_id": 1})
            is not None
        )

    def _documents(
        self, name: str, condition: Condition, checked: ValidatedQuery, key: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The page's documents and one more; as a command it costs a fifth less than a cursor."""
        from pymongo.errors import AutoReconnect, NetworkTimeout

        database, limit = self._database(), checked.limit + 1
        columns, sort = projection(checked.reads), order(checked, key)
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
