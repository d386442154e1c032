"""Loads a table into MongoDB as a copy of its former version with a few documents changed.

The server copies the collection by itself. The copy is used only if every document that is to be
replaced was there, and in the end the table has its number of documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from medallion.contracts import RowChanges
from medallion.contracts.integers import TooLargeError
from medallion.contracts.row_changes import NotCopiedError
from medallion.contracts.table_target import Target
from medallion.records import Served
from medallion.sinks.mongodb.bson_encoder import documents_of
from medallion.sinks.mongodb.database import LOADS
from medallion.sinks.mongodb.table_load import complete, loading_name

if TYPE_CHECKING:
    import pyarrow as pa
    from bson.raw_bson import RawBSONDocument
    from pymongo.collection import Collection

    from medallion.sinks.mongodb.database import Documents

_BATCH = 1000  # documents in one command


def copy_table(
    database: Documents, target: Target, former: Served, changes: RowChanges, token: int
) -> int:
    """Load the table, and return its rows.

    Raises NotCopiedError; what is in the temporary collection is then useless.
    """
    from pymongo.errors import BulkWriteError

    mark = database[LOADS].find_one({"_id": former.name})
    if mark is None or mark["rows"] != changes.former_rows:
        raise NotCopiedError
    if not target.spec.key and changes.moves_rows:
        raise NotCopiedError  # their numbers are their `_id`
    name = loading_name(target.name, token)
    # The server does not notice the end of its client. When the next run has dropped this empty
    # collection, the server refuses to put the copy in its place.
    database.create_collection(name, check_exists=False)
    database[former.name].aggregate([{"$out": name}])
    collection, nulls = database[name], {*mark["nulls"]}
    try:
        _change(collection, target, changes, nulls)
    except (TooLargeError, BulkWriteError) as error:
        raise NotCopiedError from error  # `load` says what is wrong with which row
    count = collection.count_documents({})
    if nulls & {*target.spec.key} or count != changes.rows:
        raise NotCopiedError
    target.reconcile(count)
    complete(database, target, count, nulls, token)
    return count


def _change(
    collection: Collection[dict[str, Any]], target: Target, changes: RowChanges, nulls: set[str]
) -> None:
    """Replace and remove documents of the copy. Raises NotCopiedError when one was not there.

    Adds the columns that have a null to `nulls`.
    """
    for documents, _ in _documents(changes.replaced_places, changes.replaced, target):
        idents = [document["_id"] for document in documents]
        if collection.delete_many({"_id": {"$in": idents}}).deleted_count != len(idents):
            raise NotCopiedError
    for documents, some in _documents(changes.places, changes.batches, target):
        nulls |= some
        collection.insert_many(documents)


def _documents(
    places: Sequence[int], batches: Sequence[pa.RecordBatch], target: Target
) -> Iterator[tuple[list[RawBSONDocument], set[str]]]:
    """Rows as documents, a batch at a time, each with its columns that have a null."""
    from bson.raw_bson import RawBSONDocument

    first = 0
    for rows in batches:
        for start in range(0, len(rows), _BATCH):
            batch = rows.slice(start, _BATCH)
            numbers = places[first : first + len(batch)]
            first += len(batch)
            documents, nulls = documents_of(batch, target.kinds, target.spec.key, numbers)
            yield [RawBSONDocument(document) for document in documents], nulls
