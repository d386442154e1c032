"""The rejected records of the lake, listed and corrected for visitors."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from medallion.errors import CallError, LeaseError
from medallion.lake.candidates import resolve
from medallion.lake.corrections import WAITING, correction_log
from medallion.lake.frames import rejects_of
from medallion.lake.reject_filter import RejectFilter
from medallion.lineage.correction_preview import CorrectionPreview, PreviewedCorrections
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion.run.edited_rows import EditedRows
from medallion.run.rejected_records import (
    IDENTITY,
    REASON,
    TEXT,
    Cells,
    RejectedRecord,
    RejectedRecords,
    apart,
)
from medallion_panel.data.cancellable import Cancellable
from medallion_panel.data.stores import API_URL
from medallion_panel.messages.messages import Messages

AT_ONCE = 2  # visitors of a process
FIRST = 200  # rejects that are shown
MOST_NAMES = 300  # rules or files to choose from

Edits = Mapping[str, Cells]
"""By the identity of a record, the columns that a visitor has changed."""


@dataclass(frozen=True)
class QuarantineChoice:
    """Which rejects to list: of a table, by default the first, and of a rule, a file and a column.

    `release` is an id or the name of a candidate, by default the current release.
    """

    table: str = ""
    rule: str = ""
    file: str = ""
    column: str = ""
    release: str = ""


@dataclass(frozen=True)
class QuarantineListing:
    """Rejects of one release.

    `tables`, `rules`, `files` and `columns` are the numbers of rejects by name; those of rules are
    of the chosen file and column, and so on. `records` are those of the first rejects, of `total`;
    `others` of these come from no single source record. `waiting` counts the corrections that the
    next run applies.
    """

    release: str
    choice: QuarantineChoice
    tables: Mapping[str, int]
    rules: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)
    records: Sequence[RejectedRecord] = ()
    total: int = 0
    others: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Submission:
    """The number of corrections that were stored, or `faults` by the identity of the record."""

    added: int = 0
    faults: Mapping[str, str] = field(default_factory=dict)


class QuarantineReader:
    """Lists and corrects rejected records for all visitors of a process, in threads of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dashboard-quarantine")
        # A table takes longer to compute than rejects to list.
        self.preview_pool = ThreadPoolExecutor(1, thread_name_prefix="dashboard-preview")

    def listing(self, choice: QuarantineChoice) -> QuarantineListing:
        """The chosen rejects; a name that does not occur is ignored. Raises MedallionError."""
        release = self._release(choice.release)
        tables = {
            name: sum(file.rows for file in snapshot.rejects)
            for name, snapshot in release.tables.items()
            if snapshot.rejects
        }
        waiting, reference = self._waiting(release), choice.release
        if not tables:
            nothing = QuarantineChoice(release=reference)
            return QuarantineListing(release.id, nothing, tables, waiting=waiting)
        table = choice.table if choice.table in tables else next(iter(tables))
        rows = rejects_of(self._pipeline.lake.storage, release, table, RejectFilter()).scan()
        groups = rows.aggregate('rule, file, "column", count(*)').fetchall()
        wanted = _known(groups, choice)
        rule, file, column = wanted
        counts, total = _counts(groups, wanted)
        rules, files, columns = (
            _most(each, name) for each, name in zip(counts, wanted, strict=True)
        )
        choice = QuarantineChoice(table, rule, file, column, reference)
        rejected = self._rejected(choice, FIRST)
        return QuarantineListing(
            release.id,
            choice,
            tables,
            rules,
            files,
            columns,
            rejected.records,
            total,
            rejected.others,
            waiting,
        )

    def rows(self, choice: QuarantineChoice, columns: Sequence[str] = ()) -> list[Cells]:
        """All records of a listing's choice as rows to edit, with all columns or these."""
        rejected = self._rejected(choice)
        rows = rejected.rows()
        others = {name for record in rejected.records for name in record.cells} - set(columns)
        if not columns:
            return [*rows]
        return [{name: row[name] for name in row if name not in others} for row in rows]

    def _rejected(self, choice: QuarantineChoice, first: int | None = None) -> RejectedRecords:
        return self._pipeline.corrections.rejects(
            choice.table,
            release=choice.release or None,
            rule=choice.rule or (),
            file=choice.file or (),
            column=choice.column or (),
            first=first,
        )

    def submit(self, table: str, edits: Edits, *, note: str, author: str) -> Submission:
        """Store edited records as corrections, all or none. Raises MedallionError."""
        rows = _rows(edits)
        context = self._pipeline.context
        edited = EditedRows(context, correction_log(context.lake), table, rows, "new")
        edited.judged()
        if edited.faults:
            return Submission(faults=edited.faults)
        try:
            corrected = self._pipeline.corrections.correct(table, rows, note=note, author=author)
        except LeaseError as error:
            raise CallError(
                "a run writes to the lake: no correction was stored", hint="try again"
            ) from error
        return Submission(len(corrected.added))

    def preview(self, table: str, edits: Edits) -> EditPreview:
        """A preview of edited records, of which nothing is computed yet."""
        return EditPreview(self._pipeline, table, edits)

    def _release(self, reference: str) -> Release:
        lake = self._pipeline.lake
        release = resolve(lake, reference) if reference else lake.current()
        if release is not None:
            return release
        if os.environ.get(API_URL):
            hint = "rejected records can be read in the lake only"
            raise CallError("this dashboard reads an API, and has no lake", hint=hint)
        raise CallError("nothing has been published yet")

    def _waiting(self, release: Release) -> int:
        log = correction_log(self._pipeline.lake)
        reasons = log.reasons(release.tables)
        return sum(reasons[ident] == WAITING for ident in log.active)


class EditPreview(Cancellable):
    """What corrections of edited records would do, computed once in a thread until `cancel`."""

    def __init__(self, pipeline: Pipeline, table: str, edits: Edits) -> None:
        super().__init__()
        self._pipeline, self._table, self._edits = pipeline, table, edits
        self._preview: CorrectionPreview | None = None

    @property
    def started(self) -> bool:
        return self._preview is not None

    def run(self) -> PreviewedCorrections:
        """The outcome of each record. Raises MedallionError, and CancelledError after `cancel`."""
        with self.working():
            preview = CorrectionPreview(self._pipeline.context, self._table, _rows(self._edits))
            with self.lock:
                self._preview = preview
            return preview.run()

    def interrupt(self) -> None:
        if self._preview is not None:
            self._preview.interrupt()


@dataclass(frozen=True)
class QuarantineAccess:
    """What a visitor may do with rejected records.

    `author` is their name, empty without a login; `enabled` says whether the declaration lets
    visitors correct records; `release` is the id or candidate that they see, by default the current
    release.
    """

    reader: QuarantineReader
    author: str
    enabled: bool
    release: str = ""

    def refusal(self, say: Messages) -> str:
        """Why the visitor cannot correct records; empty if they can."""
        if not self.enabled:
            message = (
                "Records are shown, and cannot be corrected here: the declaration does not have "
                "dashboard: {setting}."
            )
            return say(message, setting="{corrections: true}")
        if not self.author:
            message = (
                "Records are shown, and cannot be corrected here: corrections are stored with the "
                "name of a visitor who has logged in, and this dashboard has no login."
            )
            return say(message)
        return ""


def _rows(edits: Edits) -> list[Cells]:
    """Edited records as the rows of an edited file."""
    columns = list(dict.fromkeys(name for cells in edits.values() for name in cells))
    reason, text, identity = (apart(name, columns) for name in (REASON, TEXT, IDENTITY))
    return [{**cells, reason: "", text: "", identity: record} for record, cells in edits.items()]


def _known(groups: Sequence[tuple[Any, ...]], choice: QuarantineChoice) -> list[str]:
    """The chosen rule, file and column; empty for one that no reject has."""
    return [
        name if any(name == group[place] for group in groups) else ""
        for place, name in enumerate((choice.rule, choice.file, choice.column))
    ]


def _counts(
    groups: Sequence[tuple[Any, ...]], wanted: Sequence[str]
) -> tuple[list[Counter[str]], int]:
    """The rejects by rule, file and column, each of the wanted others, and of all wanted ones."""
    counts, total = [Counter[str]() for _ in wanted], 0
    for *names, rejects in groups:
        fits = [want in ("", name) for want, name in zip(wanted, names, strict=True)]
        for place, name in enumerate(names):
            if name is not None:
                counts[place][name] += rejects if all(fits[:place] + fits[place + 1 :]) else 0
        total += rejects if all(fits) else 0
    return counts, total


def _most(counts: Counter[str], chosen: str) -> dict[str, int]:
    """The names with the most rejects, by name, and the chosen one."""
    names = {name for name, _ in counts.most_common(MOST_NAMES)} | {chosen} - {""}
    return {name: counts[name] for name in sorted(names) if counts[name] or name == chosen}
