"""A WSGI application run for an event loop: its parts as they come, errors, and a time limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import pytest

from medallion_api.middleware.thread_pool import Threads
from medallion_api.middleware.wsgi_bridge import ANSWERED, Bridge, LateError, environ_of
from tests.coroutines import run_coroutine

Sent: TypeAlias = list[dict[str, Any]]


def scope(path: str = "/", **more: Any) -> dict[str, Any]:
    plain = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "query_string": b"",
        "headers": [(b"x-a", b"1")],
    }
    return {**plain, "path": path, **more}


def run(app: Callable[..., Iterable[bytes]]) -> Sent:
    sent: Sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    run_coroutine(Bridge(app, Threads(2, "test"), 5).run(environ_of(scope(path="/é")), send))
    return sent


def test_parts_are_sent_as_they_come_and_the_stream_is_closed() -> None:
    steps: list[str] = []

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"
        assert environ["HTTP_X_A"] == "1"
        start("200 OK", [("X-B", "2")])
        try:
            for number in range(3):
                steps.append(f"made {number}")
                yield b"%d" % number
        finally:
            steps.append("closed")

    sent = run(app)
    assert (sent[0]["status"], sent[0]["headers"]) == (200, ((b"x-b", b"2"),))
    assert [message["body"] for message in sent[1:]] == [b"0", b"1", b"2", b""]
    assert [message["more_body"] for message in sent[1:]] == [True, True, True, False]
    assert steps == ["made 0", "made 1", "made 2", "closed"]


def test_a_stream_that_breaks_is_never_ended_as_if_it_were_whole() -> None:
    def app(_: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"part"
        raise ZeroDivisionError

    sent: Sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(ZeroDivisionError):
        run_coroutine(Bridge(app, Threads(2, "test"), 5).run(environ_of(scope()), send))
    assert sent[-1] == {"type": "http.response.body", "body": b"part", "more_body": True}


def test_a_list_is_one_message_and_no_stream() -> None:
    def app(_: Any, start: Any) -> Iterable[bytes]:
        start("304 Not Modified", [])
        return [b""]

    assert run(app) == [
        {"type": "http.response.start", "status": 304, "headers": ()},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]


def test_a_response_that_does_not_begin_in_time_is_late_and_marked() -> None:
    begins = threading.Event()

    def app(_: Any, start: Any) -> Iterable[bytes]:
        begins.wait(120)
        start("200 OK", [])
        return [b"late"]

    async def send(message: Any) -> None:
        raise AssertionError(message)

    environ = environ_of(scope())
    with pytest.raises(LateError):
        run_coroutine(Bridge(app, Threads(1, "test"), 0.001).run(environ, send))
    begins.set()
    assert environ[ANSWERED] is True


def test_the_environment_of_a_request() -> None:
    headers = [
        (b"accept", b"text/csv"),
        (b"x-request-id", b"\xe9"),
        (b"content-length", b"3"),
        (b"content-type", b"text/plain"),
        (b"transfer-encoding", b"chunked"),
    ]
    environ = environ_of(
        scope(
            "/Zoë",
            root_path="/api",
            query_string=b"a=%C3%A9",
            headers=headers,
            server=("::1", 8000),
            client=("10.0.0.1", 7),
            scheme="https",
        )
    )
    assert environ["PATH_INFO"] == "/Zo\xc3\xab"
    assert (environ["SCRIPT_NAME"], environ["QUERY_STRING"]) == ("/api", "a=%C3%A9")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("::1", "8000")
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("10.0.0.1", "https")
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert {name: value for name, value in environ.items() if name.startswith("HTTP_")} == {
        "HTTP_ACCEPT": "text/csv",
        "HTTP_X_REQUEST_ID": "\xe9",
    }
    assert environ["wsgi.input"].read() == b""


def test_the_environment_of_a_unix_socket() -> None:
    environ = environ_of(scope(server=("/run/api.sock", None), client=None))
    assert (environ["SERVER_PORT"], environ["REMOTE_ADDR"]) == ("", "")
