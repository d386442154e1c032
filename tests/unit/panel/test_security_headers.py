"""Headers of every response of the dashboard's server, and the policy of its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.server.tornado import BokehTornado
from bokeh.server.urls import per_app_patterns
from panel.io.server import AutoloadJsHandler, DocHandler
from tornado.httputil import HTTPServerRequest, RequestStartLine
from tornado.web import Application, RequestHandler

from medallion_panel.ui.security_headers import (
    DocumentHandler,
    ScriptHandler,
    content_security_policy,
    install_security_headers,
)


@pytest.fixture(autouse=True)
def uninstalled() -> Iterator[None]:
    """Every test leaves Bokeh and Tornado as they were."""
    patterns, defaults = list(per_app_patterns), RequestHandler.set_default_headers
    yield
    per_app_patterns[:] = patterns
    RequestHandler.set_default_headers = defaults  # type: ignore[method-assign]


def headers_of(application: Application) -> dict[str, str]:
    """The headers of a response of any handler, before it sets its own."""
    connection: Any = SimpleNamespace(set_close_callback=lambda _: None)
    line = RequestStartLine("GET", "/x", "HTTP/1.0")
    request = HTTPServerRequest(start_line=line, connection=connection)
    return dict(RequestHandler(application, request)._headers.get_all())


def directives(policy: str) -> dict[str, list[str]]:
    parts = (part.split() for part in policy.split(";"))
    return {name: sources for name, *sources in parts}


def test_every_response_of_bokeh_has_the_headers() -> None:
    install_security_headers()
    headers = headers_of(BokehTornado({}))
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"] == content_security_policy()


def test_other_servers_of_the_process_are_left_alone() -> None:
    install_security_headers()
    assert "Content-Security-Policy" not in headers_of(Application())


def test_pages_and_scripts_have_our_handlers_and_installing_is_idempotent() -> None:
    install_security_headers()
    once = list(per_app_patterns)
    handlers = {handler for _, handler in once}
    assert {DocumentHandler, ScriptHandler} <= handlers
    assert not {DocHandler, AutoloadJsHandler} & handlers
    install_security_headers()
    assert list(per_app_patterns) == once


def test_content_is_of_this_server_only() -> None:
    policy = directives(content_security_policy())
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "http" not in content_security_policy()
    assert directives(content_security_policy("abc"))["script-src"] == [
        *policy["script-src"],
        "'nonce-abc'",
    ]


def test_inline_scripts_of_a_page_have_a_new_nonce_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[tuple[str, str]] = []

    def write(self: DocumentHandler, chunk: str) -> None:
        written.append((chunk, self._headers["Content-Security-Policy"]))

    monkeypatch.setattr(DocHandler, "write", write, raising=False)
    connection: Any = SimpleNamespace(set_close_callback=lambda _: None)
    line = RequestStartLine("GET", "/x", "HTTP/1.0")
    request = HTTPServerRequest(start_line=line, connection=connection)
    handler = DocumentHandler.__new__(DocumentHandler)
    RequestHandler.__init__(handler, Application(), request)
    page = '<script>a</script><script type="x">b</script><p>&lt;script><scripts></p>'
    for _ in range(2):
        handler.write(page)
    nonces = []
    for chunk, policy in written:
        (nonce,) = set(re.findall('nonce="([^"]+)"', chunk))
        nonces.append(nonce)
        assert f"'nonce-{nonce}'" in policy
        assert chunk == page.replace("<script>", f'<script nonce="{nonce}">').replace(
            "<script type", f'<script nonce="{nonce}" type'
        )
    assert nonces[0] != nonces[1]
