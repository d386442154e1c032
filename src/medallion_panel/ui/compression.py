"""Compression of scripts and style sheets: most of what a browser loads on a first visit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bokeh.server.tornado import BokehTornado
from tornado.web import GZipContentEncoding

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders, HTTPServerRequest

_FIRST = BokehTornado.initialize
_MOST_FILES = 200  # whose compressed parts are kept; a page loads some 20
_FOREVER = "max-age=315360000"
_NAMED_BY_CONTENT = re.compile(r"-[A-Z0-9]{8}\.\w+$")  # as esbuild names fonts

_compressed: dict[tuple[str, str], Sequence[bytes]] = {}
"""The compressed parts of files, by path and ETag, as Tornado streams them."""


class StaticFileCompression(GZipContentEncoding):
    """Compresses files that are the same for all visitors, and no page, which has its token.

    A file is compressed at its first request, and stays in memory compressed. A browser may keep
    files whose URL changes with their content.
    """

    CONTENT_TYPES = {  # noqa: RUF012 (as in the base class)
        "application/javascript",
        "text/javascript",
        "text/css",
        "image/svg+xml",
    }
    GZIP_LEVEL = 9

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._path, self._query = request.path, request.query
        self._key = ("", "")
        self._parts: list[bytes] = []
        self._known: list[bytes] | None = None  # the parts that are still to be sent
        self._missing = 0  # bytes of the file that have not come yet

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        static = "/static/extensions/" in self._path
        named = bool(self._query) or _NAMED_BY_CONTENT.search(self._path)
        if status_code == 200 and static and named and "Cache-Control" not in headers:
            headers["Cache-Control"] = _FOREVER
        if status_code == 200 and "etag" in headers:
            self._key = (self._path, headers["etag"])
            self._known = list(_compressed.get(self._key, ())) or None
            self._missing = int(headers.get("Content-Length", 0))
        self._gzipping = self._gzipping and status_code == 200  # and no range of the file
        first = super().transform_first_chunk(status_code, headers, chunk, finishing)
        if self._gzipping:
            # The rest of a file that a browser has in part is not that of the compressed one.
            headers["Accept-Ranges"] = "none"
        return first

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        if not self._gzipping:
            return chunk
        if self._known is not None:
            return self._known.pop(0)
        self._parts.append(super().transform_chunk(chunk, finishing))
        self._missing -= len(chunk)
        # Tornado finishes the reply to a browser that has left, too, without the rest of the file.
        whole = finishing and not self._missing
        if whole and self._key[1] and len(_compressed) < _MOST_FILES:
            _compressed[self._key] = self._parts
        return self._parts[-1]

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
