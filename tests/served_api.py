"""The API of a test in this process, and releases that it finds by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from medallion.lake.lake import Lake
from medallion.lake.record_files import snapshot_path
from medallion.records import Release


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The URL of a WSGI application, which a thread serves."""
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def record(lake: Lake, release: Release) -> None:
    """Record in the lake that a sink's release was published."""
    for snapshot in release.tables.values():
        lake.records.put(snapshot_path(snapshot), snapshot)
    lake.publish(release, lake.pointer(), None)
