"""Connections of a worker: problems before the application, timeouts, and a graceful end."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.workers import gasgi

from medallion_api.server import worker as module
from medallion_api.server.worker import Protocol
from tests.coroutines import run_coroutine


class Recorder(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 7), "sockname": ("127.0.0.1", 8000)})
        self.sent = b""
        self.is_closed = False
        self.is_aborted = False

    def can_write_eof(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_aborted = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def application(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def on_connection(
    steps: Callable[[Protocol, Recorder], Any], connections: int = 0
) -> tuple[Recorder, Any]:
    """What happens on a new connection of a worker that has some and may have two."""

    async def main() -> tuple[Recorder, Any]:
        log: Any = logging.getLogger(__name__)
        log.access_log_enabled = False
        worker = SimpleNamespace(
            cfg=Config(),
            log=log,
            asgi=application,
            loop=asyncio.get_running_loop(),
            nr_conns=connections,
            nr=0,
            max_requests=1000,
            worker_connections=2,
            alive=True,
            state={},
        )
        protocol, transport = Protocol(worker), Recorder()
        protocol.connection_made(transport)
        outcome = steps(protocol, transport)
        if asyncio.iscoroutine(outcome):
            outcome = await outcome
        protocol.connection_lost(None)
        await asyncio.sleep(0)
        return transport, outcome

    return run_coroutine(main())


def test_gunicorn_uses_our_protocol() -> None:
    assert gasgi.ASGIProtocol is Protocol


def test_a_connection_beyond_the_limit_gets_a_problem_and_is_closed() -> None:
    transport, _ = on_connection(lambda *_: None, connections=2)
    head, _, body = transport.sent.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert {"Retry-After: 5", "Connection: close", "Cache-Control: no-store"} <= set(lines)
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["detail"] == "too many connections"
    assert transport.is_closed


def test_a_connection_within_the_limit_is_open() -> None:
    transport, _ = on_connection(lambda *_: None, connections=1)
    assert (transport.sent, transport.is_closed) == (b"", False)


async def respond(protocol: Protocol, transport: Recorder, request: bytes) -> None:
    protocol.data_received(request)
    while b"\r\n\r\nok" not in transport.sent:
        await asyncio.sleep(0)
        assert not transport.is_closed or transport.sent


@pytest.mark.parametrize(("header", "closes"), [(b"", False), (b"Connection: close\r\n", True)])
def test_a_worker_that_ends_stays_as_its_last_response_announced(
    header: bytes, closes: bool
) -> None:
    async def steps(protocol: Protocol, transport: Recorder) -> tuple[bool, bool]:
        before = protocol.worker.alive
        await respond(protocol, transport, b"GET / HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n")
        protocol.worker.alive = False
        return before, protocol.worker.alive

    transport, (before, after) = on_connection(steps)
    assert transport.sent.startswith(b"HTTP/1.1 200 OK")
    assert (before, after) == (True, not closes)


def test_a_handshake_of_a_websocket_is_a_plain_request() -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    async def steps(protocol: Protocol, transport: Recorder) -> None:
        await respond(protocol, transport, b"GET / HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n")

    transport, _ = on_connection(steps)
    assert transport.sent.startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_sends_no_request_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.001)

    async def steps(_: Protocol, transport: Recorder) -> None:
        while not transport.is_closed:
            await asyncio.sleep(0.001)

    transport, _ = on_connection(steps)
    assert transport.sent == b""


def test_a_client_that_reads_nothing_is_disconnected_and_one_that_reads_again_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WRITE_SECONDS", 0.001)

    async def steps(protocol: Protocol, transport: Recorder) -> bool:
        protocol.pause_writing()
        protocol.resume_writing()
        await asyncio.sleep(0.05)
        is_kept = not transport.is_aborted
        protocol.pause_writing()
        while not transport.is_aborted:
            await asyncio.sleep(0.001)
        return is_kept

    _, is_kept = on_connection(steps)
    assert is_kept
