"""What the corrections of edited records would do, below the form of the quarantine block."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import panel as pn

from medallion.errors import DataError, MedallionError
from medallion.lineage.corrected_rows import Outcome, PreviewedRecord
from medallion.lineage.correction_preview import PreviewedCorrections
from medallion.plural import count_of
from medallion.secrets import masked_logger
from medallion_panel.blocks.text_grid import TextGrid
from medallion_panel.data.cancellable import CancelledError
from medallion_panel.data.quarantine_reader import EditPreview, QuarantineReader
from medallion_panel.ui.markup import Text
from medallion_panel.ui.visitor_errors import visitor_text, without_paths

_log = masked_logger(__name__)

_OUTCOMES: Mapping[Outcome, str] = {
    "kept": "Kept",
    "quarantined": "Rejected",
    "deduplicated": "Removed as a duplicate",
    "dropped": "Dropped",
    "combined": "Part of other rows",
    "not applied": "Not applied",
    "failed": "The run would fail",
}


class PreviewPane:
    """Shows the outcome of edited records. `view` is its widget, empty at first.

    `faults` are those of the records that cannot be stored, by identity.
    """

    def __init__(self, reader: QuarantineReader) -> None:
        self._reader = reader
        self._work: EditPreview | None = None
        self._watched = False
        self.faults: Mapping[str, str] = {}
        self._state = Text()
        self._grid = TextGrid(margin=0, sizing_mode="stretch_width", visible=False)
        self.view = pn.Column(
            self._state.view, self._grid, sizing_mode="stretch_width", margin=(8, 0)
        )

    def clear(self) -> None:
        """Cancel what is computed, and show nothing."""
        if self._work is not None:
            self._work.cancel()
            self._work = None
        self.faults = {}
        self._state.show("")
        self._grid.visible = False

    async def show(self, table: str, edits: Mapping[str, Mapping[str, str | None]]) -> None:
        """Compute the outcome of edited records of a table in a thread, and show it."""
        self.clear()
        if not self._watched and pn.state.curdoc:
            self._watched = True
            pn.state.on_session_destroyed(lambda _: self.clear())
        work = self._work = self._reader.preview(table, edits)
        self._state.show(f"Computing {table} with {count_of(len(edits), 'correction')} …")
        loop = asyncio.get_running_loop()
        try:
            preview = await loop.run_in_executor(self._reader.preview_pool, work.run)
        except CancelledError:
            return
        except MedallionError as error:
            said = _message(error)
        except Exception:
            _log.exception("corrections could not be previewed")
            said = "This could not be computed; see the server's log."
        else:
            if self._work is work:
                self._show(preview)
            return
        if self._work is work:
            self._state.show(f"No preview: {said}")

    def _show(self, preview: PreviewedCorrections) -> None:
        self.faults = preview.faults
        records = preview.records
        if preview.faults:
            faults = count_of(len(preview.faults), "record")
            self._state.show(f"No preview: {faults} cannot be corrected so, see State.")
            return
        kept = sum(each.outcome == "kept" for each in records)
        self._state.show(
            f"{kept:,} of {count_of(len(records), 'corrected record')} would be kept, with the "
            f"source files of release {preview.release}. Nothing is stored yet."
        )
        columns, rows = grid_content(records)
        self._grid.param.update(columns=columns, rows=rows, visible=bool(rows))


def grid_content(
    records: tuple[PreviewedRecord, ...],
) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The columns and rows of a TextGrid: the outcome of each record, and its rows."""
    names = list(dict.fromkeys(name for each in records for row in each.rows for name in row))
    titles = ["File", "Record", "Table", "Outcome", "Reason", *names]
    columns = [
        {"name": title, "title": title, "right": False, "sortable": False} for title in titles
    ]
    lines = []
    for each in records:
        place = [each.correction.file, f"{each.correction.record:,}", each.table]
        warnings = [f"breaks {warning}, which only warns" for warning in each.warnings]
        reason = without_paths("; ".join([*each.reasons, *warnings]))
        for row in each.rows or ({},):
            values = ["" if row.get(name) is None else str(row[name]) for name in names]
            lines.append([*place, _OUTCOMES[each.outcome], reason, *values])
    return columns, lines


def _message(error: MedallionError) -> str:
    """What a visitor may see of an error; a rule's or step's error is about their own values."""
    if isinstance(error, DataError):
        return f"{without_paths(error.message)}."
    return visitor_text(error)
