"""Scripts and style sheets are compressed for browsers that take it; pages are not."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from bokeh.server.server import Server
from bokeh.server.tornado import BokehTornado
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from medallion_panel.ui.compression import install_compression
from tests.coroutines import run_coroutine

SCRIPT = "static/js/bokeh.min.js"


@pytest.fixture(autouse=True)
def uninstalled() -> Iterator[None]:
    """Every test leaves Bokeh as it was."""
    initialize = BokehTornado.initialize
    yield
    BokehTornado.initialize = initialize  # type: ignore[method-assign]


def replies(*requests: tuple[str, str]) -> list[HTTPResponse]:
    """The replies of a new server to requests: a path, and the encodings that are accepted."""

    async def ask() -> list[HTTPResponse]:
        server = Server({"/": lambda _: None}, port=0)
        server.start()
        client = AsyncHTTPClient()
        try:
            return [
                await client.fetch(
                    f"http://localhost:{server.port}/{path}",
                    headers={"Accept-Encoding": encodings},
                    decompress_response=False,
                )
                for path, encodings in requests
            ]
        finally:
            server.stop()
            client.close()

    return run_coroutine(ask())


def test_static_files_are_compressed() -> None:
    install_compression()
    install_compression()
    small, whole = replies((SCRIPT, "gzip"), (SCRIPT, "identity"))
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == whole.body
    assert len(small.body) < len(whole.body) / 3
    assert "Content-Encoding" not in whole.headers
    assert "Accept-Encoding" in small.headers["Vary"]


def test_pages_are_not() -> None:
    install_compression()
    (page,) = replies(("", "gzip"))
    assert "Content-Encoding" not in page.headers
    assert b"<html" in page.body
