"""A Store over HTTP: reads the release that an API on another machine serves."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from medallion.contracts import ROW, Failure, Page, Store
from medallion.errors import CallError, GoneError, SinkError
from medallion.identifiers import TableName
from medallion.query.aggregation import Grouping
from medallion.query.validation import ValidatedQuery
from medallion.records import Release, Served
from medallion.secrets import SECRETS, unclear_credentials
from medallion_api.http_params import Params, filter_params, list_param, restored, sort_params
from medallion_api.resources.parameter_fields import ALL, MAX_GROUPS

_BATCH = 1000
_MEDIA = "application/json"
_LINES = "application/x-ndjson"


class HttpStore(Store):
    """Reads the release that the API at `url` serves.

        store = HttpStore("http://localhost:8000", key="…")
        query = Query(sort=(Sort("total_spent", descending=True),), limit=10)
        rows = store.find("clients_stats", query).rows

    Parameters: `key` is an API key, where one is required; `timeout` the seconds that a response
    may take. Queries are validated before they are sent: an invalid one raises CallError. An
    unreachable API raises SinkError. There is one connection per thread and process, which is kept
    open. The API must serve `/tables`, as it does by default.
    """

    def __init__(self, url: str, *, key: str = "", timeout: float = 30.0) -> None:
        SECRETS.add(key)
        SECRETS.add_url(url)
        if unclear_credentials(url):
            raise CallError(
                "the URL of the API has credentials with reserved characters that are not escaped",
                hint="use `key` instead",
            )
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise CallError(
                f"{url!r} is not a valid URL of an API", hint="write it like http://localhost:8000"
            )
        self._url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._base = parts.path.rstrip("/")
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host = parts.netloc.rpartition("@")[2]
        self._headers = {"X-API-Key": key} if key else {}
        self._timeout = timeout
        self._local = threading.local()
        self._cached: tuple[str, Release] | None = None
        self._max_page_size = 0

    def active(self) -> Release:
        tag = {"If-None-Match": self._cached[0]} if self._cached else {}
        response = self._request("/releases/current", {}, tag)
        if response.status == 304 and self._cached:
            response.read()
            return self._cached[1]
        body = self._read(response, json.loads)
        release = Release.model_validate(body)
        self._cached = (response.headers["ETag"], release)
        return release

    def kept(self, ident: str) -> Release:
        """The active release under this id: the API checks whether the cursor's is still kept."""
        return self.active().model_copy(update={"id": ident})

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        params = {**_row_params(query), "fields": list_param(query.fields)}
        rows: list[dict[str, Any]] = []
        cursor = None if query.after is None else query.cursor(release.id, query.after)
        while True:
            limit = str(min(query.limit - len(rows), self._page_limit()))
            page_params = {**params, "limit": limit, **({"cursor": cursor} if cursor else {})}
            body = self._answer_of(release, f"/tables/{_path(query.served)}", page_params)
            cursor = body["cursor"]
            rows += [restored(query.kinds, row) for row in body["rows"]]
            if cursor is None or len(rows) >= query.limit:
                return Page(rows, release.id, cursor)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        params = {**filter_params(query.filters), "limit": "1", "count": "exact"}
        return int(self._answer_of(release, f"/tables/{_path(query.served)}", params)["count"])

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        params = {
            **filter_params(query.filters),
            **sort_params(query.order),
            "limit": str(min(query.limit, MAX_GROUPS)),
        }
        if query.by:
            params["by"] = list_param(query.by)
        if query.expressions:
            metrics = [f"{name}:{text}" for name, text in query.expressions.items()]
            params["metrics"] = list_param(metrics)
        body = self._answer_of(release, f"/groups/{_path(query.served)}", params)
        if query.limit > MAX_GROUPS == len(body["rows"]):
            raise CallError(
                f"{query.served.table} has more groups than the API gives: {MAX_GROUPS:,}",
                hint="filter the rows, or ask for fewer groups by `limit`",
            )
        return [restored(query.kinds, row) for row in body["rows"]]

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        params = {**_row_params(query), "fields": list_param(query.fields), "limit": ALL}
        path = f"/tables/{_path(query.served)}"
        with closing(self._connection()) as connection:
            response = self._request(path, params, {"Accept": _LINES}, connection)
            if response.status != 200:
                self._read(response, json.loads)
            _check_release(release, response.headers["X-Release"])
            rows: list[dict[str, Any]] = []
            for line in self._lines(response):
                rows.append(restored(query.kinds, json.loads(line, parse_float=Decimal)))
                if len(rows) == _BATCH:
                    yield rows
                    rows = []
            if rows:
                yield rows

    def failure(self) -> Failure | None:
        try:
            run = self._json("/runs/latest", {})
        except CallError:  # there was no run yet
            return None
        if run["since"] is None:
            return None
        return Failure(run["failed_run"], run["reason"], datetime.fromisoformat(run["since"]))

    def close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None and self._local.process == os.getpid():
            connection.close()
        self._local = threading.local()

    def _page_limit(self) -> int:
        if not self._max_page_size:
            self._max_page_size = int(self._json("/", {})["max_page_size"])
        return self._max_page_size

    def _connection(self) -> HTTPConnection:
        return self._connect(self._host, timeout=self._timeout)

    def _json(self, path: str, params: Params) -> Any:
        return self._read(
            self._request(path, params, {}), lambda text: json.loads(text, parse_float=Decimal)
        )

    def _answer_of(self, release: Release, path: str, params: Params) -> Any:
        """A JSON response about a release. Raises GoneError when the API reads another one."""
        body = self._json(path, params)
        _check_release(release, body["release"])
        return body

    def _request(
        self,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        connection: HTTPConnection | None = None,
    ) -> HTTPResponse:
        """Send a request; once more when the server has closed an idle connection meanwhile."""
        target = f"{self._base}{path}" + (f"?{urlencode(params)}" if params else "")
        sent = {"Accept": _MEDIA, **self._headers, **headers}
        reused = connection is None and getattr(self._local, "process", None) == os.getpid()
        try:
            try:
                return self._send(connection or self._own_connection(), target, sent)
            except (HTTPException, ConnectionError):
                if not reused:
                    raise
                self._local.connection.close()
                return self._send(self._own_connection(), target, sent)
        except (HTTPException, OSError) as error:
            self.close()
            raise SinkError(
                f"{self._url}: {error or type(error).__name__}",
                hint="check that the API is running",
            ) from error

    def _own_connection(self) -> HTTPConnection:
        if getattr(self._local, "process", None) != os.getpid():
            self._local.connection = self._connection()
            self._local.process = os.getpid()
        connection: HTTPConnection = self._local.connection
        return connection

    @staticmethod
    def _send(connection: HTTPConnection, target: str, headers: Mapping[str, str]) -> HTTPResponse:
        connection.request("GET", target, headers=dict(headers))
        return connection.getresponse()

    def _read(self, response: HTTPResponse, parse: Callable[[bytes], Any]) -> Any:
        """The parsed body of a response. Raises the error that a problem response stands for."""
        try:
            body = response.read()
        except (HTTPException, OSError) as error:
            self.close()
            raise SinkError(
                f"{self._url}: the connection closed within a response: {error}"
            ) from error
        if response.status == 200:
            return parse(body)
        try:
            detail = str(json.loads(body)["detail"]) or response.reason
        except (ValueError, KeyError, TypeError):
            detail = response.reason
        if response.status == 410:
            raise GoneError(detail)
        if response.status in (400, 404, 414):
            raise CallError(detail)
        raise SinkError(f"{self._url}: {detail} ({response.status})")

    def _lines(self, response: HTTPResponse) -> Iterator[bytes]:
        """The lines of a streamed response. Raises SinkError when it ends early."""
        try:
            rest = b""
            while part := response.read1(65536):
                *lines, rest = (rest + part).split(b"\n")
                yield from lines
            if rest:
                raise HTTPException("the last line is incomplete")
        except (HTTPException, OSError, ValueError) as error:
            raise SinkError(
                f"{self._url}: the connection closed within a response: {error}"
            ) from error


def _path(served: Served) -> str:
    return quote(TableName(served.table).table)


def _row_params(query: ValidatedQuery) -> Params:
    """Filters and order; the API adds the row number itself."""
    sorts = [sort for sort in query.order if sort.field != ROW]
    return {**filter_params(query.filters), **sort_params(sorts)}


def _check_release(release: Release, answered: str) -> None:
    if answered != release.id:
        raise GoneError(f"the API no longer reads release {release.id}, but {answered}")
