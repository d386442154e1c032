"""The tables that a run would make of corrections: computed by its own parts, and not stored.

Source files are those of the current release, so that what differs is the effect of the corrections
alone. What is written goes to a folder, over the lake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import current_thread, main_thread

from medallion.contracts import Session
from medallion.declaration.models import Source, Table
from medallion.errors import CallError
from medallion.identifiers import digest
from medallion.lake.corrections import CorrectionLog
from medallion.lake.journal import WriteJournal
from medallion.lake.overlay_lake import OverlayLake
from medallion.records import Correction, Release, Snapshot, SourceFile
from medallion.run.compute import Computing
from medallion.run.context import RunContext
from medallion.run.ingest import BronzeFile
from medallion.run.planner import Step, fingerprint
from medallion.run.source_formats import SourceFormats
from medallion.run.source_matches import SourceTable, matches
from medallion.run.source_tokens import SourceToken
from medallion.run.table_order import order, reads, unthreaded
from medallion.storage import Entry
from medallion.storage.digests import Stored

RUN = "preview"  # in place of the id of a run
RUN_FIRST = "medallion run, then preview the correction"


class CorrectedTables:
    """The tables of a release as they would be with corrections, used once.

    `context` has the lake that they are written to: only its own folder is. Parameters: `log` has
    the corrections of the lake, which the next run applies too.
    """

    def __init__(
        self, context: RunContext, release: Release, log: CorrectionLog, folder: Path
    ) -> None:
        self.context = replace(context, lake=OverlayLake(context.lake, folder / "written"))
        self.release = release
        self.log = log
        self.scratch = folder / "scratch"
        self.scratch.mkdir()

    def snapshots(
        self, corrections: Sequence[Correction], tables: Sequence[str], session: Session
    ) -> dict[str, Snapshot]:
        """The snapshots that the corrections change, of these tables and of those that they read.

        In the order in which they are computed. Raises DataError as a run would.
        """
        journal = WriteJournal(self.context.lake.storage, RUN)
        computing = Computing(self.context, journal, RUN, self.scratch, lambda: session)
        known, changed = dict(self.release.tables), dict[str, Snapshot]()
        for name in self.changing(corrections, tables):
            if isinstance(self.context.declaration.table(name), Source):
                snapshot = self._source(computing, name, corrections)
            else:
                step = Step(name, "compute", "", self._fingerprint(name, known))
                snapshot = computing.compute(step, known, self.release.tables)
            known[name] = changed[name] = snapshot
        return changed

    def changing(self, corrections: Sequence[Correction], tables: Sequence[str]) -> list[str]:
        """The tables to compute. Raises CallError for one that cannot be computed here."""
        declaration = self.context.declaration
        wanted, waiting = set(tables), list(tables)
        while waiting:
            fresh = set(reads(declaration, waiting.pop())) - wanted
            wanted |= fresh
            waiting += fresh
        changed = {each.source for each in corrections}
        ordered = [name for name in order(declaration) if name in wanted]
        for name in ordered:
            if not changed.isdisjoint(reads(declaration, name)):
                changed.add(name)
        names = [name for name in ordered if name in changed]
        self._require_main_thread(names)
        for name in names:
            missing = [each for each in reads(declaration, name) if each not in self.release.tables]
            if missing:
                raise CallError(
                    f"release {self.release.id} has no table {missing[0]}", hint=RUN_FIRST
                )
        return names

    def _require_main_thread(self, names: Sequence[str]) -> None:
        single = unthreaded(self.context.declaration).intersection(names)
        if single and current_thread() is not main_thread():
            raise CallError(
                f"{min(single)} has a Python step, which is computed in the main thread only",
                hint="medallion correct TABLE FILE --dry-run computes it; or store the "
                "correction: the next run decides",
            )

    def _fingerprint(self, name: str, known: Mapping[str, Snapshot]) -> str:
        declaration = self.context.declaration
        return fingerprint(
            declaration, name, {each: known[each] for each in reads(declaration, name)}
        )

    def _source(
        self, computing: Computing, name: str, corrections: Sequence[Correction]
    ) -> Snapshot:
        """A table of source files, whose files with these corrections are parsed again."""
        table = next(each for each in computing.sources() if each.name == name)
        former = self.release.tables[name]
        files = BronzeFiles(table, former, self.log, corrections).files()
        mark = digest([former.fingerprint, [each.id for each in corrections]])
        return computing.parse(Step(name, "compute", "", mark), files, former)[0]


class BronzeFiles:
    """The files of a table as they were ingested, each with its corrections and those to come."""

    def __init__(
        self,
        table: SourceTable,
        snapshot: Snapshot,
        log: CorrectionLog,
        corrections: Sequence[Correction],
    ) -> None:
        self.table = table
        self.snapshot = snapshot
        self.formats = SourceFormats(table.declared)
        self.corrections = {sha: list(each) for sha, each in log.by_file(table.name).items()}
        for each in corrections:
            if each.source == table.name:
                self.corrections.setdefault(each.sha256, []).append(each)
        dated = "modified" in table.declared.add.values()
        self.entries = {file.name: file.entry for file in matches(table)} if dated else {}

    def files(self) -> list[BronzeFile]:
        """The files. Raises CallError when the declaration reads one of them in another way now."""
        return [self._file(each) for each in self.snapshot.sources]

    def _file(self, source: SourceFile) -> BronzeFile:
        entry = self.entries.get(source.name) or Entry(
            source.name, source.bytes, source.token, source.arrived.timestamp(), 0.0
        )
        form, key = self.formats.of(source.name, entry)
        if key != source.form:
            raise CallError(
                f"{source.name} is read in another way than in the current release",
                hint=RUN_FIRST,
            )
        return BronzeFile(
            source.name,
            entry,
            source.sha256,
            Stored(source.object, source.bytes, source.sha256),
            source.arrived,
            form,
            key,
            SourceToken(token=source.token, sha256=source.sha256, read=source.arrived),
            tuple(self.corrections.get(source.sha256, ())),
        )


def main_inputs(context: RunContext, table: str) -> list[str]:
    """A table, its main input, the main input of that, and so on to the source files."""
    names = [table]
    while isinstance(declared := context.declaration.table(names[-1]), Table):
        names.append(declared.main)
    return names
