"""`gunicorn medallion_api.wsgi:app`: the API as any WSGI server takes it, of the file that `MEDALLION_CONFIG` names."""

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
    """The API of this process, made on first use: after a fork, so that no connection is shared."""
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
