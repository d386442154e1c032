"""Some of the documents of a collection, which may be too many to be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

MOST_DOCUMENTS = 10_000
MOST_BYTES = 64 << 20


class Collection(Protocol):
    """A source of documents, of which some can be drawn."""

    def connect(self) -> AbstractContextManager[Any]: ...

    def sample(self, connection: Any, size: int) -> Iterator[bytes]: ...


def sample_file(source: Collection, path: Path) -> bool:
    """Write documents at random to a file of JSON lines; False if these are all documents.

    Raises SourceError without such a collection, UnreachableError without the server.
    """
    written: set[bytes] = set()  # MongoDB may draw a document twice
    size = 0
    with source.connect() as connection, path.open("wb") as file:
        for drawn, line in enumerate(source.sample(connection, MOST_DOCUMENTS + 1), 1):
            size += len(line)
            if drawn > MOST_DOCUMENTS or (size > MOST_BYTES and written):
                return True
            if line not in written:
                written.add(line)
                file.write(line)
    return False
