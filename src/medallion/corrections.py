"""Corrections of a pipeline: listed, previewed, added and revoked from Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from medallion.errors import CallError
from medallion.export.edit_file import read_rows
from medallion.lake.candidates import resolve
from medallion.lake.corrections import correction_log
from medallion.lake.frames import Listing, rejects_of
from medallion.lake.reject_filter import Names, RejectFilter
from medallion.lineage.correction_preview import CorrectionPreview, PreviewedCorrections
from medallion.records import Correction
from medallion.run.context import RunContext
from medallion.run.corrections import correct, correction_listing, lease_needed, revoke
from medallion.run.edited_rows import Corrected
from medallion.run.rejected_records import IDENTITY, RejectedRecords, rejected_records
from medallion.run.writer import Writer


class Corrections:
    """The corrections of a pipeline's lake: `pipeline.corrections`.

    Parameters: `writer` holds the lake's lease for the length of a block.
    """

    def __init__(
        self, context: RunContext, writer: Callable[[], AbstractContextManager[Writer]]
    ) -> None:
        self._context = context
        self._writer = writer

    def rejects(
        self,
        table: str,
        *,
        run: str | None = None,
        release: str | None = None,
        rule: Names = (),
        file: Names = (),
        column: Names = (),
        first: int | None = None,
    ) -> RejectedRecords:
        """The source records that a table rejected, to be edited and given to `correct`.

        They are those of the current release, of another release, by its id or the name of a
        candidate, or of a run; `rule`, `file` and `column` limit them as in `Lake.quarantine`;
        `first` is the largest number of rejects. Raises CallError when there is no such table,
        release, run, rule or column.
        """
        lake = self._context.lake
        source = lake.run(run) if run else resolve(lake, release) if release else lake.current()
        if source is None:
            raise CallError(f"{lake.url}: nothing was published yet", hint="medallion run")
        rejects = rejects_of(lake.storage, source, table, RejectFilter.of(rule, file, column))
        return rejected_records(self._context, correction_log(lake), table, rejects, source, first)

    def correct(self, table: str, rows: Any, *, note: str = "", author: str = "") -> Corrected:
        """Store edited rejects of a table as corrections, which the next run applies.

        Parameters: `rows` is the path of a CSV file or an Excel workbook, a frame, or an iterable
        of dicts. Rows that were not changed are no corrections. `author` is by default the user of
        the operating system. Raises DataError, with every row that cannot be stored, also because a
        spreadsheet seems to have rewritten a cell; then none is. Raises LeaseError, and stores
        none, while another run writes to the lake.
        """
        cells, file = read_rows(rows, IDENTITY), _file_name(rows)
        with self._writing("stored") as writer:
            return correct(self._context, writer, table, cells, note=note, author=author, file=file)

    def preview(self, table: str, rows: Any) -> PreviewedCorrections:
        """What `correct` and a run would make of edited rejects of a table; nothing is stored.

        The table is computed as in a run, with the source files of the current release. Raises
        DataError as `correct` does, and CallError when only a run can decide.
        """
        cells = read_rows(rows, IDENTITY)
        preview = CorrectionPreview(self._context, table, cells, _file_name(rows))
        result = preview.run()
        preview.edited.require_faultless()
        return result

    def revoke(self, *ids: str, purge: bool = False) -> list[Correction]:
        """Revoke corrections: the next run reads the original records.

        `ids` are those of corrections, or the common beginning of those stored together. With
        `purge`, the content of the corrections is removed from the lake's records, also of those
        that were revoked before; who stored and purged them, and when, stays. Returns the
        corrections that were not revoked, or not purged, before. Raises CallError when there is no
        such id, and LeaseError while another run writes to the lake; then none is revoked.
        """
        with self._writing("revoked") as writer:
            return revoke(self._context, writer, ids, purge=purge)

    @contextmanager
    def _writing(self, done: str) -> Iterator[Writer]:
        """The only writer of the lake; an error says that nothing was done without its lease."""
        with ExitStack() as stack:
            with lease_needed(done):
                writer = stack.enter_context(self._writer())
            yield writer

    def listing(self, table: str | None = None) -> Listing:
        """All corrections, or those of a table, and whether the current release has them."""
        return correction_listing(self._context, table)

    def __repr__(self) -> str:
        return f"<Corrections: {len(self.listing())}>"


def _file_name(rows: object) -> str:
    return Path(rows).name if isinstance(rows, str | Path) else ""
