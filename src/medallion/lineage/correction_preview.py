"""What corrections would do: the tables are computed with them, and nothing is stored.

A table is computed by the parts of a run, from the source files of the current release, so that a
step which depends on other rows, such as `deduplicate`, decides as it would in a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, cast

from medallion import plugins
from medallion.contracts import Engine, Session
from medallion.declaration.models import Source, Table
from medallion.errors import CallError, DataError
from medallion.lake.corrections import correction_log
from medallion.lineage.corrected_rows import CorrectedRows, PreviewedRecord
from medallion.records import Correction, Release
from medallion.run.context import RunContext
from medallion.run.corrected_tables import RUN, RUN_FIRST, CorrectedTables
from medallion.run.edited_rows import EditedRows
from medallion.run.rejected_records import Cells
from medallion.sql.expressions import prepare

if TYPE_CHECKING:
    from medallion.contracts import Connection


@dataclass(frozen=True)
class PreviewedCorrections:
    """The result of a preview, of the source files of `release`.

    `unchanged` and `known` count the rows that are no new corrections, as `correct` counts them.
    """

    release: str
    records: tuple[PreviewedRecord, ...] = ()
    unchanged: int = 0
    known: int = 0
    faults: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        kept = sum(each.outcome == "kept" for each in self.records)
        return f"<PreviewedCorrections: {kept:,} of {len(self.records):,} kept>"


class CorrectionPreview:
    """A preview of the corrections of a table's rejects, used once.

    `interrupt` may be called from another thread. Parameters: `rows` are edited rejects, as
    `correct` takes them.
    """

    def __init__(
        self, context: RunContext, table: str, rows: Sequence[Cells], file: str = ""
    ) -> None:
        self.context = context
        self.table = table
        self.log = correction_log(context.lake)
        self.edited = EditedRows(context, self.log, table, rows, RUN, file)
        self._lock = Lock()
        self._interruptible: list[Callable[[], None]] = []

    def interrupt(self) -> None:
        """End what is computed now, with an error."""
        with self._lock:
            for interrupt in self._interruptible:
                interrupt()

    def run(self) -> PreviewedCorrections:
        """Compute the tables, and look for the records.

        The faults of rows that cannot be corrections are in the result. Raises CallError when the
        next run alone can decide, and why.
        """
        edited = self.edited
        corrections = edited.judged().added
        release = self.context.lake.current()
        if release is None:
            raise CallError("nothing has been published yet", hint=RUN_FIRST)
        counts = (edited.unchanged, edited.known, edited.faults)
        if not corrections:
            return PreviewedCorrections(release.id, (), *counts)
        _require_files(release, corrections)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="medallion-preview-")))
            tables = CorrectedTables(self.context, release, self.log, folder)
            names = self._tables()
            session = stack.enter_context(self._session(folder))
            try:
                snapshots = tables.snapshots(corrections, names, session)
            except DataError as error:
                self.context.locate(error)
                failed = tuple(
                    PreviewedRecord(each, self.table, "failed", (str(error),))
                    for each in corrections
                )
                return PreviewedCorrections(release.id, failed, *counts)
            connection = stack.enter_context(self._connection())
            corrected = release.model_copy(update={"tables": {**release.tables, **snapshots}})
            look = CorrectedRows(tables.context, corrected, snapshots, connection)
            records = tuple(look.record(each, name) for each in corrections for name in names)
            return PreviewedCorrections(release.id, records, *counts)

    def _tables(self) -> list[str]:
        """The tables to look into: of source files, those that are computed from them."""
        declaration = self.context.declaration
        if not isinstance(declaration.table(self.table), Source):
            return [self.table]
        tables = {name: declaration.table(name) for name in declaration.names()}
        made_of = [
            name
            for name, table in tables.items()
            if isinstance(table, Table) and table.main == self.table
        ]
        return made_of or [self.table]

    @contextmanager
    def _session(self, scratch: Path) -> Iterator[Session]:
        """A session of the engine in this process: workers of a cluster cannot read the folder."""
        engine = self.context.declaration.engine
        if engine.name != "duckdb":
            engine = cast("Engine", plugins.build(plugins.ENGINES, "duckdb"))
        with engine.session(scratch) as session, self._interrupted(session.interrupt):
            yield session

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        import duckdb

        with closing(duckdb.connect()) as connection:
            prepare(connection)
            with self._interrupted(connection.interrupt):
                yield connection

    @contextmanager
    def _interrupted(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Let `interrupt` end the block."""
        with self._lock:
            self._interruptible.append(interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._interruptible.remove(interrupt)


def _require_files(release: Release, corrections: Sequence[Correction]) -> None:
    """Raise CallError unless the release has the source files of all corrections."""
    for each in corrections:
        snapshot = release.tables.get(each.source)
        hashes = {file.sha256 for file in snapshot.sources} if snapshot else set[str]()
        if each.sha256 not in hashes:
            raise CallError(
                f"{each.place}: the current release does not have the file as it was rejected",
                hint="store the correction: the next run decides",
            )
