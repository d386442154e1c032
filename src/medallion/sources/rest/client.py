"""Requests to an API: credentials, a rate limit, and errors that say what to do."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from medallion.errors import MedallionError, SourceError, UnreachableError
from medallion.secrets import SECRETS
from medallion.sources.rest.authorization import Authorization, OAuth2Client, basic_header
from medallion.sources.rest.paging import Request
from medallion.sources.rest.response_faults import unexpected_status
from medallion.storage.http_pool import TRANSIENT, http_pool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse


class RestClient:
    """Sends requests one after the other, at most `per_second`, if it is not 0."""

    def __init__(self, authorization: Authorization | None, per_second: float) -> None:
        self._authorization = authorization
        self._pause = 1 / per_second if per_second else 0.0
        self._next = 0.0  # when the next request may be sent
        self._token = ""

    def get(self, request: Request, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """The response to a request. Raises SourceError, or UnreachableError after retries."""
        response = self._send(request, headers)
        if response.status == 401 and self._token:  # it may have expired
            self._token = ""
            response = self._send(request, headers)
        _check(response, request.url)
        return response

    def _send(self, request: Request, headers: Mapping[str, str]) -> BaseHTTPResponse:
        self._wait()
        query = urlencode(dict(request.params))
        glue = "&" if urlsplit(request.url).query else "?"
        url = f"{request.url}{glue}{query}" if query else request.url
        plain = {"Accept": "application/json", "User-Agent": "medallion"}
        return _requested("GET", url, {**plain, **headers, **self._credentials()})

    def _wait(self) -> None:
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + self._pause

    def _credentials(self) -> Mapping[str, str]:
        if self._authorization is None:
            return {}
        if self._authorization.oauth2 is None:
            return self._authorization.headers()
        if not self._token:
            self._token = _token(self._authorization.oauth2)
        return {"Authorization": f"Bearer {self._token}"}


def without_query(url: str) -> str:
    """A URL for people: without user and query, which may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _token(client: OAuth2Client) -> str:
    """The access token that a server gives to a client. Raises SourceError."""
    url = without_query(client.token_url)
    form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        **basic_header(client.client_id, client.client_secret),
    }
    response = _requested("POST", client.token_url, headers, urlencode(form).encode())
    _check(response, client.token_url)
    try:
        token = json.loads(response.data)["access_token"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{url}: the server answered without an `access_token`",
            hint="check the `token_url` in `auth`",
        ) from error
    SECRETS.add(str(token))
    return str(token)


def _requested(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
) -> BaseHTTPResponse:
    from urllib3.exceptions import HTTPError

    try:
        return http_pool(urlsplit(url).hostname or "").request(
            method, url, headers=dict(headers), body=body, redirect=False
        )
    except HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise UnreachableError(
            f"{without_query(url)}: {reason}", hint="check the URL, and whether the host answers"
        ) from error


def _check(response: BaseHTTPResponse, url: str) -> None:
    """Raise the error that a status stands for."""
    if response.status == 200:
        return
    kind: type[MedallionError] = UnreachableError if response.status in TRANSIENT else SourceError
    message, hint = unexpected_status(response, url)
    raise kind(f"{without_query(url)}: {message}", hint=hint)
