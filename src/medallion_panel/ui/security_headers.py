"""Security headers on every response of the dashboard's server.

Pages, static files, the login, errors and websockets all have them.
"""

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


def install_security_headers() -> None:
    """Make all Bokeh servers of this process send the security headers.

    Call it before a server is created. Idempotent.
    """
    handlers: dict[Any, Any] = {DocHandler: DocumentHandler, AutoloadJsHandler: ScriptHandler}
    per_app_patterns[:] = [
        (route, handlers.get(handler, handler)) for route, handler in per_app_patterns
    ]
    # Neither Panel nor Bokeh has a setting for the headers of all their handlers. Replacing the
    # hook of Tornado's base class covers them all, the login, static files and errors included.
    RequestHandler.set_default_headers = _set_headers  # type: ignore[assignment, method-assign]


def content_security_policy(nonce: str = "") -> str:
    """A policy of content from this server only, and of no inline script without the nonce.

    Bokeh compiles its callbacks (`unsafe-eval`), Panel loads modules from `blob:`, and both write
    inline styles.
    """
    nonce_source = f" 'nonce-{nonce}'" if nonce else ""
    return (
        f"default-src 'none'; script-src 'self' 'unsafe-eval' blob:{nonce_source}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' blob:; manifest-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _set_headers(handler: RequestHandler) -> None:
    if isinstance(handler.application, BokehTornado):
        for name, value in _HEADERS.items():
            handler.set_header(name, value)
        handler.set_header(_POLICY, content_security_policy())


class DocumentHandler(DocHandler):
    """Serves the page, and gives the inline scripts of Bokeh's template the nonce of its policy."""

    def write(self, chunk: Any) -> None:
        if isinstance(chunk, str):
            nonce = token_urlsafe(16)
            self.set_header(_POLICY, content_security_policy(nonce))
            chunk = _SCRIPT.sub(f'<script nonce="{nonce}"', chunk)
        super().write(chunk)


class ScriptHandler(AutoloadJsHandler):
    """Serves the script that embeds the page in another site, with Bokeh's headers and ours."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        _set_headers(self)
