"""Compression of scripts and style sheets: most of what a browser loads on a first visit."""

from __future__ import annotations

from typing import Any

from bokeh.server.tornado import BokehTornado
from tornado.web import GZipContentEncoding

_FIRST = BokehTornado.initialize


class StaticFileCompression(GZipContentEncoding):
    """Compresses files that are the same for all visitors, and no page, which has its token."""

    CONTENT_TYPES = {  # noqa: RUF012 (as in the base class)
        "application/javascript",
        "text/javascript",
        "text/css",
        "image/svg+xml",
    }

    def _compressible_type(self, ctype: str) -> bool:
        return ctype in self.CONTENT_TYPES


def install_compression() -> None:
    """Make all Bokeh servers of this process compress static files.

    Call it before a server is started. Idempotent.
    """
    # Neither Panel nor Bokeh passes Tornado's setting on to the application that it creates.
    BokehTornado.initialize = _initialize


def _initialize(application: BokehTornado, *arguments: Any, **options: Any) -> None:
    application.add_transform(StaticFileCompression)
    _FIRST(application, *arguments, **options)
