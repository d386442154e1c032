"""Which source files a table has now: those that match its patterns, or that it is pulled into."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.contracts import SourceLayer
from medallion.declaration import source_pattern
from medallion.declaration.models import Source
from medallion.errors import SourceError
from medallion.records import SourceFile
from medallion.run.selection import Refresh
from medallion.run.source_connections import SourceConnections, pulled_files
from medallion.secrets import mask
from medallion.storage import Entry, Storage, open_storage

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True)
class SourceTable:
    """A bronze table, with its storage and layer. `number` identifies the origins of its rows.

    `connections` are those that it is pulled over, if it is.
    """

    name: str
    number: int
    declared: Source
    layer: SourceLayer
    storage: Storage
    base: Path
    options: Mapping[str, Any] | None = None
    connections: SourceConnections = field(default_factory=SourceConnections, compare=False)


@dataclass(frozen=True)
class SourceMatch:
    """A source file that is there now: what it is called, where it is, and its cursor."""

    name: str
    entry: Entry
    storage: Storage
    cursor: JsonValue = None


def source_storages(table: SourceTable) -> list[tuple[Storage, str]]:
    """The storage of each pattern of a table's source files, and the pattern below it.

    Connects to no server. There is none for a source that is pulled.
    """
    split = [source_pattern.split(each) for each in table.declared.patterns]
    return [(open_storage(root, table.base, table.options), rest) for root, rest in split]


def matches(
    table: SourceTable,
    former: Iterable[SourceFile] = (),
    *,
    full: bool = False,
    backfills: Sequence[Refresh] = (),
) -> list[SourceMatch]:
    """The source files of a table, each once, sorted by name.

    Parameters: `former` are those of the last release, by which a source that is pulled knows what
    is new, unless it is pulled in `full`; `backfills` are pulled again. Raises SourceError when
    none matches and that is not allowed, or a name is not valid UTF-8.
    """
    if source := table.declared.pulled:
        located = source.located(table.base)
        files = pulled_files(located, table.connections, former, full=full, backfills=backfills)
        return [
            SourceMatch(item.name, files.known(path), files, item.cursor)
            for path, item in files.items.items()
        ]
    found: dict[str, SourceMatch] = {}
    patterns = zip(table.declared.patterns, source_storages(table), strict=True)
    for declared, (storage, rest) in patterns:
        root = mask(source_pattern.split(declared)[0])
        for entry in source_pattern.matching(storage, rest):
            if any("\udc80" <= char <= "\udcff" for char in entry.path):
                raise SourceError(
                    f"{table.name}: the file name {os.fsencode(entry.path)!r} is not UTF-8",
                    hint="rename the file",
                )
            name = source_pattern.label(root, entry.path)
            if not any(source_pattern.excludes(each, name) for each in table.declared.exclude):
                found.setdefault(name, SourceMatch(name, entry, storage))
    if not found and table.declared.missing == "fail":
        raise _no_file(table)
    return [found[name] for name in sorted(found)]


def _no_file(table: SourceTable) -> SourceError:
    storages = source_storages(table)
    for source, (storage, rest) in zip(table.declared.patterns, storages, strict=True):
        if storage.root is not None and (storage.root / rest).exists():
            return SourceError(
                f"{table.name}: {source} is a folder, FIFO or device",
                hint="write its content to a file; for the files of a folder, end `source` in /*",
            )
    places = " and ".join(dict.fromkeys(storage.url for storage, _ in storages))
    return SourceError(
        f"{table.name}: no file matches {table.declared.shown}",
        hint=f"it is looked for in {places}; put a file there or correct `source`",
    )
