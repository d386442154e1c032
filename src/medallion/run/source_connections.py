"""The connections of a run to the databases of its sources, and what is pulled as files."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

from medallion.contracts import DataSource, Entry, SourceItem
from medallion.records import SourceFile
from medallion.run.selection import Refresh
from medallion.secrets import mask
from medallion.storage.download_cache import copies
from medallion.storage.source_storage import SourceStorage

CHUNK = 1 << 20


class SourceConnections:
    """Connections that are opened on first use, and closed at the end of a `with` block.

    Sources of one database share one, so that all of their tables are read as of one moment.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._open: dict[tuple[type[DataSource], str], Any] = {}

    def __enter__(self) -> SourceConnections:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.clear()
        self._stack.close()

    def of(self, source: DataSource) -> Any:
        """The connection of a source. Raises SourceError or UnreachableError."""
        key = (type(source), source.database)
        if key not in self._open:
            self._open[key] = self._stack.enter_context(source.connect())
        return self._open[key]


class PulledFiles(SourceStorage):
    """The files of a source as a storage: each is pulled when it is opened."""

    def __init__(self, source: DataSource, connection: Any, items: Sequence[SourceItem]) -> None:
        self.url = source.label
        self._source = source
        self._connection = connection
        form = source.pulled_format
        suffix = f".{(form if isinstance(form, str) else next(iter(form))).replace('_', '.')}"
        self.items = {f"{number}{suffix}": item for number, item in enumerate(items)}

    def open(self, path: str) -> BinaryIO:
        chunks = self._source.pull(self._connection, self.items[path])
        return cast("BinaryIO", io.BufferedReader(_ChunkStream(chunks), CHUNK))

    def local(self, path: str) -> Path:
        return copies().get(self.url, uuid4().hex, partial(self._save, path))

    def info(self, path: str) -> Entry | None:
        item = self.items.get(path)
        return Entry(path, 0, item.token or uuid4().hex, 0.0, 0.0) if item else None

    def list(self, folder: str) -> list[Entry]:
        return [self.known(path) for path in self.items]

    def _save(self, path: str, part: Path) -> None:
        with self.open(path) as stream, part.open("wb") as out:
            shutil.copyfileobj(stream, out, CHUNK)


def pulled_files(
    source: DataSource,
    connections: SourceConnections,
    former: Iterable[SourceFile],
    *,
    full: bool,
    backfills: Sequence[Refresh] = (),
) -> PulledFiles:
    """The files of a source, sorted by name; `former` are those of the last release."""
    connection = connections.of(source)
    known = [SourceItem(file.name, file.token, file.cursor) for file in former]
    for each in backfills:
        known = list(source.backfill(known, each.begin, each.end))
    items = [
        replace(item, name=mask(item.name)) for item in source.look(connection, known, full=full)
    ]
    return PulledFiles(source, connection, sorted(items, key=lambda item: item.name))


class _ChunkStream(io.RawIOBase):
    """Chunks of bytes as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def close(self) -> None:
        """Close the stream; a pull that is not at its end is stopped."""
        if not self.closed and hasattr(self._chunks, "close"):
            self._chunks.close()
        super().close()
