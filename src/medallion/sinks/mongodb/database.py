"""What sink and store share: internal collections, the client, and the errors of MongoDB."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from medallion.errors import SinkError
from medallion.mongodb_session import message_and_hint, open_client
from medallion.records import Owner

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

    from medallion.mongodb_session import Client

    Documents = Database[dict[str, Any]]

RELEASES = "_medallion_releases"
ACTIVE = "_medallion_active"
LOADS = "_medallion_loads"
POINTER = "active"

UNAUTHORIZED = 13
# No such collection; cursor not found; query plan killed, as the collection was dropped meanwhile.
GONE_CODES = (26, 43, 175)


def connect(url: str) -> Client:
    """A client, which connects on first use. Raises SinkError when the URL cannot be read."""
    return open_client(url, SinkError)


class ProcessClients:
    """One client per process, created on first use: clients do not survive a fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[int, Client] = {}

    def client(self) -> Client:
        """The client of this process."""
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            new_client = connect(self._url)
            client = self._clients.setdefault(process, new_client)
            # Another thread may have been first. A lock instead might be locked while forking.
            if client is not new_client:
                new_client.close()
        return client

    def close(self) -> None:
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()


def read_owner(database: Documents) -> Owner | None:
    """The recorded owner of the database, or None."""
    pointer = database[ACTIVE].find_one({"_id": POINTER}, {"owner": 1})
    return Owner.model_validate(pointer["owner"]) if pointer and pointer.get("owner") else None


@contextmanager
def sink_errors(url: str) -> Iterator[None]:
    """Turn errors of MongoDB and of the connection into SinkError, with a hint."""
    from pymongo import errors

    try:
        yield
    except (errors.PyMongoError, errors.DocumentTooLarge) as error:
        message, hint = message_and_hint(url, error)
        raise SinkError(message, hint=hint) from error


def journaled(collection: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """The collection with journaled writes: acknowledged once they and all before are on disk.

    So a release that was reported as published survives a crash of the server.
    """
    from pymongo import WriteConcern

    concern = collection.write_concern
    if not concern.acknowledged:
        return collection
    return collection.with_options(write_concern=WriteConcern(**{**concern.document, "j": True}))
