"""The `rest` source: the records of an HTTP API, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from medallion.contracts import DataSource, SourceItem
from medallion.errors import SourceError, UnreachableError
from medallion.identifiers import digest
from medallion.plural import count_of
from medallion.secrets import SECRETS
from medallion.sources.increments import (
    CORRECT_RANGE,
    PERIODS,
    Bound,
    Increments,
    Key,
    Lag,
    Period,
    check_cursor,
    cursor_errors,
)
from medallion.sources.rest.authorization import Authorization
from medallion.sources.rest.client import RestClient, without_query
from medallion.sources.rest.connection import RestConnection
from medallion.sources.rest.json_path import JsonText, PathError
from medallion.sources.rest.paging import (
    ApiPage,
    CursorParameter,
    OffsetParameter,
    PageParameter,
    Paging,
    Request,
)
from medallion.sources.rest.record_spool import RecordSpool
from medallion.sources.rest.requested_pages import RequestedPages
from medallion.sources.rest.response_faults import no_records, not_json
from medallion.sources.rest.since import (
    CursorValue,
    SinceParameter,
    bound_text,
    cursor_value,
    is_smaller,
    less,
    written_bound,
)
from medallion.storage import require_packages

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse


class RestSource(DataSource):
    """The records of an API that answers with JSON (extra `http`).

    Each run requests all pages, and compares the records with those of the last release. Values
    are kept as the API wrote them.

    - `url`: where the first page is; `params`: parameters of its query; `headers`: of each request.
    - `records`: the path of the list of records in a response, such as `data.items`; by default
      the response is the list.
    - How pages follow each other, one of: `next`, the path of the next page's URL in a response;
      `link_header: true`, for a header `Link` with `rel="next"`; `page: {param: page, first: 1}`,
      by number, until a page has no records; `offset: {param: offset}`, by the number of records
      so far, until then; `cursor: {param: after, path: meta.cursor}`, by a value of the page
      before, until there is none. Without one, there is a single page.
    - `auth`: `bearer: TOKEN`; `basic: {user, password}`; `header: {name, value}`; or
      `oauth2: {token_url, client_id, client_secret, scope}` for client credentials.
    - `per_second`: the most requests in a second; by default as fast as the API answers. A status
      of 429 or 503 is waited for as long as the API says.
    - `total`: the path of the number of all records: the run fails if another number of them came.
    - `since: {param: updated_since, cursor: updated_at}`: the parameter that asks for new records
      only, and the field of records that it is about, which grows with each new or updated one.
      After a first pull of all, a run requests only records from the largest value so far; `key`
      are the fields that identify a record. Times are sent as the API writes them; `format: unix`,
      `unix_ms` or a pattern such as `%Y-%m-%d` sends them, in UTC, as the parameter wants them.
    - `lag`: how much later than others a record with a smaller value may be returned, as
      `10 minutes` for dates and times, or a number.
    - `whole`: `daily`, `weekly` or `monthly`: how often all records are pulled again, which finds
      deleted ones; by default only by `medallion run --refresh TABLE`.

    The run also fails, and publishes nothing, when a page was requested before or has the records
    of the page before it. The next page must be on the same host, and redirects are not followed,
    so that nobody else gets the credentials.

    ```yaml
    tables:
      bronze:
        orders:
          source:
            rest:
              url: https://api.example.org/v1/orders
              params: {status: shipped, limit: 100}
              records: data
              next: links.next
              auth: {bearer: "${API_TOKEN}"}
    ```
    """

    name: ClassVar[str] = "rest"
    version: ClassVar[int] = 1
    pulled_format: ClassVar[str | Mapping[str, Any]] = {"json": {"records": "."}}

    url: str = Field(repr=False)
    params: dict[str, str | bool | int | float] = Field(default={})
    headers: dict[str, str] = Field(default={}, repr=False)
    records: str = ""
    next: str = ""
    link_header: bool = False
    page: PageParameter | None = None
    offset: OffsetParameter | None = None
    cursor: CursorParameter | None = None
    auth: Authorization | None = None
    per_second: float = Field(0, ge=0)
    total: str = ""
    since: SinceParameter | None = None
    key: Key = ()
    lag: Lag = 0
    whole: Period | None = None

    @model_validator(mode="after")
    def _consistent_since(self) -> Self:
        cursor = self.since.cursor if self.since else ""
        check_cursor(cursor, self.key, self.lag, self.whole, "since")
        if self.since and self.since.param in self.params:
            raise ValueError(f"{self.since.param!r} is in `params` and in `since`")
        return self

    @field_validator("url")
    @classmethod
    def _http(cls, url: str) -> str:
        SECRETS.add_url(url)
        if not url.startswith(("https://", "http://")):
            raise ValueError("write https://HOST/PATH")
        return url

    @model_validator(mode="after")
    def _one_paging(self) -> Self:
        kinds = Paging.of(self).kinds()
        if len(kinds) > 1:
            raise ValueError(f"pages follow each other in one way, not by {' and '.join(kinds)}")
        for name, value in [*self.headers.items(), *self.params.items()]:
            SECRETS.add_setting(name.replace("-", "_"), value)
        return self

    @property
    def label(self) -> str:
        return without_query(self.url)

    @property
    def database(self) -> str:
        """A host with credentials, so that all of its requests keep to one rate."""
        auth = self.auth.model_dump_json() if self.auth else ""
        return json.dumps([self.url.split("/")[:3], auth, self.per_second])

    @property
    def version_key(self) -> tuple[str, ...]:
        return self.key

    @contextmanager
    def connect(self) -> Iterator[RestConnection]:
        require_packages(self.label, "http", "urllib3")
        with ExitStack() as stack:
            yield RestConnection(RestClient(self.auth, self.per_second), stack)

    def probe(self, connection: RestConnection) -> None:
        next(self.pages(connection.client))

    def look(
        self, connection: RestConnection, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        if not self.since:
            return [SourceItem(self.label)]
        cut = partial(self._cut, connection, self.since)
        return self._increments.items([] if full else former, cut)

    def backfill(self, former: Sequence[SourceItem], begin: str, end: str) -> Sequence[SourceItem]:
        if not self.since:
            return super().backfill(former, begin, end)
        with cursor_errors(self.label, self.since.cursor, CORRECT_RANGE):
            return self._increments.backfill(former, begin, end, written_bound)

    def pull(self, connection: RestConnection, item: SourceItem) -> Iterator[bytes]:
        if self.since:
            values = self._increments.range(item)
            begin, end = (
                None if bound is None else cursor_value(bound)
                for bound in (values.begin, values.end)
            )
            yield from self._spool(connection, self.since, begin).lines(begin, end)
            return
        for records in self.pages(connection.client):
            yield "".join(f"{record}\n" for record in records).encode()

    def pages(
        self, client: RestClient, more: Mapping[str, str] | None = None
    ) -> Iterator[list[str]]:
        """The records of each page, requested with `more` parameters."""
        params = {name: _written(value) for name, value in self.params.items()}
        base = Request(self.url, {**params, **(more or {})})
        paging, pages = Paging.of(self), RequestedPages(self.label)
        request: Request | None = paging.first(base)
        while request:
            pages.request(request)
            response = client.get(request, self.headers)
            content, records = self._read(response)
            pages.records(records)
            page = ApiPage(content, response.headers.get("Link", ""), len(records))
            yield records
            try:
                request = paging.following(request, page, base)
            except SourceError as error:
                raise SourceError(f"{self.label}: {error.message}", hint=error.hint) from error
            if request is None:
                self._check_total(page, pages.count)

    def _cut(
        self, connection: RestConnection, since: SinceParameter, begin: Bound | None
    ) -> tuple[Bound | None, bool]:
        """The largest value of the cursor, less the lag, and whether it is after `begin`."""
        first = None if begin is None else cursor_value(begin)
        largest = self._spool(connection, since, first).largest
        if largest is None:
            return None, False
        with cursor_errors(self.label, since.cursor, "correct `since` or `lag`"):
            end = less(largest, self.lag)
            return bound_text(end), first is not None and is_smaller(first, end)

    def _spool(
        self, connection: RestConnection, since: SinceParameter, begin: CursorValue | None
    ) -> RecordSpool:
        """The records from a value of the cursor on."""

        def request() -> RecordSpool:
            more = {} if begin is None else {since.param: since.written(begin)}
            return RecordSpool(since, begin, self.pages(connection.client, more))

        with cursor_errors(self.label, since.cursor, "correct `since` or `lag`"):
            return connection.spool(digest(self.model_dump(mode="json")), begin, request)

    @property
    def _increments(self) -> Increments:
        since = self.since.model_dump() if self.since else None
        pulled = [self.label, self.params, self.records, since, self.key, self.lag]
        period = PERIODS[self.whole] if self.whole else None
        return Increments(self.label, digest(pulled), period)

    def _read(self, response: BaseHTTPResponse) -> tuple[JsonText, list[str]]:
        """The JSON of a response and its records. Raises SourceError."""
        try:
            content = JsonText(response.data.decode("utf-8-sig"))
        except ValueError as error:
            message, hint = not_json(response, error)
            raise SourceError(f"{self.label}: {message}", hint=hint) from error
        try:
            return content, content.records_at(self.records)
        except PathError as error:
            message, hint = no_records(content.value_at(""), str(error))
            raise SourceError(f"{self.label}: {message}", hint=hint) from error

    def _check_total(self, page: ApiPage, count: int) -> None:
        """Raise UnreachableError when records were added or removed while pages were requested."""
        total = page.content.value_at(self.total) if self.total else count
        if total != count:
            raise UnreachableError(
                f"{self.label}: {count_of(count, 'record')} came, but {self.total!r} is {total}",
                hint="run again; if the number stays, correct `total` or how pages follow",
            )


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
