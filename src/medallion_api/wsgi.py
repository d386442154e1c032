"""`gunicorn medallion_api.wsgi:app`: the API of `MEDALLION_CONFIG` for any WSGI server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from medallion.errors import MedallionError
from medallion.pipeline import Pipeline
from medallion.secrets import masked_logger
from medallion_api.app import Assembly, assemble, unloaded_app

CONFIG = "MEDALLION_CONFIG"

_log = masked_logger("medallion_api")


@cache
def assembled() -> Assembly:
    """The API of this process, composed at first use: after a fork, with own connections."""
    return assemble(Pipeline.load(os.environ.get(CONFIG, "medallion.yaml"), serving=True))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application."""
    try:
        application = assembled().app
    except MedallionError as error:
        _log.error("%s", error)
        application = unloaded_app()
    answer: Iterable[bytes] = application(environ, start_response)
    return answer
