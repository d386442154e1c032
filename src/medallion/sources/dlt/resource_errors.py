"""Errors of dlt and of resources, as those of a source."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medallion.errors import MedallionError, SourceError, UnreachableError
from medallion.storage.http_pool import TRANSIENT

LIBRARIES = "site-packages"


@contextmanager
def source_errors(label: str) -> Iterator[None]:
    """Turn errors into SourceError, and those that a retry may help against."""
    try:
        yield
    except MedallionError:
        raise
    except Exception as error:
        causes = list(_causes(error))
        ours = next((each for each in causes if isinstance(each, MedallionError)), None)
        if ours:  # raised by a step of the extraction
            raise ours from error
        root = causes[-1]
        message = f"{label}: {type(root).__name__}: {root}{_place(root)}"
        if any(map(_is_transient, causes)):
            raise UnreachableError(message, hint="run again when the server answers") from error
        hint = "correct the resource, its `args` or its configuration"
        raise SourceError(message, hint=hint) from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it, the first cause last."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_transient(error: BaseException) -> bool:
    from dlt.common.exceptions import TransientException
    from requests import ConnectionError as RequestsConnectionError
    from requests import HTTPError, Timeout
    from requests.exceptions import ChunkedEncodingError

    if isinstance(error, HTTPError):
        return error.response is not None and error.response.status_code in TRANSIENT
    of_requests = (RequestsConnectionError, ChunkedEncodingError, Timeout)
    return isinstance(error, (TransientException, ConnectionError, TimeoutError, *of_requests))


def _place(error: BaseException) -> str:
    """Where in the user's code an error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if LIBRARIES not in Path(frame.filename).parts and not frame.filename.startswith("<")
    ]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
