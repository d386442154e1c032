"""Scripts and style sheets are compressed for browsers that take it; pages are not."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from bokeh.server.server import Server
from bokeh.server.tornado import BokehTornado
from panel.io.server import COMPONENT_PATH  # noqa: F401 (adds the files of Panel)
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

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


def replies(*requests: tuple[str, str], **headers: str) -> list[HTTPResponse]:
    """The replies of a new server to requests: a path, and the encodings that are accepted.

    Parameters: `headers` are those of all requests.
    """

    async def ask() -> list[HTTPResponse]:
        server = Server({"/": lambda _: None}, port=0)
        server.start()
        client = AsyncHTTPClient()
        try:
            return [
                await client.fetch(
                    f"http://localhost:{server.port}/{path}",
                    headers={"Accept-Encoding": encodings, **headers},
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


def test_a_range_of_a_file_is_not_compressed_and_offered_only_without() -> None:
    install_compression()
    small, whole = replies((SCRIPT, "gzip"), (SCRIPT, "identity"))
    assert (small.headers["Accept-Ranges"], whole.headers["Accept-Ranges"]) == ("none", "bytes")
    (part,) = replies((SCRIPT, "gzip"), Range="bytes=2000-9999")
    assert (part.code, "Content-Encoding" in part.headers) == (206, False)
    assert part.body == whole.body[2000:10000]


def test_a_file_whose_reply_was_broken_off_is_not_kept() -> None:
    compression._compressed.clear()
    line, accepted = (
        RequestStartLine("GET", "/x.js", "HTTP/1.1"),
        {"Accept-Encoding": "gzip", "Host": "x"},
    )
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders(accepted))
    for chunks, kept in (((b"first", b""), 0), ((b"first", b"second", b""), 1)):
        reply = compression.StaticFileCompression(request)
        headers = HTTPHeaders({"Content-Type": "text/javascript", "Etag": "1"})
        headers["Content-Length"] = "11"
        reply.transform_first_chunk(200, headers, chunks[0], finishing=False)
        for chunk in chunks[1:]:
            reply.transform_chunk(chunk, finishing=not chunk)
        assert len(compression._compressed) == kept
    compression._compressed.clear()
