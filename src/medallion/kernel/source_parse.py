"""Parsing source files whose bytes a layer has, and storing their records in the same layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from medallion.contracts import (
    GroupedFile,
    LocalFile,
    ParsedGroup,
    ParseTask,
    RecordGroup,
    StoredRecords,
    records_path,
)
from medallion.errors import DamagedError, MissingError, SourceError
from medallion.kernel.record_group import parse_group
from medallion.storage.digests import store_file, verified

if TYPE_CHECKING:
    from medallion.contracts import Connection


def parse_sources(task: ParseTask, connection: Connection, scratch: Path) -> ParsedGroup:
    """Parse a group of source files, and store their records unless one cannot be read."""
    try:
        paths = verified(task.storage, [file.object for file in task.files])
    except (MissingError, DamagedError) as error:
        return ParsedGroup(damage=error)
    files = [
        (file.form, LocalFile(path, file.name))
        for file, path in zip(task.files, paths, strict=True)
    ]
    folder = scratch / f"{task.table}-{uuid4().hex}"
    corrections = [file.corrections for file in task.files]
    parsed = parse_group(files, folder, connection, corrections)
    errors = tuple(file for file in parsed.files if isinstance(file, SourceError))
    if errors:
        return ParsedGroup(errors=errors)
    task.storage.note(
        records_path(task.path, number, task.attempt) for number in range(len(parsed.targets))
    )
    items = [
        store_file(task.storage, records_path(task.path, number, task.attempt), target)
        for number, target in enumerate(parsed.targets)
    ]
    grouped = tuple(file for file in parsed.files if isinstance(file, GroupedFile))
    stored = tuple(StoredRecords(item.bytes or 0, item.sha256 or "") for item in items)
    return ParsedGroup(RecordGroup(grouped, stored, task.attempt))
