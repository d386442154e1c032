"""An API of numbered records, with the ways of paging and the faults that a test asks for."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.http_servers import listening

SIZE = 2  # records of a page


class RestServer:
    """Serves `records` at `path` of `url`, as `reply` says.

    `faults` are statuses and headers that answer the next requests; `"cut"` is a page that ends in
    its middle. `wanted` is the header that a request must have; `tokens` are those given out by
    `/token`, of which only the last is valid. `requests` has the path and the query of each.
    """

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = [{"id": number} for number in range(1, 6)]
        self.url = ""
        self.path = "/orders"
        self.reply: Callable[[RestServer, dict[str, str]], Reply] = whole
        self.faults: list[tuple[int, dict[str, str]] | str] = []
        self.wanted: tuple[str, str] | None = None
        self.tokens: list[str] = []
        self.requests: list[tuple[str, str]] = []

    def slice(self, start: int) -> list[dict[str, Any]]:
        return self.records[start : start + SIZE]


Reply = tuple[Any, dict[str, str]]


def whole(server: RestServer, _: dict[str, str]) -> Reply:
    """All records in one list."""
    return server.records, {}


def numbered(server: RestServer, query: dict[str, str]) -> Reply:
    """Pages by number."""
    return server.slice((int(query["page"]) - 1) * SIZE), {}


def offset(server: RestServer, query: dict[str, str]) -> Reply:
    """Pages by the number of records before them."""
    rows = server.slice(int(query["skip"]))
    return {"data": {"items": rows}, "meta": {"total": len(server.records)}}, {}


def cursor(server: RestServer, query: dict[str, str]) -> Reply:
    """Pages after a record."""
    start = int(query.get("after", 0))
    more = start + SIZE < len(server.records)
    return {"data": server.slice(start), "meta": {"after": start + SIZE if more else None}}, {}


def since(
    server: RestServer, query: dict[str, str], *, field: str = "changed", exclusive: bool = False
) -> Reply:
    """Pages of the records whose field is a number or larger, or only larger."""
    first = float(query.get("since", "-inf"))
    rows = [row for row in server.records if row[field] >= first]
    if exclusive:
        rows = [row for row in rows if row[field] != first]
    start = int(query.get("after", 0))
    more = start + SIZE < len(rows)
    return {"data": rows[start : start + SIZE], "next": start + SIZE if more else None}, {}


def linked(server: RestServer, query: dict[str, str]) -> Reply:
    """Pages that name the next one, in the body and in a header `Link`."""
    start = int(query.get("start", 0))
    if start + SIZE >= len(server.records):
        return {"data": server.slice(start), "links": {}}, {}
    url = f"{server.path}?start={start + SIZE}"
    link = f'<{server.path}?start=0>; rel="first", <{server.url}{url}>; rel="next last"'
    return {"data": server.slice(start), "links": {"next": url}}, {"Link": link}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: RestServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        pair = b64encode(b"client:s3cret-of-client").decode()
        if self.headers["Authorization"] != f"Basic {pair}":
            self._end(401, {}, b"")
            return
        self.state.tokens.append(f"token-number-{len(self.state.tokens)}")
        self.state.wanted = ("Authorization", f"Bearer {self.state.tokens[-1]}")
        self._end(200, {}, json.dumps({"access_token": self.state.tokens[-1]}).encode())

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.state.requests.append((parts.path, parts.query))
        fault = self.state.faults.pop(0) if self.state.faults else None
        wanted = self.state.wanted
        if isinstance(fault, tuple):
            self._end(*fault, b"")
        elif wanted and self.headers[wanted[0]] != wanted[1]:
            self._end(401, {}, b"")
        elif parts.path != self.state.path:
            self._end(404, {}, b"")
        else:
            reply, headers = self.state.reply(self.state, dict(parse_qsl(parts.query)))
            body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self._end(200, headers, body, len(body) // 2 if fault else len(body))

    def _end(
        self, status: int, headers: dict[str, str], body: bytes, sent: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:sent])
        self.close_connection = sent is not None and sent < len(body)


@contextmanager
def serving_records() -> Iterator[RestServer]:
    """A server on a free port of this machine."""
    state = RestServer()
    with listening(type("Handler", (_Handler,), {"state": state})) as state.url:
        yield state
