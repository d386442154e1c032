"""The records of source files: parsed once, and reused while they are what was written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from medallion.contracts import Parsed, ParseTask, Session
from medallion.errors import DamagedError, MissingError, SourceError
from medallion.lake.journal import note_all
from medallion.records import SourceFile
from medallion.run.ingest import BronzeFile, SourceTable, keep_object, matches, records_path
from medallion.storage.digests import Stored, store_file, verified
from medallion.storage.sealed_records import read_record, seal


@dataclass(frozen=True)
class Records:
    """What is stored for a parsed file: the result, and the size and digest of its Parquet file."""

    parsed: Parsed
    bytes: int
    digest: str


_RECORDS = TypeAdapter(Records)


def parse(
    table: SourceTable, files: Sequence[BronzeFile], session: Session, scratch: Path
) -> list[tuple[SourceFile, Parsed]]:
    """The records of every file, parsed where no earlier run has.

    Raises SourceError with a line for each file that cannot be read.
    """
    paths = [records_path(table, file) for file in files]
    known = {path: _known(table, path) for path in paths}
    fresh = {path: file for path, file in zip(paths, files, strict=True) if known[path] is None}
    tasks = [
        ParseTask(
            file.form,
            _original(table, file, scratch),
            file.name,
            scratch / f"{table.name}-{number}.parquet",
        )
        for number, file in enumerate(fresh.values())
    ]
    note_all(table.storage, [name for path in fresh for name in (path, f"{path}.json")])
    faults: list[str] = []
    for path, task, outcome in zip(fresh, tasks, session.parse(tasks), strict=True):
        if isinstance(outcome, SourceError):
            faults.append(str(outcome))
            continue
        known[path] = _store(table, path, task, outcome)
    if faults:
        raise SourceError("\n".join(faults))
    return [
        (_source_file(file, path, records), records.parsed)
        for file, path in zip(files, paths, strict=True)
        if (records := known[path]) is not None
    ]


def _known(table: SourceTable, path: str) -> Records | None:
    """The records of an earlier run; None when they are lost or damaged."""
    with suppress(MissingError, DamagedError, ValidationError):
        records = _RECORDS.validate_python(read_record(table.storage, f"{path}.json"))
        verified(table.storage, [Stored(path, records.bytes, records.digest)])
        return records
    return None


def _original(table: SourceTable, file: BronzeFile, scratch: Path) -> Path:
    """The bytes of a source file as a local file; copied again if the stored ones are damaged."""
    try:
        return verified(table.storage, [file.object])[0]
    except (MissingError, DamagedError):
        source, _ = matches(table)
        if keep_object(table, source, file.entry, scratch).sha256 == file.sha256:
            return verified(table.storage, [file.object])[0]
        raise SourceError(f"{file.name}: changed while it was read", hint="run again") from None


def _store(table: SourceTable, path: str, task: ParseTask, parsed: Parsed) -> Records:
    item = store_file(table.storage, path, task.target)
    records = Records(parsed, item.bytes or 0, item.sha256 or "")
    described = task.target.with_suffix(".json")
    described.write_bytes(seal(_RECORDS.dump_json(records)))
    # Stored as a file, not a record, so that it is synced together with all others.
    table.storage.put_file(f"{path}.json", described)
    return records


def _source_file(file: BronzeFile, path: str, records: Records) -> SourceFile:
    parsed = records.parsed
    return SourceFile(
        name=file.name,
        bytes=file.object.bytes or 0,
        sha256=file.sha256,
        token=file.entry.token,
        arrived=file.arrived,
        object=file.object.path,
        records=path,
        records_bytes=records.bytes,
        records_sha256=records.digest,
        columns=parsed.columns,
        rows=parsed.rows + len(parsed.rejects),
        quarantined=len(parsed.rejects),
    )
