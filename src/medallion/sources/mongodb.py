"""The `mongodb` source: the documents of a collection, as extended JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from medallion.contracts import CatalogTable, DataSource, SourceItem
from medallion.contracts.table_target import masked
from medallion.errors import SourceError, UnreachableError
from medallion.identifiers import digest
from medallion.mongodb_session import is_unreachable, message_and_hint, open_client
from medallion.secrets import SECRETS
from medallion.sources.increments import (
    CORRECT_RANGE,
    PERIODS,
    CursorRange,
    Increments,
    Key,
    Lag,
    Period,
    check_cursor,
    cursor_errors,
)
from medallion.sources.mongodb_connection import MongoDBConnection
from medallion.sources.mongodb_cursor import written_bound
from medallion.storage import require_packages


class MongoDBSource(DataSource):
    """The documents of a MongoDB collection, one record each (extra `mongodb`).

    Each run pulls them whole, in the order of `_id`, and compares them with those of the last
    release. They are kept exactly, as relaxed extended JSON: a date is `{"$date": …}`, an
    ObjectId `{"$oid": …}`, a decimal `{"$numberDecimal": …}`. On a replica set, all collections of
    a run are of one moment.

    - `url`: `mongodb://USER:PASSWORD@HOST/DATABASE`, with user and password from variables.
    - `collection`: its name.
    - `filter`: a query that documents must meet, in extended JSON: `{status: shipped}`.
    - `fields`: the fields to pull, besides `_id`; by default all.
    - `cursor`: a field that grows with each new or updated document, such as `changed` or, where
      none is updated, `_id`. Then a run pulls only documents with larger values, after a first pull
      of all; an index on it makes that fast. `key` are the fields that identify a document, by
      default `_id`.
    - `lag`: how much later than others a document with a smaller value may be written, as
      `10 minutes` for dates and ObjectIds, or a number.
    - `whole`: `daily`, `weekly` or `monthly`: how often all documents are pulled again, which finds
      deleted ones; by default only by `medallion run --refresh TABLE`.

    ```yaml
    tables:
      bronze:
        orders:
          source:
            mongodb:
              url: mongodb://${DB_USER}:${DB_PASSWORD}@db.example.org/shop
              collection: orders
              filter: {created: {$gte: {$date: "2024-01-01T00:00:00Z"}}}
      silver:
        orders:
          from: bronze.orders
          steps:
            - derive: {created: "created['$date']::timestamptz"}
    ```
    """

    name: ClassVar[str] = "mongodb"
    version: ClassVar[int] = 1
    pulled_format: ClassVar[str | Mapping[str, Any]] = {"json": {"records": "."}}

    url: str = Field(repr=False)
    collection: str = Field(min_length=1)
    filter: dict[str, JsonValue] = Field(default={})
    fields: tuple[str, ...] = ()
    cursor: str = ""
    key: Key = ()
    lag: Lag = 0
    whole: Period | None = None

    @model_validator(mode="after")
    def _consistent_cursor(self) -> Self:
        check_cursor(self.cursor, self.key or ("_id",) * bool(self.cursor), self.lag, self.whole)
        known = {"", "_id", *self.fields}
        missing = {name.partition(".")[0] for name in (self.cursor, *self.key)} - known
        if self.fields and missing:
            raise ValueError(f"`fields` must have {min(missing)!r}, of `cursor` and `key`")
        return self

    @field_validator("url")
    @classmethod
    def _with_database(cls, url: str) -> str:
        SECRETS.add_url(url)
        scheme, _, rest = url.partition("://")
        database = rest.partition("?")[0].partition("/")[2]
        if scheme not in ("mongodb", "mongodb+srv") or not database or "/" in database:
            raise ValueError("write mongodb://HOST/DATABASE")
        return url

    @property
    def label(self) -> str:
        scheme, mark, host = masked(self.url).partition("://")
        return f"{scheme}{mark}{host.removeprefix('***@')} {self.collection}"

    @property
    def database(self) -> str:
        return self.url

    @property
    def version_key(self) -> tuple[str, ...]:
        return self.key or ("_id",) * bool(self.cursor)

    @contextmanager
    def connect(self) -> Iterator[MongoDBConnection]:
        require_packages(self.label, "mongodb", "pymongo")
        with open_client(self.url, SourceError) as client, source_errors(self.url):
            is_replicated = "setName" in client.admin.command("hello")
            with client.start_session(snapshot=is_replicated) as session:
                yield MongoDBConnection(client.get_default_database(), session)

    def tables(self, connection: MongoDBConnection) -> Sequence[CatalogTable]:
        with source_errors(self.url):
            return connection.collections()

    def look(
        self, connection: MongoDBConnection, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        if not self.cursor:
            return [SourceItem(self.label)]
        with source_errors(self.url):
            increments = self._increments
            items = increments.items([] if full else former, partial(connection.cut, self))
            # A part without documents is left out, as a file of JSON has records: the next one
            # begins where it would have begun.
            return [
                item
                for item in items
                if item in former or connection.has_documents(self, increments.range(item))
            ]

    def backfill(self, former: Sequence[SourceItem], begin: str, end: str) -> Sequence[SourceItem]:
        if not self.cursor:
            return super().backfill(former, begin, end)
        with cursor_errors(self.label, self.cursor, CORRECT_RANGE):
            return self._increments.backfill(former, begin, end, written_bound)

    def pull(self, connection: MongoDBConnection, item: SourceItem) -> Iterator[bytes]:
        values = self._increments.range(item) if self.cursor else CursorRange()
        with source_errors(self.url):
            yield from connection.pull(self, values)

    def sample(self, connection: MongoDBConnection, size: int) -> Iterator[bytes]:
        """As many documents at random, or all of a smaller collection: each a line of JSON."""
        with source_errors(self.url):
            yield from connection.sample(self, size)

    @property
    def _increments(self) -> Increments:
        pulled = [self.collection, self.filter, self.fields, self.cursor, self.key, self.lag]
        period = PERIODS[self.whole] if self.whole else None
        return Increments(self.label, digest(pulled), period)


@contextmanager
def source_errors(url: str) -> Iterator[None]:
    """Turn errors of MongoDB into SourceError, and those that a retry may help against."""
    from pymongo.errors import PyMongoError

    try:
        yield
    except PyMongoError as error:
        message, hint = message_and_hint(url, error)
        kind = UnreachableError if is_unreachable(error) else SourceError
        raise kind(message, hint=hint) from error
