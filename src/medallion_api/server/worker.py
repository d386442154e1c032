"""gunicorn's ASGI worker with timeouts of connections and a graceful shutdown.

gunicorn's own worker has no timeout for a first request, nor for a client that reads nothing. On
shutdown it closes connections whose last response announced keep-alive, so that the next request
on them is lost.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from collections.abc import Sequence
from typing import Any

import falcon
from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from medallion_api.middleware.exchange import SAFE
from medallion_api.problems import MEDIA, body, problem_of

HEAD_SECONDS = 10  # for the first request of a connection, with all its headers
WRITE_SECONDS = 30  # for a client to read what is buffered, about 64 kB

_FULL = "too many connections"


class Protocol(ASGIProtocol):  # type: ignore[misc]
    """One connection."""

    def __init__(self, worker: Any) -> None:
        super().__init__(_Drained(worker, self))
        # Whether the response in progress announces that the connection closes after it.
        self.announced: bool | None = None
        self._timers: dict[str, TimerHandle] = {}

    def connection_made(self, transport: Transport) -> None:
        """Refuse a connection beyond the worker's limit; otherwise start its timeout."""
        super().connection_made(transport)
        if self.worker.nr_conns > self.worker.worker_connections:
            self._send_error_response(503, _FULL, [("Retry-After", "5")])
            self._end()
        else:
            self._arm("head", HEAD_SECONDS, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers.values():
            timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads too slowly: start its timeout."""
        super().pause_writing()
        self._arm("write", WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._timers.pop("write").cancel()
        super().resume_writing()

    def _on_headers_complete(self) -> Any:
        self.announced = None
        if head := self._timers.pop("head", None):
            head.cancel()
        return super()._on_headers_complete()

    def _is_websocket_upgrade(self, request: Any) -> bool:
        """Serve a WebSocket handshake as a plain request: RFC 9110 §7.8 allows that."""
        return False

    def _send_response_start(
        self, status: int, headers: Any, request: Any, close: bool = False
    ) -> None:
        self.announced = close
        super()._send_response_start(status, headers, request, close)

    def _send_error_response(
        self, status: int, message: str, extra_headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Respond with a problem to a request that does not reach the application."""
        content = body(problem_of(status, message, ""))
        head = [
            f"HTTP/1.1 {falcon.code_to_http_status(status)}",
            f"Content-Type: {MEDIA}",
            f"Content-Length: {len(content)}",
            "Cache-Control: no-store",
            *(f"{name}: {value}" for name, value in (*SAFE, *extra_headers)),
            "Connection: close",
        ]
        self._safe_write("\r\n".join([*head, "", ""]).encode("latin-1") + content)

    def _close_transport(self) -> None:
        """Close once the client has read what was sent, or at its timeout."""
        if self.transport and not self._closed:
            self._arm("close", WRITE_SECONDS, self.transport.abort)
        super()._close_transport()

    def _arm(self, name: str, seconds: float, work: Any) -> None:
        if former := self._timers.pop(name, None):
            former.cancel()
        self._timers[name] = self.worker.loop.call_later(seconds, work)

    def _end(self) -> None:
        self._close_transport()
        self._request_ready.set()


class _Drained:
    """The worker as a connection sees it: alive while its last response announced keep-alive."""

    def __init__(self, worker: Any, protocol: Protocol) -> None:
        self.__dict__.update(_worker=worker, _protocol=protocol)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._worker, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._worker, name, value)

    @property
    def alive(self) -> bool:
        announced = self._protocol.announced
        return self._worker.alive if announced is None else not announced


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]
    """The worker that `gunicorn_conf` names."""


gasgi.ASGIProtocol = Protocol  # the worker has no setting for its protocol
