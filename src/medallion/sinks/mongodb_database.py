"""The database both sides of the MongoDB sink use: its own collections, its client, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from medallion.errors import SinkError
from medallion.sinks.loading import masked

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

    Client = MongoClient[dict[str, Any]]
    Documents = Database[dict[str, Any]]

RELEASES = "_medallion_releases"
ACTIVE = "_medallion_active"
LOADS = "_medallion_loads"
POINTER = "active"

NOT_ALLOWED = 13
VANISHED = (26, 43, 175)  # no such collection, its cursor is gone, it was dropped while being read

_PATIENCE = {"serverSelectionTimeoutMS": 8000, "connectTimeoutMS": 8000}
_TOO_LARGE = 10334
_REFUSED = {
    _TOO_LARGE: "a document may have 16 MB: leave the long column out of the table, or split its rows",
    13: "give this user the role readWrite on the database",
    18: "check user, password and authSource in the URL",
    8000: "check user, password and authSource in the URL",
    14031: "make room on its disk; what was published is still served",
}


def connect(url: str) -> Client:
    """A client, which connects when first used; a host that is away is told within ten seconds.

    Raises SinkError when the URL cannot be read.
    """
    from pymongo import MongoClient

    options = urlsplit(url).query.lower()
    patience = {name: value for name, value in _PATIENCE.items() if name.lower() not in options}
    try:
        return MongoClient(url, appname="medallion", tz_aware=True, tzinfo=UTC, **patience)  # type: ignore[arg-type]
    except ValueError as error:
        raise SinkError(f"{masked(url)}: {error}", hint="see that host and port in the URL are right") from error


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what MongoDB or the way to it refuses into SinkError, with what to do about it."""
    from pymongo import errors

    place = masked(url)
    try:
        yield
    except (errors.ConnectionFailure, errors.ConfigurationError, errors.WaitQueueTimeoutError) as error:
        said = str(error).partition(", Timeout:")[0]
        hint = "see that the server runs and that host, port and options in the URL are right"
        raise SinkError(f"{place}: cannot be reached: {said}", hint=hint) from error
    except errors.DocumentTooLarge as error:
        raise SinkError(f"{place}: {error}", hint=_REFUSED[_TOO_LARGE]) from error
    except errors.OperationFailure as error:
        sentence, code = reply(error)
        raise SinkError(f"{place}: {sentence}", hint=_REFUSED.get(code, "")) from error
    except errors.PyMongoError as error:
        raise SinkError(f"{place}: {error}") from error


def reply(error: Any) -> tuple[str, int]:
    """The server's own sentence and code, without the whole reply around them."""
    details = error.details or {}
    writes = details.get("writeErrors") or [details.get("writeConcernError") or {}]
    found = writes[0] if writes[0] else details
    return str(found.get("errmsg") or error), int(found.get("code") or error.code or 0)
