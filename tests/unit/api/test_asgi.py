"""The ASGI application: the front of the API of this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion_api import asgi, wsgi
from tests.api import project
from tests.coroutines import run_coroutine


def test_the_application_serves_the_declaration_of_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(wsgi.CONFIG, str(project.write(tmp_path)))
    wsgi.assembled.cache_clear()
    sent: list[Any] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/health",
        "query_string": b"",
        "headers": [],
    }

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    run_coroutine(asgi.app(scope, receive, send))
    wsgi.assembled.cache_clear()
    assert sent[0]["status"] == 200
    assert b"".join(message["body"] for message in sent[1:]) == b'{"status":"alive"}'
