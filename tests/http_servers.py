"""HTTP servers of tests, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on a free port of this machine, which logs nothing; its URL."""
    # A body would wait for the acknowledgement of its headers, up to 40 ms.
    settings = {"log_message": lambda *_: None, "disable_nagle_algorithm": True}
    quiet = type("Quiet", (handler,), settings)
    with ThreadingHTTPServer(("127.0.0.1", 0), quiet) as server, _running(server) as url:
        yield url


@contextmanager
def serving(app: WSGIApplication) -> Iterator[str]:
    """The URL of a WSGI application."""
    quiet = type("QuietApplication", (WSGIRequestHandler,), {"log_message": lambda *_: None})
    with make_server("127.0.0.1", 0, app, handler_class=quiet) as server, _running(server) as url:
        yield url


@contextmanager
def _running(server: HTTPServer) -> Iterator[str]:
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
