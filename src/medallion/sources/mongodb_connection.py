"""A connection to MongoDB: its collections, and their documents as relaxed extended JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from medallion.contracts import CatalogTable
from medallion.errors import SourceError
from medallion.sources.increments import Bound, CursorRange, cursor_errors
from medallion.sources.mongodb_cursor import (
    bound_text,
    bson_bound,
    field_value,
    is_greater,
    less,
    range_filter,
)

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession
    from pymongo.collection import Collection
    from pymongo.database import Database

BATCH = 1000  # documents
_DATE_OF_NUMBER = re.compile(r'\{"\$date": \{"\$numberLong": "(-?\d+)"\}\}')


class WantedDocuments(Protocol):
    """A collection, and which of its documents and fields are wanted."""

    @property
    def label(self) -> str: ...
    @property
    def collection(self) -> str: ...
    @property
    def filter(self) -> Mapping[str, Any]: ...
    @property
    def fields(self) -> tuple[str, ...]: ...
    @property
    def cursor(self) -> str: ...
    @property
    def lag(self) -> int | str: ...


class MongoDBConnection:
    """A database and the session in which it is read."""

    def __init__(self, database: Database[dict[str, Any]], session: ClientSession) -> None:
        self._database = database
        self._session = session

    def cut(self, wanted: WantedDocuments, begin: Bound | None) -> tuple[Bound | None, bool]:
        """The largest value of the cursor, less the lag, and whether it is after `begin`.

        Of the type that `begin` has, as MongoDB compares values of one type only.
        """
        first = None if begin is None else bson_bound(begin)
        above = {} if begin is None else {wanted.cursor: {"$gte": first}}
        largest = self._collection(wanted).find_one(
            self._query(wanted, above),
            {wanted.cursor: 1},
            session=self._session,
            sort=[(wanted.cursor, -1)],
        )
        value = field_value(largest or {}, wanted.cursor)
        if value is None:
            return None, False
        with cursor_errors(wanted.label, wanted.cursor, "correct `cursor` or `lag`"):
            end = less(value, wanted.lag)
        return bound_text(end), first is not None and is_greater(end, first)

    def has_documents(self, wanted: WantedDocuments, values: CursorRange) -> bool:
        """Whether a file has records; a file of everything is always pulled."""
        query = self._query(wanted, range_filter(wanted.cursor, values))
        return values == CursorRange() or bool(
            self._collection(wanted).find_one(query, {"_id": 1}, session=self._session)
        )

    def collections(self) -> list[CatalogTable]:
        """The collections and views by name, but those of the server itself."""
        kinds = {each["name"]: each["type"] for each in self._database.list_collections()}
        return [
            CatalogTable(name, ("_id",) if kinds[name] == "collection" else ())
            for name in sorted(kinds)
            if not name.startswith("system.")
        ]

    def sample(self, wanted: WantedDocuments, size: int) -> Iterator[bytes]:
        """Documents at random as lines of JSON. Raises SourceError without a collection."""
        # For a view, or a collection with fewer than 20 times as many documents, $sample is a sort,
        # which may exceed the server's 100 MB of memory. Small Atlas clusters ignore the option.
        documents = self._collection(wanted).aggregate(
            [{"$sample": {"size": size}}], session=self._session, allowDiskUse=True
        )
        for document in documents:
            yield f"{json_line(document)}\n".encode()

    def pull(self, wanted: WantedDocuments, values: CursorRange) -> Iterator[bytes]:
        """The documents of a collection as lines of JSON. Raises SourceError without one."""
        documents = self._collection(wanted).find(
            self._query(wanted, range_filter(wanted.cursor, values)),
            dict.fromkeys(wanted.fields, 1) or None,
            session=self._session,
            sort=[("_id", 1)],
            batch_size=BATCH,
        )
        lines: list[str] = []
        for document in documents:
            lines.append(json_line(document))
            if len(lines) == BATCH:
                yield "".join(f"{line}\n" for line in lines).encode()
                lines.clear()
        yield "".join(f"{line}\n" for line in lines).encode()

    def _collection(self, wanted: WantedDocuments) -> Collection[dict[str, Any]]:
        """Raises SourceError when there is none."""
        from bson.codec_options import DatetimeConversion

        if not self._database.list_collection_names(filter={"name": wanted.collection}):
            raise SourceError(
                f"{wanted.label}: there is no such collection",
                hint="correct `collection`, or the database in the URL",
            )
        codec = self._database.codec_options.with_options(
            datetime_conversion=DatetimeConversion.DATETIME_AUTO
        )
        return self._database.get_collection(wanted.collection, codec_options=codec)

    def _query(self, wanted: WantedDocuments, more: Mapping[str, Any]) -> dict[str, Any]:
        from bson.json_util import dumps, loads

        declared = loads(dumps(wanted.filter))
        return {"$and": [declared, more]} if more else declared


def json_line(document: Mapping[str, Any]) -> str:
    """A document as relaxed extended JSON, where dates of all years are alike.

    The standard writes those before 1970 as numbers, and dates of birth would have two types.
    """
    from bson.json_util import RELAXED_JSON_OPTIONS, dumps

    options = RELAXED_JSON_OPTIONS.with_options(tz_aware=True)
    return _DATE_OF_NUMBER.sub(_iso_date, dumps(document, json_options=options, ensure_ascii=False))


def _iso_date(match: re.Match[str]) -> str:
    """A date as text, or as it was in years that no text of ISO 8601 has."""
    try:
        moment = datetime(1970, 1, 1) + timedelta(milliseconds=int(match[1]))
    except OverflowError:
        return match[0]
    precision = "milliseconds" if moment.microsecond else "seconds"
    return f'{{"$date": "{moment.isoformat(timespec=precision)}Z"}}'
