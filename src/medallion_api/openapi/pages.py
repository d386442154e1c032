"""The OpenAPI document of the active release, and Swagger UI without external files."""

from __future__ import annotations

from pathlib import Path

import falcon
from falcon import Request, Response

from medallion.records import Release
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies, Reply
from medallion_api.openapi.document import document
from medallion_api.resources.release_resource import Released
from medallion_api.resources.tables import Tables
from medallion_api.section import Api

_PAGE = b"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>API</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script>
</body>
</html>
"""
_START = (
    b'window.ui = SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", '
    b"validatorUrl: null});\n"
)
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'"
)


class OpenApi(Released):
    """The document, generated from the models that validate requests."""

    def __init__(
        self,
        reading: ReleaseReader,
        replies: Replies,
        tables: Tables,
        api: Api,
        name: str,
        *,
        closed: bool,
    ) -> None:
        super().__init__(reading, replies)
        self._tables = tables
        self._api = api
        self._name = name
        self._closed = closed

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        content = document(
            self._api,
            self._tables,
            release,
            self._name,
            server=req.root_path or "/",
            closed=self._closed,
        )
        return self.json(req, resp, release, content)


class Docs:
    def on_get(self, req: Request, resp: Response) -> None:
        resp.data = _PAGE
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Content-Security-Policy", _POLICY)

    on_head = on_get


class DocsFile:
    """The files of Swagger UI, from its package."""

    def on_get(self, req: Request, resp: Response, name: str) -> None:
        resp.content_type = _TYPES.get(name.rpartition(".")[2], "")
        resp.set_header("Cache-Control", "max-age=86400")
        if name == "start.js":
            resp.data = _START
        elif name in _FILES:
            from openapi_ui_bundles import swagger_ui

            resp.data = (Path(swagger_ui.static_path) / name).read_bytes()
        else:
            raise falcon.HTTPNotFound

    on_head = on_get
