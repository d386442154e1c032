"""Runs a WSGI application in threads for an event loop: requests without bodies only."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from functools import partial
from typing import Any

from medallion_api.cache.response_cache import raw
from medallion_api.middleware.thread_pool import Threads

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]

# In the environment of a request that was answered on behalf of the application.
ANSWERED = "medallion_api.answered"


class LateError(Exception):
    """The application did not begin its response in time."""


class WsgiResponse:
    """The application's response: status, headers, and its body part by part."""

    def __init__(self, app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        self.status = 500
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self._body = app(environ, self._start)
        self._parts: Iterator[bytes] = iter(self._body)
        self.part = next(self._parts, b"")
        self.streams = self.more = not isinstance(self._body, list)

    def next(self) -> bytes | None:
        return next(self._parts, None)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close:
            close()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        self.status = int(status[:3])
        self.headers = raw(headers)


class Bridge:
    """Runs `app` in `threads`; it has `seconds` to begin its response."""

    def __init__(
        self, app: Callable[..., Iterable[bytes]], threads: Threads, seconds: float
    ) -> None:
        self._app = app
        self._threads = threads
        self._seconds = seconds

    async def run(self, environ: dict[str, Any], send: Send) -> None:
        """Send the application's response. Raises LateError when it does not begin in time."""
        try:
            answer: WsgiResponse = await self._threads.run(
                partial(WsgiResponse, self._app, environ), self._seconds
            )
        except TimeoutError:
            environ[ANSWERED] = True
            raise LateError from None
        try:
            await send(
                {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
            )
            await send(
                {"type": "http.response.body", "body": answer.part, "more_body": answer.more}
            )
            while answer.more:
                part = await self._threads.run(answer.next)
                answer.more = part is not None
                await send(
                    {"type": "http.response.body", "body": part or b"", "more_body": answer.more}
                )
        finally:
            if answer.streams:
                await asyncio.shield(self._threads.run(answer.close))


def environ_of(scope: Scope) -> dict[str, Any]:
    """The WSGI environment of an ASGI request."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in (
            "CONTENT_LENGTH",
            "CONTENT_TYPE",
            "TRANSFER_ENCODING",
        ):  # no request has a body that counts
            environ[f"HTTP_{key}"] = value.decode("latin-1")
    return environ
