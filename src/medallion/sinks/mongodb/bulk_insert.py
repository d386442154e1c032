"""Inserts a stream of batches with two threads, so that one encodes while the other sends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from medallion.contracts.integers import TooLargeError
from medallion.contracts.table_target import Target
from medallion.sinks.mongodb.bson_encoder import documents_of, small_batches

if TYPE_CHECKING:
    import pyarrow as pa
    from bson.raw_bson import RawBSONDocument
    from pymongo.collection import Collection

    from medallion.contracts import Batches

WRITERS = 2
_DUPLICATE = 11000


def insert(collection: Collection[dict[str, Any]], target: Target, rows: Batches) -> set[str]:
    """Insert all rows and return the columns with a null.

    Raises SinkError when a key is null or not unique, or a number is too large for BSON.
    """
    nulls: set[str] = set()
    numbered_batches = _small_batches(rows)
    head = list(islice(numbered_batches, 2))
    if len(head) < 2:  # for a single batch, starting a thread costs more than it saves
        return nulls.union(*(_insert(collection, target, first, batch) for first, batch in head))
    at_work: deque[Future[set[str]]] = deque()
    with ThreadPoolExecutor(WRITERS) as pool:
        for first, batch in chain(head, numbered_batches):
            if len(at_work) == WRITERS:
                nulls |= at_work.popleft().result()
            at_work.append(pool.submit(_insert, collection, target, first, batch))
        for future in at_work:
            nulls |= future.result()
    return nulls


def _small_batches(rows: Batches) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The batches in small slices, each with the number of its first row."""
    first = 0
    for large_batch in rows:
        for batch in small_batches(large_batch):
            yield first, batch
            first += batch.num_rows


def _insert(
    collection: Collection[dict[str, Any]], target: Target, first: int, batch: pa.RecordBatch
) -> set[str]:
    from bson.raw_bson import RawBSONDocument
    from pymongo.errors import BulkWriteError

    try:
        numbers = range(first, first + batch.num_rows)
        documents, nulls = documents_of(batch, target.kinds, target.spec.key, numbers)
    except TooLargeError as error:
        raise target.too_large(error, first) from None
    for column in target.spec.key:
        if column in nulls:
            raise target.null_key(column)
    if documents:
        raw: list[RawBSONDocument] = [RawBSONDocument(document) for document in documents]
        try:
            collection.insert_many(raw)
        except BulkWriteError as error:
            raise _load_error(error, target) from error
    return nulls


def _load_error(error: Any, target: Target) -> Exception:
    failed = (error.details.get("writeErrors") or [{}])[0]
    if failed.get("code") != _DUPLICATE:
        return error  # type: ignore[no-any-return]
    row = failed["op"]
    return target.duplicate(", ".join(str(row[column]) for column in target.spec.key))
