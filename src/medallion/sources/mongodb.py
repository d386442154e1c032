"""The `mongodb` source: the documents of a collection, as extended JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, JsonValue, field_validator

from medallion.contracts import DataSource, SourceItem
from medallion.contracts.table_target import masked
from medallion.errors import SourceError, UnreachableError
from medallion.mongodb_session import is_unreachable, message_and_hint, open_client
from medallion.secrets import SECRETS
from medallion.storage import require_packages

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession
    from pymongo.database import Database

BATCH = 1000  # documents


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

    @field_validator("url")
    @classmethod
    def _with_database(cls, url: str) -> str:
        SECRETS.add_url(url)
        scheme, _, rest = url.partition("://")
        if scheme not in ("mongodb", "mongodb+srv") or not rest.partition("?")[0].partition("/")[2]:
            raise ValueError("write mongodb://HOST/DATABASE")
        return url

    @property
    def label(self) -> str:
        scheme, mark, host = masked(self.url).partition("://")
        return f"{scheme}{mark}{host.removeprefix('***@')} {self.collection}"

    @property
    def database(self) -> str:
        return self.url

    @contextmanager
    def connect(self) -> Iterator[MongoDBConnection]:
        require_packages(self.label, "mongodb", "pymongo")
        with open_client(self.url, SourceError) as client, source_errors(self.url):
            is_replicated = "setName" in client.admin.command("hello")
            with client.start_session(snapshot=is_replicated) as session:
                yield MongoDBConnection(client.get_default_database(), session)

    def look(
        self, connection: MongoDBConnection, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        return [SourceItem(self.label)]

    def pull(self, connection: MongoDBConnection, item: SourceItem) -> Iterator[bytes]:
        with source_errors(self.url):
            yield from connection.pull(self)


class MongoDBConnection:
    """A database and the session in which it is read."""

    def __init__(self, database: Database[dict[str, Any]], session: ClientSession) -> None:
        self._database = database
        self._session = session

    def pull(self, source: MongoDBSource) -> Iterator[bytes]:
        """The documents of a collection as lines of JSON. Raises SourceError without one."""
        from bson.codec_options import DatetimeConversion
        from bson.json_util import RELAXED_JSON_OPTIONS, dumps, loads

        options = RELAXED_JSON_OPTIONS.with_options(tz_aware=True)
        if not self._database.list_collection_names(filter={"name": source.collection}):
            raise SourceError(
                f"{source.label}: there is no such collection",
                hint="correct `collection`, or the database in the URL",
            )
        codec = self._database.codec_options.with_options(
            datetime_conversion=DatetimeConversion.DATETIME_AUTO
        )
        documents = self._database.get_collection(source.collection, codec_options=codec).find(
            loads(dumps(source.filter)),
            dict.fromkeys(source.fields, 1) or None,
            session=self._session,
            sort=[("_id", 1)],
            batch_size=BATCH,
        )
        lines: list[str] = []
        for document in documents:
            lines.append(dumps(document, json_options=options, ensure_ascii=False))
            if len(lines) == BATCH:
                yield "".join(f"{line}\n" for line in lines).encode()
                lines.clear()
        yield "".join(f"{line}\n" for line in lines).encode()


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
