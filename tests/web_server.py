"""A web server of a folder, with the faults that a test asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.http_servers import listening

Fault = tuple[int, dict[str, str]] | str
"""A status and headers to answer with, or `"cut"`: half of the file."""


class WebServer:
    """Serves the files of a folder at `url`.

    `faults` are the answers to the next requests of a path, before it is served; `requests` counts
    (method, path), and `queries` has those that were sent; `headers` has those of the last request. With `versions` False, no response says
    which version of a file it has; without `heads`, there are no HEAD requests.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.faults: dict[str, list[Fault]] = {}
        self.requests: Counter[tuple[str, str]] = Counter()
        self.headers: dict[str, str] = {}
        self.queries: set[str] = set()
        self.versions = self.heads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: WebServer

    def do_HEAD(self) -> None:
        if self.state.heads:
            self._answer(body=False)
        else:
            self._end(501, {})

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path, _, query = self.path.partition("?")
        self.state.queries.add(query)
        self.state.requests[self.command, path] += 1
        self.state.headers = dict(self.headers)
        faults = self.state.faults.get(path) if body else None
        fault = faults.pop(0) if faults else None
        file = self.state.folder / path.strip("/")
        if isinstance(fault, tuple):
            self._end(*fault)
        elif not file.is_file():
            self._end(404, {})
        else:
            data = file.read_bytes()
            tag = {"ETag": f'"{sha256(data).hexdigest()}"'} if self.state.versions else {}
            sent = data[: len(data) // 2] if fault else data
            self._end(200, tag, len(data), sent if body else b"")

    def _end(
        self, status: int, headers: dict[str, str], length: int = 0, body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = 0 < len(body) < length


@contextmanager
def serving_files(folder: Path) -> Iterator[WebServer]:
    """A server on a free port of this machine."""
    state = WebServer(folder)
    handler = type("Handler", (_Handler,), {"state": state})
    with listening(handler) as state.url:
        yield state
