"""A Store that reads another machine's API, so that a dashboard or a script there reads as if it were here."""

from __future__ import annotations

import json
import os
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from medallion.contracts import Filter, Page, Query, Sort, Store
from medallion.contracts.store import Failure
from medallion.errors import CallError, SinkError
from medallion.query.aggregation import grouping
from medallion.query.column_types import Kind
from medallion.query.cursor import read_cursor
from medallion.query.validation import key_values, served_table, validate_query
from medallion.records import Release, Served
from medallion.secrets import SECRETS, unclear_credentials
from medallion_api.resources.parameters import ALL

_BATCH = 1000
_MEDIA = "application/json"
_LINES = "application/x-ndjson"

Params = dict[str, str]

_STRICTER: Mapping[str, Callable[[Any, Any], Any]] = {"lt": min, "lte": min, "gt": max, "gte": max}


class HttpStore(Store):
    """Reads the release that the API at `url` serves.

        store = HttpStore("http://localhost:8000", key="…")
        store.find("clients_stats", Query(sort=(Sort("total_spent", descending=True),), limit=10)).rows

    Parameters: `key` is an API key, where one is needed; `seconds` an answer may take. Queries are checked
    here, so that a wrong one raises CallError at once; an API that is away raises SinkError. Connections are
    kept, one a thread and process. The API must serve `/tables`, as it does by default.
    """

    def __init__(self, url: str, *, key: str = "", seconds: float = 30.0) -> None:
        SECRETS.add(key)
        SECRETS.add_url(url)
        if unclear_credentials(url):
            raise CallError(
                "the URL of the API has a user or password with characters of a URL",
                hint="give `key`",
            )
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise CallError(
                f"{url!r} is no address of an API", hint="write it like http://localhost:8000"
            )
        self._url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._base = parts.path.rstrip("/")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place = parts.netloc.rpartition("@")[2]
        self._headers = {"X-API-Key": key} if key else {}
        self._seconds = seconds
        self._local = threading.local()
        self._known: tuple[str, Release] | None = None
        self._most = 0

    def release(self) -> Release:
        tag = {"If-None-Match": self._known[0]} if self._known else {}
        answer = self._ask("/releases/current", {}, tag)
        if answer.status == 304 and self._known:
            answer.read()
            return self._known[1]
        body = self._read(answer, json.loads)
        release = Release.model_validate(body)
        self._known = (answer.headers["ETag"], release)
        return release

    def find(self, table: str, query: Query) -> Page:
        place = read_cursor(query.cursor) if query.cursor else None
        served = self._served(table)
        checked = validate_query(served, query, place)
        params = {
            **_filters(checked.filters),
            **_sort(query.sort),
            "fields": _items(checked.fields),
        }
        rows: list[dict[str, Any]] = []
        cursor, release = query.cursor, ""
        while True:
            part = {**params, "limit": str(min(query.limit - len(rows), self._largest()))}
            body = self._json(
                f"/tables/{quote(table)}", {**part, **({"cursor": cursor} if cursor else {})}
            )
            cursor, release = body["cursor"], body["release"]
            rows += [_restored(checked.kinds, row) for row in body["rows"]]
            if cursor is None or len(rows) >= query.limit:
                return Page(rows, release, cursor)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        served = self._served(table)
        pairs = zip(served.key, key_values(served, key), strict=True)
        filters = tuple(Filter(name, "eq", value) for name, value in pairs)
        rows = self.find(table, Query(filters=filters, limit=1)).rows
        return rows[0] if rows else None

    def count(self, table: str, query: Query) -> int:
        checked = validate_query(self._served(table), query)
        params = {**_filters(checked.filters), "limit": "1", "count": "exact"}
        return int(self._json(f"/tables/{quote(table)}", params)["count"])

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        asked = grouping(self._served(table), by, metrics, query)
        params = {
            **_filters(asked.filters),
            **_sort(query.sort),
            "limit": str(min(query.limit, self._largest())),
        }
        if by:
            params["by"] = _items(by)
        if metrics:
            params["metrics"] = _items([f"{name}:{text}" for name, text in metrics.items()])
        rows = self._json(f"/groups/{quote(table)}", params)["rows"]
        return [_restored(asked.kinds, row) for row in rows]

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in batches; `limit` and `cursor` of the query are not used."""
        checked = validate_query(
            self._served(table), Query(query.filters, query.sort, query.fields)
        )
        params = {
            **_filters(checked.filters),
            **_sort(query.sort),
            "fields": _items(checked.fields),
            "limit": ALL,
        }
        with closing(self._connection()) as connection:
            answer = self._ask(f"/tables/{quote(table)}", params, {"Accept": _LINES}, connection)
            if answer.status != 200:
                self._read(answer, json.loads)
            rows: list[dict[str, Any]] = []
            for line in self._lines(answer):
                rows.append(_restored(checked.kinds, json.loads(line, parse_float=Decimal)))
                if len(rows) == _BATCH:
                    yield rows
                    rows = []
            if rows:
                yield rows

    def failure(self) -> Failure | None:
        try:
            run = self._json("/runs/latest", {})
        except CallError:  # nothing was run yet
            return None
        if run["since"] is None:
            return None
        return Failure(run["failed_run"], run["reason"], datetime.fromisoformat(run["since"]))

    def close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None and self._local.process == os.getpid():
            connection.close()
        self._local = threading.local()

    def _served(self, table: str) -> Served:
        release = self.release()
        return served_table(
            next((tables for tables in release.served.values() if tables), {}), table
        )

    def _largest(self) -> int:
        if not self._most:
            self._most = int(self._json("/", {})["most"])
        return self._most

    def _connection(self) -> HTTPConnection:
        return self._kind(self._place, timeout=self._seconds)

    def _json(self, path: str, params: Params) -> Any:
        return self._read(
            self._ask(path, params, {}), lambda text: json.loads(text, parse_float=Decimal)
        )

    def _ask(
        self,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        connection: HTTPConnection | None = None,
    ) -> HTTPResponse:
        """Send a request; on the kept connection once more when the server had closed it meanwhile."""
        target = f"{self._base}{path}" + (f"?{urlencode(params)}" if params else "")
        sent = {"Accept": _MEDIA, **self._headers, **headers}
        kept = connection is None and getattr(self._local, "process", None) == os.getpid()
        try:
            try:
                return self._send(connection or self._kept(), target, sent)
            except (HTTPException, ConnectionError):
                if not kept:
                    raise
                self._local.connection.close()
                return self._send(self._kept(), target, sent)
        except (HTTPException, OSError) as error:
            self.close()
            raise SinkError(
                f"{self._url}: {error or type(error).__name__}", hint="see that the API runs"
            ) from error

    def _kept(self) -> HTTPConnection:
        if getattr(self._local, "process", None) != os.getpid():
            self._local.connection = self._connection()
            self._local.process = os.getpid()
        connection: HTTPConnection = self._local.connection
        return connection

    @staticmethod
    def _send(connection: HTTPConnection, target: str, headers: Mapping[str, str]) -> HTTPResponse:
        connection.request("GET", target, headers=dict(headers))
        return connection.getresponse()

    def _read(self, answer: HTTPResponse, parse: Callable[[bytes], Any]) -> Any:
        """The body of an answer. Raises what the problem it holds means."""
        try:
            body = answer.read()
        except (HTTPException, OSError) as error:
            self.close()
            raise SinkError(f"{self._url}: the answer broke off: {error}") from error
        if answer.status == 200:
            return parse(body)
        try:
            told = str(json.loads(body)["detail"]) or answer.reason
        except (ValueError, KeyError, TypeError):
            told = answer.reason
        if answer.status in (400, 404, 410, 414):
            raise CallError(told)
        raise SinkError(f"{self._url}: {told} ({answer.status})")

    def _lines(self, answer: HTTPResponse) -> Iterator[bytes]:
        """The lines of a streamed answer. Raises SinkError when it breaks off."""
        try:
            rest = b""
            while part := answer.read1(65536):
                *lines, rest = (rest + part).split(b"\n")
                yield from lines
            if rest:
                raise HTTPException("the last line is not whole")
        except (HTTPException, OSError, ValueError) as error:
            raise SinkError(f"{self._url}: the answer broke off: {error}") from error


def _filters(filters: Sequence[Filter]) -> Params:
    values: dict[tuple[str, str], Any] = {}
    for one in filters:
        name, value = (one.field, one.operator), one.value
        stricter = _STRICTER.get(one.operator)
        if name in values and not stricter:
            raise CallError(
                f"two conditions {one.operator!r} on {one.field!r} cannot be asked over HTTP"
            )
        values[name] = stricter(values[name], value) if name in values and stricter else value
    return {
        f"{field}__{operator}": _items(value) if operator == "in" else _text(value)
        for (field, operator), value in values.items()
    }


def _sort(sorts: Sequence[Sort]) -> Params:
    return {"sort": _items(["-" * sort.descending + sort.field for sort in sorts])} if sorts else {}


def _items(values: Sequence[Any]) -> str:
    texts = [_text(value) for value in values]
    return ",".join(
        '"' + text.replace('"', '""') + '"' if not text or set(text) & set(',"') else text
        for text in texts
    )


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
    return str(value)


def _restored(kinds: Mapping[str, Kind], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: kinds[name].walk(value, _revive) for name, value in row.items()}


def _revive(kind: Kind, value: Any) -> Any:
    match kind.name:
        case "decimal":
            return value if isinstance(value, Decimal) else Decimal(value)
        case "float":
            return float(value)
        case "timestamp":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case "bytes":
            return b64decode(value)
    return value
