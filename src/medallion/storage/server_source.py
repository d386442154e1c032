"""Files on servers that are asked over connections, which are made again when they are lost."""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import unquote

from medallion.errors import MissingError, StorageError
from medallion.storage import Entry
from medallion.storage.source_storage import SourceStorage, url_parts

C = TypeVar("C")
T = TypeVar("T")

SECONDS = 30.0  # for connecting, and for each answer
ATTEMPTS = 3  # of a request whose connection is lost
PAUSE_SECONDS = 0.5  # at most, before the second attempt; twice as long before the third


class ServerSource(SourceStorage, Generic[C]):
    """Files below `SCHEME://USER:PASSWORD@HOST:PORT/FOLDER`; `url` has no user and no password.

    Each thread has a connection of its own to a server, since a client serves one request at a
    time.
    """

    port: ClassVar[int]  # unless the URL says another

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        parts = url_parts(url)
        self.server = parts.hostname or "", parts.port or self.port
        self.user = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password) if parts.password else None
        self.folder = unquote(parts.path).rstrip("/")
        self.scheme = parts.scheme
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{self.folder}"

    @property
    def place(self) -> str:
        """The server, for messages."""
        return f"{self.scheme}://{self.server[0]}:{self.server[1]}"

    @abstractmethod
    def connect(self) -> C:
        """A connection to the server. Raises StorageError."""

    @abstractmethod
    def close(self, connection: C) -> None:
        """Close a connection that may be lost."""

    @abstractmethod
    def look(self, connection: C, path: str) -> Entry | None:
        """What is known of a file; None or an error of the client when there is none."""

    @abstractmethod
    def walk(self, connection: C, folder: str) -> Iterator[Entry]:
        """All files below a folder."""

    @abstractmethod
    def download(self, connection: C, path: str, file: Path) -> None:
        """Write the bytes of a file to a local one, which may have those of a former attempt."""

    @abstractmethod
    def faults(self) -> tuple[type[Exception], ...]:
        """The errors of the client."""

    @abstractmethod
    def refusal(self, place: str, error: Exception) -> StorageError | None:
        """What an error of the client says of a file; None when the connection is lost."""

    def local(self, path: str) -> Path:
        return self.copied(
            path, lambda part: self._ask(lambda server: self.download(server, path, part), path)
        )

    def info(self, path: str) -> Entry | None:
        try:
            return self._ask(lambda server: self.look(server, path), path)
        except MissingError:
            return None

    def list(self, folder: str) -> list[Entry]:
        try:
            entries = self._ask(lambda server: [*self.walk(server, folder)], folder)
        except MissingError:
            return []
        return sorted(entries, key=lambda entry: entry.path)

    def path(self, path: str) -> str:
        """The absolute path of a file or folder on the server."""
        return f"{self.folder}/{path}".rstrip("/") or "/"

    def _ask(self, request: Callable[[C], T], path: str) -> T:
        """The answer to a request, on a new connection if the former is lost."""
        from tenacity import (
            Retrying,
            retry_if_exception_type,
            stop_after_attempt,
            wait_random_exponential,
        )

        place, faults = f"{self.url}/{path}".rstrip("/"), self.faults()
        policy = Retrying(
            retry=retry_if_exception_type(faults),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=PAUSE_SECONDS),
            reraise=True,
        )
        try:
            answer: T = policy(self._attempt, request, place)
        except faults as error:
            reason = str(error) or "the connection was lost"
            raise StorageError(f"{place}: {reason}", hint="run again later") from error
        return answer

    def _attempt(self, request: Callable[[C], T], place: str) -> T:
        connection = self._connection()
        try:
            return request(connection)
        except self.faults() as error:
            if refusal := self.refusal(place, error):
                raise refusal from error
            self._lose(connection)
            raise

    @property
    def key(self) -> str:
        """What a connection is made to, in this process."""
        return repr((os.getpid(), self.scheme, self.server, self.user, self.password))

    def _connection(self) -> C:
        connections: dict[str, C] = _connections.__dict__
        if self.key not in connections:
            connections[self.key] = self.connect()
        return connections[self.key]

    def _lose(self, connection: C) -> None:
        _connections.__dict__.pop(self.key, None)
        self.close(connection)


_connections = threading.local()
