"""The ASGI application: serves cached responses on the event loop, all else in threads.

Every response is the one that the WSGI application would send. Concurrent requests that need the
active release share one query of the store, which began after each of them arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from time import perf_counter
from typing import Any

import falcon

from medallion.errors import MedallionError
from medallion.records import Release
from medallion.secrets import masked_logger
from medallion_api.app import Assembly, unloaded_app
from medallion_api.cache.release_reader import ElsewhereError
from medallion_api.cache.response_cache import Reply, matches
from medallion_api.middleware.access import Gate
from medallion_api.middleware.exchange import OPEN, Exchange
from medallion_api.middleware.metrics import Metrics
from medallion_api.middleware.request_spans import CARRIER
from medallion_api.middleware.thread_pool import Threads
from medallion_api.middleware.wsgi_bridge import Bridge, LateError, WsgiResponse, environ_of
from medallion_api.problems import FAULT, LATE, MEDIA, RETRY_AFTER, body, problem_of

THREADS = 8
GRACE = 0.5  # seconds beyond `query_timeout`, so that the store ends the query itself

_READ = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"if-none-match",
        b"x-api-key",
        b"authorization",
        b"x-request-id",
        b"origin",
        b"traceparent",
        b"tracestate",
    )
)

_log = masked_logger("medallion_api")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ActiveRelease:
    """The active release: `read` queries the store in `threads`, with a timeout of `seconds`."""

    def __init__(self, read: Callable[[], Release], threads: Threads, seconds: float) -> None:
        self._read = read
        self._threads = threads
        self._seconds = seconds
        self._waiting: list[asyncio.Future[Release | None]] = []
        self._task: asyncio.Task[None] | None = None

    async def release(self) -> Release | None:
        """The active release, by a query that begins after this call; None when it fails."""
        reply: asyncio.Future[Release | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(reply)
        if self._task is None:
            self._task = asyncio.create_task(self._serve())
        return await reply

    async def _serve(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            release: Release | None = None
            try:
                release = await self._threads.run(self._read, self._seconds)
            except Exception as error:  # the application gets the same error, and reports it
                _log.debug("the active release cannot be read: %s", error)
            for reply in waiting:
                if not reply.done():
                    reply.set_result(release)
        self._task = None


class Front:
    """The API as an ASGI application; `make` composes it at the first request of the process."""

    def __init__(self, make: Callable[[], Assembly]) -> None:
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._refuse_websocket(scope, receive, send)
        else:
            await self._answer(scope, _Sending(send))

    async def _answer(self, scope: Scope, send: _Sending) -> None:
        """Respond to a request, with a problem unless a response has begun."""
        started = perf_counter()
        exchange = self._bare
        try:
            try:
                exchange = self._parts.exchange
            except MedallionError as error:
                _log.error("%s", error)
                await self._unloaded.run(environ_of(scope), send)
                return
            if not await self._answered(scope, send):
                await self._bridge.run(environ_of(scope), send)
        except LateError:
            await _problem(exchange, scope, send, 503, LATE, started)
        except Exception as error:
            if send.started:
                raise
            _log.error("%s %s", scope["method"], scope["path"], exc_info=error)
            await _problem(exchange, scope, send, 500, FAULT, started)

    async def _refuse_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse and log a handshake: the server sends 403, as it is closed before accepted."""
        started = perf_counter()
        await receive()
        await send({"type": "websocket.close"})
        exchange, given = self._bare, _headers_of(scope)
        ident, who = exchange.ident(given.get(b"x-request-id")), _address(scope)
        query, seconds = scope["query_string"], perf_counter() - started
        exchange.done(
            "GET", scope["path"], query, "", 403, seconds, _carrier(scope, given), id=ident, who=who
        )

    @cached_property
    def _bare(self) -> Exchange:
        """The exchange of an API whose declaration cannot be loaded."""
        return Exchange(Gate({}, None, ""), Metrics(), ())

    @cached_property
    def _parts(self) -> Assembly:
        assembly = self._make()
        assembly.reading.never_wait_here()
        return assembly

    @cached_property
    def _bridge(self) -> Bridge:
        return Bridge(
            self._parts.app, Threads(THREADS, "api"), self._parts.api.query_timeout + GRACE
        )

    @cached_property
    def _unloaded(self) -> Bridge:
        return Bridge(unloaded_app(), Threads(1, "unloaded"), GRACE)

    @cached_property
    def _pointer(self) -> ActiveRelease:
        return ActiveRelease(
            self._parts.reading.release, Threads(1, "pointer"), self._parts.api.query_timeout
        )

    async def _answered(self, scope: Scope, send: Send) -> bool:
        """Whether the request was answered on the event loop, from a cache."""
        started, parts = perf_counter(), self._parts
        if (
            scope["method"] not in ("GET", "HEAD")
            or scope["path"] in OPEN
            or parts.exchange.gate.remote
        ):
            return False
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        given = _headers_of(scope)
        place, accept = f"{scope.get('root_path', '')}{path}", given.get(b"accept", "*/*")
        reply = parts.replies.get((place, query, accept, given.get(b"accept-encoding", "")))
        table = None if reply else parts.table_of(path)
        if not reply and not table:
            return False
        release = parts.reading.known() or await self._pointer.release()
        if release is None:
            return False
        if reply is None or not reply.answers(release.id, given.get(b"if-none-match")):
            table = table or parts.table_of(path)
            if table is None or not parts.reading.holds(release, table):
                return False
            return await self._made(scope, send)
        try:
            who = parts.exchange.gate.admit(
                given.get(b"x-api-key"),
                given.get(b"authorization"),
                _address(scope),
            )
        except falcon.HTTPError:
            return False
        same = matches(given.get(b"if-none-match"), reply.tag)
        await self._send(scope, send, given, reply, same=same, started=started, who=who)
        return True

    async def _made(self, scope: Scope, send: Send) -> bool:
        """Run the application on the event loop; in a thread when it would block."""
        environ = environ_of(scope)
        try:
            answer = WsgiResponse(self._parts.app, environ)
        except ElsewhereError:
            await self._bridge.run(environ, send)
            return True
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.part})
        return True

    async def _send(
        self,
        scope: Scope,
        send: Send,
        given: dict[bytes, str],
        reply: Reply,
        *,
        same: bool,
        started: float,
        who: str,
    ) -> None:
        exchange = self._parts.exchange
        ident = exchange.ident(given.get(b"x-request-id"))
        constant = reply.raw_unmodified if same else reply.raw
        headers = [*constant, *exchange.raw_headers(ident, given.get(b"origin"))]
        status, method = (304 if same else 200), scope["method"]
        seconds = perf_counter() - started
        headers.append((b"server-timing", b"kept, total;dur=%.2f" % (seconds * 1000)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        content = b"" if same or method == "HEAD" else reply.body
        await send({"type": "http.response.body", "body": content or b""})
        exchange.done(
            method,
            scope["path"],
            scope["query_string"],
            reply.endpoint,
            status,
            seconds,
            _carrier(scope, given),
            id=ident,
            who=who,
        )


async def _problem(
    exchange: Exchange, scope: Scope, send: Send, status: int, detail: str, started: float
) -> None:
    given = _headers_of(scope)
    ident = exchange.ident(given.get(b"x-request-id"))
    headers = [
        (b"content-type", MEDIA.encode()),
        (b"cache-control", b"no-store"),
        *([(b"retry-after", RETRY_AFTER.encode())] if status == 503 else []),
        *exchange.raw_headers(ident, given.get(b"origin")),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    content = body(problem_of(status, detail, ident))
    content = b"" if scope["method"] == "HEAD" else content
    await send({"type": "http.response.body", "body": content})
    seconds, who, query = perf_counter() - started, _address(scope), scope["query_string"]
    method, path, carrier = scope["method"], scope["path"], _carrier(scope, given)
    exchange.done(method, path, query, "", status, seconds, carrier, id=ident, who=who)


class _Sending:
    """Sends messages, and records whether a response has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        self.started = True
        await self._send(message)


def _address(scope: Scope) -> str:
    """The client's address; empty when the server does not know it."""
    return str((scope.get("client") or ("",))[0])


def _headers_of(scope: Scope) -> dict[bytes, str]:
    """The headers of a request that this module reads."""
    return {name: value.decode("latin-1") for name, value in scope["headers"] if name in _READ}


def _carrier(scope: Scope, given: dict[bytes, str]) -> dict[str, str]:
    """The scheme of a request, and the headers that name the client's span."""
    headers = {name: given[key] for name in CARRIER if (key := name.encode()) in given}
    return {"scheme": scope.get("scheme", "http"), **headers}


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
