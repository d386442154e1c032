"""The source records that a table rejected, as rows to edit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from medallion.declaration.models import Source
from medallion.errors import MissingError
from medallion.lake.candidates import candidates
from medallion.lake.corrections import CorrectionLog
from medallion.lake.frames import Quarantine
from medallion.records import Column, Correction, Reject, Release, Run, Snapshot, SourceFile
from medallion.records.column_type import NULL, column_type, decided
from medallion.records.column_type import TEXT as TEXT_TYPE
from medallion.run.context import RunContext
from medallion.run.table_order import reads

# Columns that are added to those of the source files; longer if a file has a column of the name.
REASON, TEXT, IDENTITY = "_reason", "_text", "_reject"
RUNS = 20  # runs in which rejects are looked for

Cells = Mapping[str, str | None]
TableFile = tuple[str, SourceFile, tuple[Column, ...]]  # with its table and the table's columns
Applied = Mapping[tuple[str, str, int], Correction]


@dataclass(frozen=True)
class RejectedRecord:
    """A source record that was rejected, and why.

    `row` is the record as it was rejected, and `original` as it was read: they differ if it has
    been corrected. Both are JSON objects; `unreadable` ones have only the member `text`. `columns`
    are those of the table of the source files. `invalid` has the columns, as the table that
    rejected the record names them, and the values that were refused.
    A `purged` record was read as corrected by what was purged since: only the next run knows what
    the file has.
    """

    source: str
    file: SourceFile
    columns: tuple[Column, ...]
    record: int
    row: str
    original: str
    unreadable: bool = False
    reasons: tuple[str, ...] = ()
    invalid: tuple[tuple[str, str], ...] = ()
    purged: bool = False

    def is_invalid(self, name: str) -> bool:
        """Whether the value of a column of the source file was refused."""
        return any(name == column or self.cells[name] == value for column, value in self.invalid)

    @property
    def identity(self) -> str:
        """What identifies the record in a file of rejects."""
        return f"{self.file.sha256}:{self.record}"

    @property
    def text(self) -> str:
        """The text of a record that could not be split; otherwise empty."""
        return str(json.loads(self.row)["text"]) if self.unreadable else ""

    @property
    def missing_types(self) -> dict[str, str]:
        """The types of columns without a value in the file, as the other files have them."""
        types = {column.name: decided(column_type(column.type)) for column in self.columns}
        return {
            column.name: str(types.get(column.name, TEXT_TYPE))
            for column in self.file.columns
            if column_type(column.type) == NULL
        }

    @property
    def cells(self) -> dict[str, str | None]:
        """The values as text, by column of the source file; empty if it could not be split."""
        texts = {} if self.unreadable else cells_of(self.row)
        return {column.name: texts.get(column.name) for column in self.file.columns}


@dataclass(frozen=True)
class RejectedRecords:
    """The source records that a table rejected.

    `others` counts its other rejects: rows that were made of no source record, or of several.
    """

    table: str
    records: tuple[RejectedRecord, ...]
    others: int = 0

    def rows(self) -> list[dict[str, str | None]]:
        """The rows to edit: the columns of the source files, the reasons, and the identity."""
        columns = list(
            dict.fromkeys(column.name for each in self.records for column in each.file.columns)
        )
        reason, text, identity = (apart(name, columns) for name in (REASON, TEXT, IDENTITY))
        unreadable = any(each.unreadable for each in self.records)
        rows = []
        for each in self.records:
            row = {**dict.fromkeys(columns), **each.cells, reason: "; ".join(each.reasons)}
            if unreadable:
                row[text] = each.text or None
            rows.append({**row, identity: each.identity})
        return rows


def cells_of(row: str) -> dict[str, str | None]:
    """The values of a JSON object as text: nested ones as JSON, numbers as they are written."""
    numbers = json.loads(row, parse_float=str, parse_int=str)
    return {name: _cell(value, numbers[name]) for name, value in json.loads(row).items()}


def corrected_cells(correction: Correction) -> dict[str, str | None]:
    """The values of a corrected record as text."""
    return {**cells_of(correction.original), **correction.values}


def rejected_records(
    context: RunContext,
    log: CorrectionLog,
    table: str,
    rejects: Quarantine,
    source: Release | Run | None,
    first: int | None = None,
) -> RejectedRecords:
    """The source records of some rejects of a table, of a release or of a run.

    Parameters: `first` is the largest number of rejects, by default all.
    """
    if isinstance(source, Run):
        return _rejected(context, log, table, rejects, _snapshots(context, source), first)
    return _rejected(context, log, table, rejects, source.tables if source else {}, first)


def find_rejected(
    context: RunContext, log: CorrectionLog, table: str, identities: Collection[str]
) -> dict[str, RejectedRecord]:
    """The rejected records of a table with some identities, by identity.

    They are looked for in the current release, in candidates, and in the newest runs.
    """
    rejected: dict[str, RejectedRecord] = {}
    for rejects, snapshots in _places(context, table):
        records = _rejected(context, log, table, rejects, snapshots).records
        rejected = {each.identity: each for each in records} | rejected
        if rejected.keys() >= set(identities):
            break
    return rejected


def _places(context: RunContext, table: str) -> Iterator[tuple[Quarantine, Mapping[str, Snapshot]]]:
    """Rejects of a table, and the snapshots that they belong to."""
    lake = context.lake
    current = lake.current()
    pending = [candidate.release for candidate in candidates(lake, [])]
    for release in [current, *pending] if current else pending:
        snapshot = release.tables.get(table)
        if snapshot and snapshot.rejects:
            yield Quarantine(lake.storage, {table: snapshot.rejects}), release.tables
    for run in lake.runs(RUNS):
        for step in run.steps:
            if step.table == table and step.rejects:
                with suppress(MissingError):
                    yield Quarantine(lake.storage, {table: step.rejects}), _snapshots(context, run)


def _snapshots(context: RunContext, run: Run) -> dict[str, Snapshot]:
    """The snapshots of the source tables of a run, without those that were removed."""
    snapshots = {}
    for step in run.steps:
        if step.snapshot and isinstance(_declared(context, step.table), Source):
            with suppress(MissingError):
                snapshots[step.table] = context.lake.snapshot(step.table, step.snapshot)
    return snapshots


def _declared(context: RunContext, table: str) -> object:
    declaration = context.declaration
    return declaration.table(table) if table in declaration.names() else None


def _rejected(
    context: RunContext,
    log: CorrectionLog,
    table: str,
    rejects: Quarantine,
    snapshots: Mapping[str, Snapshot],
    first: int | None = None,
) -> RejectedRecords:
    files = _source_files(context, table, snapshots)
    applied = _applied(log, files)
    records: dict[tuple[str, str], RejectedRecord] = {}
    others = 0
    rows = rejects.scan() if first is None else rejects.scan().limit(first)
    for values in rows.to_arrow_table().to_pylist():
        reject = Reject.model_validate(values)
        sources = files.get(reject.file or "", [])
        if reject.record is None or len(sources) != 1:
            others += 1
            continue
        record = _record(table, reject, sources[0], applied)
        key = (record.source, record.identity)
        if former := records.get(key):
            reasons = tuple(dict.fromkeys(former.reasons + record.reasons))
            record = replace(record, reasons=reasons, invalid=former.invalid + record.invalid)
        records[key] = record
    return RejectedRecords(table, tuple(records.values()), others)


def _source_files(
    context: RunContext, table: str, snapshots: Mapping[str, Snapshot]
) -> dict[str, list[TableFile]]:
    """The source files that a table is made of, by name, without columns that `add` declares."""
    files: dict[str, list[TableFile]] = {}
    names, waiting = {table}, [table]
    while waiting:
        name = waiting.pop()
        declared = _declared(context, name)
        if isinstance(declared, Source) and name in snapshots:
            columns = snapshots[name].columns
            for file in snapshots[name].sources:
                own = tuple(each for each in file.columns if each.name not in declared.add)
                file_itself = file.model_copy(update={"columns": own})
                files.setdefault(file.name, []).append((name, file_itself, columns))
        elif name in context.declaration.names():
            fresh = set(reads(context.declaration, name)) - names
            names |= fresh
            waiting += fresh
    return files


def _record(table: str, reject: Reject, table_file: TableFile, applied: Applied) -> RejectedRecord:
    source, file, columns = table_file
    record = reject.record or 0
    former = applied.get((source, file.sha256, record))
    reason = f"{reject.rule} {reject.column or ''}".strip()
    return RejectedRecord(
        source=source,
        file=file,
        columns=columns,
        record=record,
        row=reject.row,
        original=former.original if former else reject.row,
        unreadable=table == source,
        reasons=(f"{reason}: {reject.value}" if reject.value else reason,),
        invalid=((reject.column or "", reject.value or ""),),
        purged=former is not None and former.purged,
    )


def _applied(log: CorrectionLog, files: Mapping[str, Sequence[TableFile]]) -> Applied:
    """The corrections that some files were read with, by table, SHA-256 and record."""
    known = {each.id: each for each in log.all}
    return {
        (source, file.sha256, known[ident].record): known[ident]
        for same_name in files.values()
        for source, file, _ in same_name
        for ident in file.corrections
        if ident in known and ident not in file.unapplied
    }


def _cell(value: object, number: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(number)
    return json.dumps(value, ensure_ascii=False)


def apart(name: str, columns: Iterable[str]) -> str:
    """A name for an added column: with more underscores at its end than a column has."""
    alike = [column for column in columns if column.lower().rstrip("_") == name]
    longest = max(map(len, alike), default=0)
    return name if longest < len(name) else name + "_" * (longest - len(name) + 1)
