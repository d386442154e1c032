"""The security headers of every response of the dashboard's server: pages, static files, login, errors, websockets."""

from __future__ import annotations

import re
from secrets import token_urlsafe
from typing import Any

from bokeh.server.tornado import BokehTornado
from bokeh.server.urls import per_app_patterns
from panel.io.server import AutoloadJsHandler, DocHandler
from tornado.web import RequestHandler

_POLICY = "Content-Security-Policy"
_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_SCRIPT = re.compile(r"<script(?=[\s>])")


def protect() -> None:
    """Have all Bokeh servers of this process send the security headers. Call it before a server is made; idempotent."""
    handlers: dict[Any, Any] = {DocHandler: DocumentHandler, AutoloadJsHandler: ScriptHandler}
    per_app_patterns[:] = [
        (route, handlers.get(handler, handler)) for route, handler in per_app_patterns
    ]
    # Neither Panel nor Bokeh lets one say what headers all their handlers send; an instance of Tornado's own method
    # to override is all of them at once, the login, static files and errors among them.
    RequestHandler.set_default_headers = _set_headers  # type: ignore[assignment, method-assign]


def content_security_policy(nonce: str = "") -> str:
    """Everything from this server alone, and no script but its files and those in the page that bear the nonce.

    Bokeh compiles its callbacks (`unsafe-eval`), Panel fetches modules from `blob:`, both write styles into elements.
    """
    page = f" 'nonce-{nonce}'" if nonce else ""
    return (
        f"default-src 'none'; script-src 'self' 'unsafe-eval' blob:{page}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob:; manifest-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _set_headers(handler: RequestHandler) -> None:
    if isinstance(handler.application, BokehTornado):
        for name, value in _HEADERS.items():
            handler.set_header(name, value)
        handler.set_header(_POLICY, content_security_policy())


class DocumentHandler(DocHandler):
    """The page itself: the scripts that Bokeh's template has written into it bear the nonce of its policy."""

    def write(self, chunk: Any) -> None:
        if isinstance(chunk, str):
            nonce = token_urlsafe(16)
            self.set_header(_POLICY, content_security_policy(nonce))
            chunk = _SCRIPT.sub(f'<script nonce="{nonce}"', chunk)
        super().write(chunk)


class ScriptHandler(AutoloadJsHandler):
    """The script that embeds the page elsewhere; the headers that allow it, and ours."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        _set_headers(self)
