"""Files on web servers: `https://HOST/PATH`, downloaded whole; transient errors are retried."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

from medallion.errors import MissingError, StorageError
from medallion.storage import Entry, require_packages
from medallion.storage.download_cache import copies
from medallion.storage.http_pool import respond, save, whole
from medallion.storage.source_storage import SourceStorage, url_parts

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from urllib3 import BaseHTTPResponse

_MISSING = (404, 410)
_NO_HEAD = (400, 403, 405, 501)  # answers of servers that know of no HEAD requests
_HINTS = {
    401: "write a user and a password before the host of the URL, as ${VARIABLES}",
    403: "ask for the permission to read it, or for the user that has it",
}


class HttpStorage(SourceStorage):
    """Files below a URL. A web server lists no files: each is named.

    Parameters: `url` may have a user and a password, and a query, which each request has. Raises
    PluginError when the extra `http` is not installed.
    """

    lists = False

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        require_packages(url, "http", "urllib3")
        parts = url_parts(url)
        host = parts.netloc.rpartition("@")[2]
        self._user = unquote(parts.username or ""), unquote(parts.password or "")
        self.url = f"{parts.scheme}://{host}{parts.path}".rstrip("/")
        self._query = f"?{parts.query}" if parts.query else ""

    def local(self, path: str) -> Path:
        copy = copies().path(*self._version(self.known(path)))
        if copies().use(copy):
            return copy
        return whole(lambda: self._download(path), f"{self.url}/{path}")

    def info(self, path: str) -> Entry | None:
        response = self._request("HEAD", path)
        if response.status in _NO_HEAD:
            response = self._request("GET", path)
            response.close()
        if response.status in _MISSING:
            return None
        self._check(response, path)
        return _entry(path, response.headers)

    def list(self, folder: str) -> list[Entry]:
        raise StorageError(
            f"{self.url}/{folder}: a web server lists no files", hint="name a file in `source`"
        )

    def _version(self, entry: Entry) -> tuple[str, str]:
        """The URL and the version of a file, by which copies are known."""
        return f"{self.url}/{entry.path}", f"{entry.token}{self._query}"

    def _download(self, path: str) -> Path:
        response = self._request("GET", path)
        try:
            if response.status in _MISSING:
                raise MissingError(f"{self.url}/{path}: no such file")
            self._check(response, path)
            version = self._version(_entry(path, response.headers))
            return copies().get(*version, partial(save, response))
        finally:
            response.close()

    def _request(self, method: str, path: str) -> BaseHTTPResponse:
        """The response to a request, of which only the headers are read."""
        from urllib3 import make_headers

        headers = {"Accept-Encoding": "identity", "User-Agent": "medallion"}
        if any(self._user):
            headers |= make_headers(basic_auth=":".join(self._user))
        place = f"{self.url}/{path}"
        response = respond(method, f"{place}{self._query}", headers, place)
        if method == "HEAD":
            response.drain_conn()  # the connection is used again
        return response

    def _check(self, response: BaseHTTPResponse, path: str) -> None:
        if response.status >= 400:
            reason = f"{response.status} {response.reason or ''}".strip()
            raise StorageError(
                f"{self.url}/{path}: the server answered {reason}",
                hint=_HINTS.get(response.status, "try the URL in a browser"),
            )


def _entry(path: str, headers: MutableMapping[str, str]) -> Entry:
    """What the headers of a response say; without a version, the file is read at each run."""
    size, tag, date = (
        headers.get(name, "") for name in ("Content-Length", "ETag", "Last-Modified")
    )
    modified = 0.0
    if date:
        try:
            modified = parsedate_to_datetime(date).timestamp()
        except ValueError:
            date = ""
    strong = tag and not tag.startswith("W/")
    token = tag if strong else f"{date} {size}" if date and size else uuid4().hex
    return Entry(path, int(size) if size.isdecimal() else 0, token, modified, modified)
