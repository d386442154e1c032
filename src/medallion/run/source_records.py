"""The records of source files: parsed once, and reused while they are what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from medallion.contracts import (
    Parsed,
    ParsedGroup,
    ParseTask,
    RecordGroup,
    Session,
    StoredSource,
)
from medallion.contracts import records_path as stored_records
from medallion.errors import DamagedError, MissingError, SourceError
from medallion.kernel import partition_groups
from medallion.records import SourceFile
from medallion.run.ingest import BronzeFile, keep_object, records_path
from medallion.run.source_matches import SourceTable, matches
from medallion.storage.digests import verified
from medallion.storage.sealed_records import read_record, seal

_GROUP = TypeAdapter(RecordGroup)


def parse(
    table: SourceTable, files: Sequence[BronzeFile], session: Session, scratch: Path
) -> list[tuple[SourceFile, Parsed]]:
    """The records of every file, parsed where no earlier run has.

    Raises SourceError with a line for each file that cannot be read.
    """
    groups = [[files[number] for number in numbers] for numbers in partition_groups.groups(files)]
    paths = [records_path(table, group) for group in groups]
    known = {path: _known(table, path) for path in paths}
    fresh = {path: group for path, group in zip(paths, groups, strict=True) if not known[path]}
    table.storage.note(map(_description, fresh))
    errors: list[SourceError] = []
    for path, outcome in _parsed(table, fresh, session, scratch).items():
        errors += outcome.errors
        if outcome.group:
            _describe(table, path, outcome.group, scratch)
            known[path] = outcome.group
    if errors:
        raise SourceError("\n".join(map(str, errors)), settings=errors[0].settings)
    return [
        pair
        for path, group in zip(paths, groups, strict=True)
        if (stored := known[path]) is not None
        for pair in _source_files(path, group, stored)
    ]


def _description(path: str) -> str:
    return f"{path}.json"


def _known(table: SourceTable, path: str) -> RecordGroup | None:
    """The records of an earlier run; None when they are lost or damaged."""
    with suppress(MissingError, DamagedError, ValidationError):
        group = _GROUP.validate_python(read_record(table.storage, _description(path)))
        verified(table.storage, group.objects(path))
        return group
    return None


def _parsed(
    table: SourceTable,
    groups: Mapping[str, Sequence[BronzeFile]],
    session: Session,
    scratch: Path,
) -> dict[str, ParsedGroup]:
    """The result of each group, by its path; source files are copied again if damaged."""
    tasks = {
        path: ParseTask(
            table.name,
            tuple(
                StoredSource(file.name, file.form, file.object, file.corrections) for file in group
            ),
            table.storage,
            path,
        )
        for path, group in groups.items()
    }
    outcomes = dict(zip(tasks, session.parse(list(tasks.values())), strict=True))
    damaged = [path for path, outcome in outcomes.items() if outcome.damage]
    if damaged:
        for file in (file for path in damaged for file in groups[path]):
            _restore(table, file, scratch)
        again = session.parse([tasks[path] for path in damaged])
        outcomes |= zip(damaged, again, strict=True)
    for outcome in outcomes.values():
        if outcome.damage:
            raise outcome.damage
    return outcomes


def _restore(table: SourceTable, file: BronzeFile, scratch: Path) -> None:
    """Copy the bytes of a source file again if the stored ones are missing or damaged."""
    try:
        verified(table.storage, [file.object])
    except (MissingError, DamagedError):
        with table.connections:
            found = next((each for each in matches(table) if each.name == file.name), None)
            same = (
                found and keep_object(table, found.storage, found.entry, scratch).sha256
            ) == file.sha256
        if not same:
            raise SourceError(f"{file.name}: changed while it was read", hint="run again") from None


def _describe(table: SourceTable, path: str, group: RecordGroup, scratch: Path) -> None:
    """Store the record of a group as a file, so that it is synced together with all others."""
    file = scratch / uuid4().hex
    file.write_bytes(seal(_GROUP.dump_json(group)))
    table.storage.put_file(_description(path), file)


def _source_files(
    path: str, files: Sequence[BronzeFile], group: RecordGroup
) -> Iterator[tuple[SourceFile, Parsed]]:
    shared_by = Counter(grouped.number for grouped in group.files)
    for file, grouped in zip(files, group.files, strict=True):
        parsed, stored = grouped.parsed, group.stored[grouped.number]
        yield (
            SourceFile(
                name=file.name,
                bytes=file.object.bytes or 0,
                sha256=file.sha256,
                token=file.entry.token,
                arrived=file.arrived,
                form=file.form_key,
                object=file.object.path,
                records=stored_records(path, grouped.number, group.attempt),
                records_bytes=stored.bytes,
                records_sha256=stored.sha256,
                place=grouped.place or 0,
                shared_by=shared_by[grouped.number],
                columns=parsed.columns,
                rows=parsed.rows + len(parsed.rejects),
                quarantined=len(parsed.rejects),
                unreadable=parsed.unreadable,
                corrections=tuple(each.id for each in file.corrections),
                unapplied=grouped.unapplied,
                cursor=file.cursor,
            ),
            parsed,
        )
