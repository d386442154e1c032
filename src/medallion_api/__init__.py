"""The REST API of a release: `create_app(pipeline)`.

In production: `gunicorn -c python:medallion_api.gunicorn_conf`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medallion_api.app import create_app
    from medallion_api.http_store import HttpStore

__all__ = ["HttpStore", "create_app"]


def __getattr__(name: str) -> object:
    if name == "create_app":
        from medallion_api.app import create_app

        return create_app
    if name == "HttpStore":
        from medallion_api.http_store import HttpStore

        return HttpStore
    raise AttributeError(f"module 'medallion_api' has no attribute {name!r}")
