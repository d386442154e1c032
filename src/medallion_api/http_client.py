"""GET requests to an API, with one connection per thread and process, which is kept open."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from medallion.errors import CallError, GoneError, SinkError
from medallion.secrets import SECRETS, unclear_credentials
from medallion_api.http_params import Params

_MEDIA = "application/json"
_LINES = "application/x-ndjson"
_NONE: Params = {}


def exact(text: bytes) -> Any:
    """JSON with every digit of its numbers."""
    return json.loads(text, parse_float=Decimal)


class HttpClient:
    """Reads the API at `url`, for `HttpStore`.

    An unreachable API raises SinkError. A problem raises CallError when the request is at fault,
    and GoneError when a cursor's release is no longer kept.
    """

    def __init__(self, url: str, key: str, timeout: float) -> None:
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
        self._host = parts.netloc.rpartition("@")[2]
        self._base = parts.path.rstrip("/")
        self._url = f"{parts.scheme}://{self._host}{self._base}"
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._headers = {"X-API-Key": key} if key else {}
        self._timeout = timeout
        self._local = threading.local()

    def request(
        self,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        connection: HTTPConnection | None = None,
    ) -> HTTPResponse:
        """Send a request; once more when the server has closed an idle connection meanwhile."""
        target = f"{self._base}{path}" + (f"?{urlencode(params)}" if params else "")
        sent = {"Accept": _MEDIA, **self._headers, **headers}
        reused = connection is None and self._has_connection()
        try:
            try:
                return _send(connection or self._own_connection(), target, sent)
            except (HTTPException, ConnectionError):
                if not reused:
                    raise
                self._local.connection.close()
                return _send(self._own_connection(), target, sent)
        except (HTTPException, OSError) as error:
            self.close()
            raise SinkError(
                f"{self._url}: {error or type(error).__name__}",
                hint="check that the API is running",
            ) from error

    def json(self, path: str, params: Params = _NONE, missing: type[CallError] = CallError) -> Any:
        """The JSON of a path. Raises the errors of `read`."""
        return self.read(self.request(path, params, {}), missing=missing)

    @cached_property
    def max_page_size(self) -> int:
        """The rows of the API's largest page."""
        return int(self.json("/")["max_page_size"])

    def read(
        self,
        response: HTTPResponse,
        parse: Callable[[bytes], Any] = exact,
        missing: type[CallError] = CallError,
    ) -> Any:
        """The parsed body of a response. Raises the error that a problem stands for.

        `missing` is that of a 404.
        """
        try:
            body = response.read()
        except (HTTPException, OSError) as error:
            self.close()
            raise self._broken(error) from error
        if response.status == 200:
            return parse(body)
        try:
            detail = str(json.loads(body)["detail"]) or response.reason
        except (ValueError, KeyError, TypeError):
            detail = response.reason
        if response.status == 410:
            raise GoneError(detail)
        if response.status == 404:
            raise missing(detail)
        if response.status in (400, 414):
            raise CallError(detail)
        raise SinkError(f"{self._url}: {detail} ({response.status})")

    @contextmanager
    def stream(
        self, path: str, params: Params, missing: type[CallError] = CallError
    ) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The release of a response, and its lines, over a connection of its own.

        Reading them raises SinkError when they end early.
        """
        connection = self._connect(self._host, timeout=self._timeout)
        try:
            response = self.request(path, params, {"Accept": _LINES}, connection)
            if response.status != 200:
                self.read(response, missing=missing)
            yield response.headers["X-Release"], self._lines(response)
        finally:
            connection.close()

    def close(self) -> None:
        """Close the thread's connection; its next request opens another one.

        Those of other threads may be in use.
        """
        if self._has_connection():
            self._local.connection.close()
        self._local.__dict__.clear()

    def _has_connection(self) -> bool:
        """Whether this thread has a connection of this process: one from before a fork is not."""
        return getattr(self._local, "process", None) == os.getpid()

    def _own_connection(self) -> HTTPConnection:
        if not self._has_connection():
            self._local.connection = self._connect(self._host, timeout=self._timeout)
            self._local.process = os.getpid()
        connection: HTTPConnection = self._local.connection
        return connection

    def _lines(self, response: HTTPResponse) -> Iterator[bytes]:
        try:
            rest = b""
            while part := response.read1(65536):
                *lines, rest = (rest + part).split(b"\n")
                yield from lines
            if rest:
                raise HTTPException("the last line is incomplete")
        except (HTTPException, OSError, ValueError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> SinkError:
        return SinkError(f"{self._url}: the connection closed within a response: {error}")


def _send(connection: HTTPConnection, target: str, headers: Mapping[str, str]) -> HTTPResponse:
    connection.request("GET", target, headers=dict(headers))
    return connection.getresponse()
