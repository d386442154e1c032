"""`gunicorn medallion_api.wsgi:app`: the API as any WSGI server takes it, of the file that `MEDALLION_CONFIG` names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from medallion.pipeline import Pipeline
from medallion_api.app import Assembly, assemble

CONFIG = "MEDALLION_CONFIG"


@cache
def assembled() -> Assembly:
    """The API of this process, made on first use: after a fork, so that no connection is shared."""
    return assemble(Pipeline.load(os.environ.get(CONFIG, "medallion.yaml")))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application."""
    found: Iterable[bytes] = assembled().app(environ, start_response)
    return found
