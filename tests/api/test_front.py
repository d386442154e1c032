"""The event loop in front of the application: time budget, one reading for all who wait, streams that break."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from medallion.errors import DeclarationError
from medallion.records import Release
from medallion_api.app import Assembly, assemble
from medallion_api.middleware.thread_pool import Threads
from medallion_api.server.front import ActiveRelease, Front
from tests.api import project
from tests.coroutines import run_coroutine

Sent: TypeAlias = list[dict[str, Any]]


def scope(method: str = "GET", path: str = "/") -> dict[str, Any]:
    plain = {
        "type": "http",
        "http_version": "1.1",
        "query_string": b"",
        "headers": [(b"x-a", b"1")],
    }
    return {**plain, "method": method, "path": path}


def answer(
    app: Any,
    folder: Path,
    until: Callable[[], bool] = lambda: True,
    method: str = "GET",
    timeout: float = 60,
) -> Sent:
    """What the API answers when `app` takes the place of its application."""
    project.write(folder, api=project.API + f"  query_timeout: {timeout}\n")
    front, sent = (
        Front(lambda: replace(assemble(project.load(folder)), app=app)),
        list[dict[str, Any]](),
    )

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        await front(scope(method, "/é"), lambda: None, send)  # type: ignore[arg-type, return-value]
        while not until():
            await asyncio.sleep(0.01)

    run_coroutine(main())
    return sent


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(r.getMessage()) for r in caplog.records if r.name == "medallion_api.access"]


def test_what_takes_too_long_is_a_503_problem_and_its_answer_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "medallion_api.access")
    closed = threading.Event()

    class _Late:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"late"])

        def close(self) -> None:
            closed.set()

    def app(_: Any, start: Any) -> Iterable[bytes]:
        time.sleep(1)
        start("200 OK", [])
        return _Late()

    start, body = answer(app, tmp_path, closed.is_set, timeout=0.1)
    assert start["status"] == 503
    assert (b"content-type", b"application/problem+json") in start["headers"]
    problem = json.loads(body["body"])
    assert problem["detail"] == "the request timed out"
    (line,) = logged(caplog)
    assert (line["status"], line["target"], line["id"]) == (503, "/é", problem["request_id"])


def _no_header(_: Any, start: Any) -> Iterable[bytes]:
    start("200 OK", [("X-Name", "日本")])
    return [b"never sent"]


def _broken(*_: Any) -> Iterable[bytes]:
    raise ZeroDivisionError


@pytest.mark.parametrize("app", [_no_header, _broken])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_whatever_fails_is_a_problem_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, app: Any, method: str
) -> None:
    caplog.set_level("INFO", "medallion_api.access")
    start, body = answer(app, tmp_path, method=method)
    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-type"]) == (500, b"application/problem+json")
    assert headers[b"x-content-type-options"] == b"nosniff"
    if method != "HEAD":
        assert json.loads(body["body"])["request_id"] == headers[b"x-request-id"].decode()
    (line,) = logged(caplog)
    assert (line["status"], line["method"], line["id"]) == (
        500,
        method,
        headers[b"x-request-id"].decode(),
    )
    texts = [record.exc_text or "" for record in caplog.records if record.name == "medallion_api"]
    assert any("Traceback" in text for text in texts)


def test_a_declaration_that_cannot_be_loaded_is_a_problem_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "medallion_api.access")
    sent: Sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    def missing() -> Assembly:
        raise DeclarationError([])

    run_coroutine(Front(missing)(scope(), lambda: None, send))  # type: ignore[arg-type, return-value]
    problem = json.loads(sent[1]["body"])
    assert (sent[0]["status"], problem["status"]) == (503, 503)
    assert problem["detail"] == "the declaration cannot be loaded; its problems are in the log"
    assert [line["status"] for line in logged(caplog)] == [503]

    sent.clear()
    run_coroutine(Front(missing)({**scope(), "path": "/health"}, lambda: None, send))  # type: ignore[arg-type, return-value]
    assert (sent[0]["status"], json.loads(sent[1]["body"])) == (200, {"status": "alive"})


def test_a_websocket_is_refused_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An ASGI server gives such a scope no method; it answers 403 to what is closed before accepted."""
    caplog.set_level("INFO", "medallion_api.access")
    project.write(tmp_path)
    websocket = {**scope(path="/things"), "type": "websocket", "scheme": "ws"}
    del websocket["method"]
    sent: Sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    run_coroutine(Front(lambda: assemble(project.load(tmp_path)))(websocket, receive, send))
    assert sent == [{"type": "websocket.close"}]
    (line,) = logged(caplog)
    assert (line["method"], line["target"], line["status"]) == ("GET", "/things", 403)


def test_who_waits_shares_a_reading_that_began_after_the_asking() -> None:
    began: list[float] = []

    def read() -> Release:
        began.append(time.monotonic())
        time.sleep(0.02)
        moment = datetime.now(UTC)
        return Release(
            id=str(len(began)),
            pipeline="p",
            run="r",
            created=moment,
            previous=None,
            tables={},
            layers={},
        )

    async def ask(pointer: ActiveRelease, wait: float) -> tuple[float, int]:
        await asyncio.sleep(wait)
        asked = time.monotonic()
        release = await pointer.release()
        assert release is not None
        return asked, int(release.id)

    async def main() -> list[tuple[float, int]]:
        pointer = ActiveRelease(read, Threads(1, "test"), 5)
        return await asyncio.gather(*(ask(pointer, number / 500) for number in range(50)))

    answers = run_coroutine(main())
    assert all(began[number - 1] >= asked for asked, number in answers)
    assert len(began) < 25


def test_a_reading_that_fails_is_no_release() -> None:
    async def main() -> list[Release | None]:
        pointer = ActiveRelease(lambda: 1 // 0, Threads(1, "test"), 5)  # type: ignore[arg-type, return-value]
        return [await pointer.release(), await pointer.release()]

    assert run_coroutine(main()) == [None, None]
