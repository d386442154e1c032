"""The `rest` source: the records of an HTTP API, page by page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from medallion.contracts import DataSource, SourceItem
from medallion.errors import SourceError, UnreachableError
from medallion.plural import count_of
from medallion.secrets import SECRETS
from medallion.sources.rest.authorization import Authorization
from medallion.sources.rest.client import RestClient, without_query
from medallion.sources.rest.json_path import PathError, records_at, value_at
from medallion.sources.rest.paging import (
    ApiPage,
    CursorParameter,
    OffsetParameter,
    PageParameter,
    Paging,
    Request,
)
from medallion.storage import require_packages


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

    def connect(self) -> AbstractContextManager[RestClient]:
        require_packages(self.label, "http", "urllib3")
        return nullcontext(RestClient(self.auth, self.per_second))

    def look(
        self, connection: RestClient, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        return [SourceItem(self.label)]

    def pull(self, connection: RestClient, item: SourceItem) -> Iterator[bytes]:
        base = Request(self.url, {name: _written(value) for name, value in self.params.items()})
        paging, pages = Paging.of(self), _Pages(self.label)
        request: Request | None = paging.first(base)
        page = ApiPage("", "", 0)
        while request:
            pages.request(request)
            response = connection.get(request, self.headers)
            text, records = self._read(response.data)
            pages.records(records)
            page = ApiPage(text, response.headers.get("Link", ""), len(records))
            yield "".join(f"{record}\n" for record in records).encode()
            try:
                request = paging.following(request, page, base)
            except SourceError as error:
                raise SourceError(f"{self.label}: {error.message}", hint=error.hint) from error
        self._check_total(page, pages.count)

    def _read(self, data: bytes) -> tuple[str, list[str]]:
        """The text of a response and its records. Raises SourceError."""
        try:
            text = data.decode()
            return text, records_at(text, self.records)
        except PathError as error:
            raise SourceError(
                f"{self.label}: {error}", hint="say in `records` where the list is"
            ) from error
        except ValueError as error:
            raise SourceError(
                f"{self.label}: the response is not JSON: {error}",
                hint="check the `url`; an API may ask for a header `Accept`",
            ) from error

    def _check_total(self, page: ApiPage, count: int) -> None:
        """Raise UnreachableError when records were added or removed while pages were requested."""
        total = value_at(page.text, self.total) if self.total else count
        if total != count:
            raise UnreachableError(
                f"{self.label}: {count_of(count, 'record')} came, but {self.total!r} is {total}",
                hint="run again; if the number stays, correct `total` or how pages follow",
            )


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Pages:
    """The pages of one pull so far."""

    def __init__(self, label: str) -> None:
        self.count = 0
        self._label = label
        self._requested: set[tuple[str, str]] = set()
        self._last = b""

    def request(self, request: Request) -> None:
        """Note a request. Raises SourceError when it was sent before."""
        key = (request.url, json.dumps(dict(request.params)))
        if key in self._requested:
            raise SourceError(
                f"{self._label}: after {count_of(len(self._requested), 'page')}, "
                "the next page is one that was requested before",
                hint="correct how pages follow each other",
            )
        self._requested.add(key)

    def records(self, records: Sequence[str]) -> None:
        """Note the records of a page. Raises SourceError when they are those of the page before."""
        digest = hashlib.sha256("\n".join(records).encode()).digest()
        if records and digest == self._last:
            raise SourceError(
                f"{self._label}: page {len(self._requested)} has the records of the page before",
                hint="the API may not know the parameter; correct how pages follow each other",
            )
        self._last = digest
        self.count += len(records)
