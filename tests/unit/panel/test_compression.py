"""Scripts and style sheets are compressed for browsers that take it; pages are not."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from bokeh.server.server import Server
from bokeh.server.tornado import BokehTornado
from panel.io.server import COMPONENT_PATH  # noqa: F401 (adds the files of Panel)
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from medallion_panel.ui import compression
from medallion_panel.ui.compression import install_compression
from tests.coroutines import run_coroutine

SCRIPT, WIDGETS = "static/js/bokeh.min.js", "static/js/bokeh-widgets.min.js"
PANEL = "static/extensions/panel/panel.min"


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


def test_a_file_is_compressed_once() -> None:
    install_compression()
    compression._compressed.clear()
    first, second, other = replies((SCRIPT, "gzip"), (SCRIPT, "gzip"), (WIDGETS, "gzip"))
    assert first.body == second.body != other.body
    assert sorted(path for path, _ in compression._compressed) == [f"/{WIDGETS}", f"/{SCRIPT}"]
    assert b"".join(compression._compressed[f"/{SCRIPT}", first.headers["Etag"]]) == first.body
    key = (f"/{SCRIPT}", first.headers["Etag"])
    compression._compressed[key] = [
        gzip.compress(b"kept"),
        *[b""] * len(compression._compressed[key]),
    ]
    (kept,) = replies((SCRIPT, "gzip"))
    compression._compressed.clear()
    assert gzip.decompress(kept.body) == b"kept"


def test_files_that_are_named_by_their_content_are_cached_by_browsers() -> None:
    install_compression()
    plain, versioned, named, page = replies(
        (f"{PANEL}.js", "gzip"), (f"{PANEL}.js?0a1b", "gzip"), (SCRIPT, "gzip"), ("", "gzip")
    )
    assert "Cache-Control" not in plain.headers
    assert versioned.headers["Cache-Control"] == "max-age=315360000"
    assert "Cache-Control" not in named.headers
    assert "max-age" not in page.headers.get("Cache-Control", "")


def test_pages_are_not() -> None:
    install_compression()
    (page,) = replies(("", "gzip"))
    assert "Content-Encoding" not in page.headers
    assert b"<html" in page.body
