"""The rejected records of the lake, listed and corrected for visitors."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from medallion.errors import CallError, LeaseError
from medallion.lake.corrections import WAITING, correction_log
from medallion.lineage.correction_preview import CorrectionPreview, PreviewedCorrections
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion.run.edited_rows import EditedRows
from medallion.run.rejected_records import IDENTITY, REASON, TEXT, Cells, RejectedRecord, apart
from medallion_panel.data.cancellable import Cancellable
from medallion_panel.data.stores import API_URL

AT_ONCE = 2  # visitors of a process
FIRST = 200  # rejects that are shown
MOST_NAMES = 300  # rules or files to choose from

Edits = Mapping[str, Cells]
"""By the identity of a record, the columns that a visitor has changed."""


@dataclass(frozen=True)
class QuarantineChoice:
    """Which rejects to list: of a table, by default the first, and of a rule and a file."""

    table: str = ""
    rule: str = ""
    file: str = ""


@dataclass(frozen=True)
class QuarantineListing:
    """Rejects of the current release.

    `tables`, `rules` and `files` are the numbers of rejects by name; those of rules are of the
    chosen file, and those of files of the chosen rule. `records` are those of the first rejects, of
    `total`; `others` of these come from no single source record. `waiting` counts the corrections
    that the next run applies.
    """

    release: str
    choice: QuarantineChoice
    tables: Mapping[str, int]
    rules: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
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
        release = self._release()
        tables = {
            name: snapshot.rejects.rows
            for name, snapshot in release.tables.items()
            if snapshot.rejects
        }
        waiting = self._waiting(release)
        if not tables:
            return QuarantineListing(release.id, QuarantineChoice(), tables, waiting=waiting)
        table = choice.table if choice.table in tables else next(iter(tables))
        rows = self._pipeline.lake.quarantine(table, release.id).scan()
        groups = rows.aggregate("rule, file, count(*)").fetchall()
        rule = choice.rule if any(choice.rule == each for each, _, _ in groups) else ""
        file = choice.file if any(choice.file == each for _, each, _ in groups) else ""
        rules, files = Counter[str](), Counter[str]()
        total = 0
        for name, place, rejects in groups:
            of_rule, of_file = rule in ("", name), file in ("", place)
            rules[name] += rejects if of_file else 0
            if place is not None:
                files[place] += rejects if of_rule else 0
            total += rejects if of_rule and of_file else 0
        rejected = self._pipeline.corrections.rejects(
            table, rule=rule or (), file=file or (), first=FIRST
        )
        return QuarantineListing(
            release.id,
            QuarantineChoice(table, rule, file),
            tables,
            _most(rules, rule),
            _most(files, file),
            rejected.records,
            total,
            rejected.others,
            waiting,
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

    def _release(self) -> Release:
        release = self._pipeline.lake.current()
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
    visitors correct records.
    """

    reader: QuarantineReader
    author: str
    enabled: bool

    @property
    def refusal(self) -> str:
        """Why the visitor cannot correct records; empty if they can."""
        if not self.enabled:
            return (
                "Records are shown, and cannot be corrected here: the declaration does not have "
                "dashboard: {corrections: true}."
            )
        if not self.author:
            return (
                "Records are shown, and cannot be corrected here: corrections are stored with the "
                "name of a visitor who has logged in, and this dashboard has no login."
            )
        return ""


def _rows(edits: Edits) -> list[Cells]:
    """Edited records as the rows of an edited file."""
    columns = list(dict.fromkeys(name for cells in edits.values() for name in cells))
    reason, text, identity = (apart(name, columns) for name in (REASON, TEXT, IDENTITY))
    return [{**cells, reason: "", text: "", identity: record} for record, cells in edits.items()]


def _most(counts: Counter[str], chosen: str) -> dict[str, int]:
    """The names with the most rejects, by name, and the chosen one."""
    names = {name for name, _ in counts.most_common(MOST_NAMES)} | {chosen} - {""}
    return {name: counts[name] for name in sorted(names) if counts[name] or name == chosen}
