"""What the corrections of edited records would do, below the form of the quarantine block."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import panel as pn

from medallion.errors import DataError, MedallionError
from medallion.lineage.corrected_rows import Outcome, PreviewedRecord
from medallion.lineage.correction_preview import PreviewedCorrections
from medallion.secrets import masked_logger
from medallion_panel.blocks.text_grid import TextGrid
from medallion_panel.data.cancellable import CancelledError
from medallion_panel.data.quarantine_reader import EditPreview, QuarantineReader
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats
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

    def __init__(self, reader: QuarantineReader, formats: Formats) -> None:
        self._reader, self._formats, self._say = reader, formats, formats.say
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
        message = (
            "Computing {table} with {count} correction … | "
            "Computing {table} with {count} corrections …"
        )
        self._state.show(self._say(message, table=table, count=len(edits)))
        loop = asyncio.get_running_loop()
        try:
            preview = await loop.run_in_executor(self._reader.preview_pool, work.run)
        except CancelledError:
            return
        except MedallionError as error:
            said = _message(error, self._say)
        except Exception:
            _log.exception("corrections could not be previewed")
            said = self._say("This could not be computed; see the server's log.")
        else:
            if self._work is work:
                self._show(preview)
            return
        if self._work is work:
            self._state.show(self._say("No preview: {reason}", reason=said))

    def _show(self, preview: PreviewedCorrections) -> None:
        self.faults = preview.faults
        records = preview.records
        if preview.faults:
            message = (
                "No preview: {count} record cannot be corrected so, see State. | "
                "No preview: {count} records cannot be corrected so, see State."
            )
            self._state.show(self._say(message, count=len(preview.faults)))
            return
        kept = sum(each.outcome == "kept" for each in records)
        message = (
            "{kept} of {count} corrected record would be kept, with the source files of release "
            "{release}. Nothing is stored yet. | "
            "{kept} of {count} corrected records would be kept, with the source files of release "
            "{release}. Nothing is stored yet."
        )
        words = {"kept": kept, "count": len(records), "release": preview.release}
        self._state.show(self._say(message, **words))
        columns, rows = grid_content(records, self._formats)
        self._grid.param.update(columns=columns, rows=rows, visible=bool(rows))


def grid_content(
    records: tuple[PreviewedRecord, ...], formats: Formats
) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The columns and rows of a TextGrid: the outcome of each record, and its rows."""
    names = list(dict.fromkeys(name for each in records for row in each.rows for name in row))
    say, write = formats.say, formats.writer("integer")
    titles = [*map(say, ("File", "Record", "Table", "Outcome", "Reason")), *names]
    columns = [
        {"name": title, "title": title, "right": False, "sortable": False} for title in titles
    ]
    lines = []
    for each in records:
        place = [each.correction.file, write(each.correction.record), each.table]
        warnings = [say("breaks {rule}, which only warns", rule=rule) for rule in each.warnings]
        reason = without_paths("; ".join([*each.reasons, *warnings]))
        for row in each.rows or ({},):
            values = ["" if row.get(name) is None else str(row[name]) for name in names]
            lines.append([*place, say(_OUTCOMES[each.outcome]), reason, *values])
    return columns, lines


def _message(error: MedallionError, say: Messages) -> str:
    """What a visitor may see of an error; a rule's or step's error is about their own values."""
    if isinstance(error, DataError):
        return f"{without_paths(error.message)}."
    return visitor_text(error, say)
