"""Putting a stream of batches into a collection: encoded and sent by two threads, so that neither side waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from medallion.contracts.integers import TooLargeError
from medallion.contracts.table_target import Target
from medallion.sinks.mongodb.bson_encoder import documents_of, small_parts

if TYPE_CHECKING:
    import pyarrow as pa
    from bson.raw_bson import RawBSONDocument
    from pymongo.collection import Collection

    from medallion.contracts import Batches

WRITERS = 2
_DUPLICATE = 11000


def insert(collection: Collection[dict[str, Any]], wanted: Target, rows: Batches) -> set[str]:
    """Insert all rows; the columns that hold a null. Raises SinkError when a key is null or not unique."""
    nulls: set[str] = set()
    parts = _numbered(rows)
    head = list(islice(parts, 2))
    if len(head) < 2:  # starting a thread would cost more than it saves
        return nulls.union(*(_insert(collection, wanted, first, part) for first, part in head))
    at_work: deque[Future[set[str]]] = deque()
    with ThreadPoolExecutor(WRITERS) as pool:
        for first, part in chain(head, parts):
            if len(at_work) == WRITERS:
                nulls |= at_work.popleft().result()
            at_work.append(pool.submit(_insert, collection, wanted, first, part))
        for done in at_work:
            nulls |= done.result()
    return nulls


def _numbered(rows: Batches) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Parts of the batches, each with the number of its first row."""
    first = 0
    for batch in rows:
        for part in small_parts(batch):
            yield first, part
            first += part.num_rows


def _insert(
    collection: Collection[dict[str, Any]], wanted: Target, first: int, part: pa.RecordBatch
) -> set[str]:
    from bson.raw_bson import RawBSONDocument
    from pymongo.errors import BulkWriteError

    try:
        documents, nulls = documents_of(part, wanted.kinds, wanted.spec.key, first)
    except TooLargeError as error:
        raise wanted.too_large(error, first) from None
    for column in wanted.spec.key:
        if column in nulls:
            raise wanted.null_key(column)
    if documents:
        raw: list[RawBSONDocument] = [RawBSONDocument(document) for document in documents]
        try:
            collection.insert_many(raw)
        except BulkWriteError as error:
            raise _explained(error, wanted) from error
    return nulls


def _explained(error: Any, wanted: Target) -> Exception:
    failed = (error.details.get("writeErrors") or [{}])[0]
    if failed.get("code") != _DUPLICATE:
        return error  # type: ignore[no-any-return]
    row = failed["op"]
    return wanted.duplicate(", ".join(str(row[column]) for column in wanted.spec.key))
