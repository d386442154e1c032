"""Ingestion: finds a bronze table's source files, and stores the bytes of those that changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from medallion.contracts import Format
from medallion.identifiers import TableName, digest, now
from medallion.lake.journal import StagedStorage
from medallion.plural import count_of
from medallion.records import Change, Correction, Snapshot, SourceFile, records_identity
from medallion.run.planner import Arrival
from medallion.run.selection import Refresh
from medallion.run.source_formats import SourceFormats
from medallion.run.source_matches import SourceMatch, SourceTable, matches
from medallion.run.source_tokens import (
    SourceToken,
    Tokens,
    is_unchanged,
    last_pulled,
    snapshot_tokens,
    token_of,
)
from medallion.storage import Entry, Storage
from medallion.storage.digests import Stored

if TYPE_CHECKING:
    from pydantic import JsonValue

FileCorrections: TypeAlias = Mapping[str, tuple[Correction, ...]]
"""The corrections of records, by the SHA-256 of their file."""

# Limits of a batch of source files, whose names are recorded together before they are stored.
STAGED_FILES, STAGED_BYTES = 500, 1 << 30
NOTHING = hashlib.sha256().hexdigest()  # of a pulled file without records
AT_ONCE = 4  # source files that are read at the same time


@dataclass(frozen=True)
class BronzeFile:
    """One source file whose bytes the layer has (or, in a dry run, would have).

    `form_key` identifies the format that reads it.
    """

    name: str
    entry: Entry
    sha256: str
    object: Stored
    arrived: datetime
    form: Format
    form_key: str
    token: SourceToken
    corrections: tuple[Correction, ...] = ()
    cursor: JsonValue = None

    @property
    def bytes(self) -> int:
        return self.entry.bytes if self.object.bytes is None else self.object.bytes

    @property
    def identity(self) -> str:
        """Identifies its bytes, the format that reads them, and the corrections of its records."""
        return records_identity(self.sha256, self.form_key, [each.id for each in self.corrections])


def ingest_table(
    table: SourceTable,
    before: Snapshot | None,
    scratch: Path | None,
    *,
    full: bool = False,
    backfills: Sequence[Refresh] = (),
    lost: Collection[str] = (),
    touched: Tokens = MappingProxyType({}),
    corrections: FileCorrections = MappingProxyType({}),
) -> tuple[Arrival, list[BronzeFile]]:
    """Find a table's source files, and store the bytes of those that changed.

    Parameters: `before` is the published snapshot; without `scratch`, files are hashed and not
    stored; `full` also reads and stores files that seem unchanged; `backfills` are ranges of the
    source's cursor that are pulled again; files whose objects are `lost` are read again; `touched`
    are the tokens of files that were rewritten with the same bytes; `corrections` are those of
    records, by the SHA-256 of their file.
    Raises SourceError when no file matches.
    """
    known = {file.name: file for file in before.sources} if before else {}
    found = matches(table, last_pulled(known, touched), full=full, backfills=backfills)
    tokens = snapshot_tokens(known.values()) | {
        name: token
        for name, token in touched.items()
        if name in known and known[name].sha256 == token.sha256
    }
    staged = StagedStorage(table.storage, scratch) if scratch else None
    target, formats = replace(table, storage=staged or table.storage), SourceFormats(table.declared)

    def ingest_file(file: SourceMatch) -> BronzeFile:
        name, entry = file.name, file.entry
        (form, key), former = formats.of(name, entry), known.get(name)
        if former and not full and former.object not in lost and is_unchanged(tokens[name], entry):
            item = Stored(former.object, former.bytes, former.sha256)
            arrived, token, sha256 = former.arrived, tokens[name], former.sha256
        else:
            formats.check_complete(name, entry, file.storage)
            arrived = now()
            item = keep_object(target, file.storage, entry, scratch) if scratch else Stored("")
            sha256 = item.sha256 or digest_of_source(file.storage, entry)
            token = token_of(entry, sha256, arrived, file.cursor)
        return BronzeFile(name, entry, sha256, item, arrived, form, key, token, cursor=file.cursor)

    files = _ingested(found, ingest_file, staged, pulled=table.declared.pulled is not None)
    if corrections:
        files = [replace(file, corrections=corrections.get(file.sha256, ())) for file in files]
    return replace(_arrival(table, files, known), refreshed=full), files


def _ingested(
    found: Sequence[SourceMatch],
    ingest_file: Callable[[SourceMatch], BronzeFile],
    staged: StagedStorage | None,
    *,
    pulled: bool,
) -> list[BronzeFile]:
    """The files, in their order; one that was pulled without any record is none."""
    files: list[BronzeFile] = []
    # A connection to a database pulls one file at a time.
    with ThreadPoolExecutor(1 if pulled else AT_ONCE) as pool:
        for batch in _batches(found):
            files += pool.map(ingest_file, batch)
            if staged:
                staged.flush(pool)
    return [file for file in files if not pulled or file.sha256 != NOTHING]


def _arrival(
    table: SourceTable, files: Sequence[BronzeFile], known: Mapping[str, SourceFile]
) -> Arrival:
    """The present files, compared with those of the published snapshot."""
    changes = Counter[Change](_change(file, known) for file in files)
    changes["retracted"] = len(known.keys() - {file.name for file in files})
    mark = digest(
        {
            "number": table.number,
            "files": [(file.name, file.identity) for file in files],
            "schema": table.declared.schema_policy,
            "columns": table.declared.columns,
        }
    )
    return Arrival(mark, dict(changes), tuple(files), tuple(_corrected(files, known)))


def _corrected(files: Sequence[BronzeFile], known: Mapping[str, SourceFile]) -> Iterator[str]:
    """What is new in the corrections of each file: `1 correction of data/orders.csv`."""
    for file in files:
        former = known.get(file.name)
        before = set(former.corrections) if former and former.sha256 == file.sha256 else set()
        ids = {each.id for each in file.corrections}
        if ids - before:
            yield f"{count_of(len(ids - before), 'correction')} of {file.name}"
        if before - ids:
            removed = count_of(len(before - ids), "correction")
            yield f"{removed} of {file.name} not applied any more"


def records_path(table: SourceTable, files: Iterable[BronzeFile]) -> str:
    """The path, below the table's layer, of the records of a group of source files."""
    return table.layer.records(TableName(table.name).table, [file.identity for file in files])


def touched_tokens(before: Snapshot | None, files: Sequence[BronzeFile]) -> dict[str, SourceToken]:
    """The tokens of files that were read again because they were touched, with the same bytes."""
    known = snapshot_tokens(before.sources) if before else {}
    same = [file for file in files if file.name in known and known[file.name].sha256 == file.sha256]
    return {file.name: file.token for file in same if known[file.name] != file.token}


def keep_object(table: SourceTable, source: Storage, entry: Entry, scratch: Path) -> Stored:
    """Store a source file's bytes in the table's layer."""
    return table.layer.keep(table.storage, TableName(table.name).table, source, entry.path, scratch)


def _batches(files: Sequence[SourceMatch]) -> Iterator[list[SourceMatch]]:
    """The files in their order, in batches of limited number and size."""
    batch: list[SourceMatch] = []
    size = 0
    for file in files:
        if batch and (len(batch) == STAGED_FILES or size + file.entry.bytes > STAGED_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.entry.bytes
    if batch:
        yield batch


def digest_of_source(source: Storage, entry: Entry) -> str:
    """The SHA-256 of a source file as it is now."""
    with source.open(entry.path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def _change(file: BronzeFile, known: Mapping[str, SourceFile]) -> Change:
    if file.name not in known:
        return "new"
    return "unchanged" if known[file.name].sha256 == file.sha256 else "changed"
